"""Everything that can be told of a site before its first night, by file and key."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import PhotoproofError
from pipeline.night.rules import rules_of
from pipeline.site.config import MAIL_PASSWORD, WEBHOOK_SECRET, Cohort, Site
from pipeline.source.columns import load_columns

SMALLEST_FREE = 2 * 2**30  # bytes


@dataclass(frozen=True, slots=True)
class Remark:
    """One line about a site.

    Attributes:
        key: Of the file.
        text: What is the matter.
        fault: A night could not work so; otherwise it is only told.
    """

    key: str
    text: str
    fault: bool = True


def examine(site: Site) -> Iterator[Remark]:
    """Faults and remarks, in the file's order."""
    yield from _home(site)
    for name, cohort in site.cohorts.items():
        yield from _cohort(site, name, cohort)
    yield from _heads(site)
    yield from leaving(site)
    yield from _secrets(site)


def leaving(site: Site) -> Iterator[Remark]:
    """What leaves the machine, by which key; nothing does unless one is there."""
    wanted = site.messages
    if wanted.mail.to:
        to = ", ".join(wanted.mail.to)
        secured = {"starttls": "STARTTLS", "tls": "TLS", "none": "NOT encrypted"}[wanted.mail.tls]
        said = f"sends counts to {to} by {wanted.mail.host}:{wanted.mail.port}, {secured}"
        yield Remark("messages.mail", said, fault=False)
    if site.nightly.engine == "ray" and site.nightly.address:
        said = f"has photos looked at on the Ray cluster {site.nightly.address}"
        yield Remark("nightly.address", said, fault=False)
    if site.audit.mail:
        to = ", ".join(site.audit.mail)
        said = f"sends last hashes of the desks' logs to {to} by {wanted.mail.host}"
        yield Remark("audit.mail", said, fault=False)
    if site.audit.webhook:
        said = f"sends last hashes of the desks' logs to {site.audit.webhook}"
        yield Remark("audit.webhook", said, fault=False)
    for key, address in (("webhook", wanted.webhook), ("ping", wanted.ping)):
        if address:
            what = "sends counts to" if key == "webhook" else "asks for"
            yield Remark(f"messages.{key}", f"{what} {address}", fault=False)


def _home(site: Site) -> Iterator[Remark]:
    home = site.path(site.home)
    there = next(folder for folder in (home, *home.absolute().parents) if folder.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        yield Remark("home", f"{home}: cannot be written")
    elif (free := shutil.disk_usage(there).free) < SMALLEST_FREE:
        yield Remark("home", f"{home}: only {free / 2**30:.1f} GiB are free on its disk")


def _cohort(site: Site, name: str, cohort: Cohort) -> Iterator[Remark]:
    key = f"cohorts.{name}"
    given = {"roster": cohort.roster, "photos": cohort.photos, "opt_out": cohort.opt_out}
    given |= {f"references.{kind}": paths for kind, paths in cohort.references.items()}
    for what, paths in given.items():
        for path in map(site.path, paths):
            yield from _readable(f"{key}.{what}", path)
    for what, own in (("policy", cohort.policy), ("columns", cohort.columns)):
        if own is not None:
            yield from _readable(f"{key}.{what}", site.path(own))
    try:
        rules_of(None if cohort.policy is None else site.path(cohort.policy), site.profile_of(name))
        load_columns(None if cohort.columns is None else site.path(cohort.columns))
    except PhotoproofError as error:
        yield Remark(key, error.message)
    if cohort.registration_ends is None:
        yield Remark(
            f"{key}.registration_ends", "is missing: nothing of the cohort is ever deleted", False
        )


def _heads(site: Site) -> Iterator[Remark]:
    if (named := site.audit.head_file) is not None:
        folder = site.path(named).parent
        if not folder.is_dir():
            yield Remark("audit.head_file", f"{folder}: is not there")


def _readable(key: str, path: Path) -> Iterator[Remark]:
    if not path.exists():
        yield Remark(key, f"{path}: is not there")
    elif not os.access(path, os.R_OK):
        yield Remark(key, f"{path}: cannot be read by this account")


def _secrets(site: Site) -> Iterator[Remark]:
    wanted = site.messages
    if wanted.mail.to and wanted.mail.user and not os.environ.get(MAIL_PASSWORD):
        yield Remark("messages.mail.user", f"needs the password in ${MAIL_PASSWORD}")
    if wanted.webhook and not os.environ.get(WEBHOOK_SECRET):
        said = f"is not signed: ${WEBHOOK_SECRET} is not set"
        yield Remark("messages.webhook", said, fault=False)
