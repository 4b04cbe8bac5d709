"""What leaves this machine, and by which key of the site's file: the one list of it.

`site check` tells it beside faults, the privacy sheet (`disclosure`) among what becomes of data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipeline.core.said import Said, said
from pipeline.site.config import Site


@dataclass(frozen=True, slots=True)
class Leaving:
    """One way out.

    Attributes:
        key: Of the site's file.
        where: It goes, without the paths of addresses, which may hold a secret: for papers.
        remark: The same as a sentence about the key, whole: for whoever reads the file too.
    """

    key: str
    where: str
    remark: Said


def leaving(site: Site) -> Iterator[Leaving]:
    """All of it, in the file's order; nothing leaves unless its key is there."""
    told, audit, host = site.messages, site.audit, site.messages.mail.host
    if to := told.mail.to:
        remark = said(
            "site_remark.mail", whom=tuple(to), host=host, port=told.mail.port, secured=_tls(site)
        )
        yield Leaving("messages.mail", _letters(to, host), remark)
    for name, address in (("webhook", told.webhook), ("ping", told.ping)):
        if where := _host(address):
            yield Leaving(f"messages.{name}", where, said(f"site_remark.{name}", whom=address))
    if audit.mail:
        remark = said("site_remark.heads_mail", whom=tuple(audit.mail), host=host)
        yield Leaving("audit.mail", _letters(audit.mail, host), remark)
    if where := _host(audit.webhook):
        remark = said("site_remark.heads_webhook", whom=audit.webhook)
        yield Leaving("audit.webhook", where, remark)
    if oidc := site.login.oidc:
        remark = said("site_remark.oidc", whom=oidc.issuer)
        yield Leaving("login.oidc", _host(oidc.issuer), remark)
    if cas := site.login.cas:
        remark = said("site_remark.oidc", whom=cas.server)
        yield Leaving("login.cas", _host(cas.server), remark)
    if site.nightly.engine == "ray" and (where := site.nightly.address):
        yield Leaving("nightly.address", where, said("site_remark.cluster", whom=where))


def _letters(to: Sequence[str], host: str) -> str:
    return f"{', '.join(to)} ({host})"


def _tls(site: Site) -> str:
    tls = site.messages.mail.tls
    return said("site_remark.not_encrypted") if tls == "none" else tls.upper()


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""
