"""What a site's file says of people's data, for an impact assessment: how long, where, who is told.

The runs say what is held now (`assurance.privacy_sheet`); this says what the site is set up to do
with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from pipeline.core import site_key
from pipeline.core.policy import load_policy
from pipeline.core.reasons import kind_name
from pipeline.core.words import Language, words
from pipeline.site.config import Cohort, Site
from pipeline.site.leaving import leaving


def disclosed(site: Site, lang: Language) -> Iterator[str]:
    """The site's lines of the sheet, a fact each.

    Raises:
        ConfigError: A cohort's policy, or the site's key, is configured wrongly.
    """
    t = words("disclosure", lang)
    comma = words("style", lang)["comma"]
    yield t["site"].format(site=site.name, folder=site.path(site.home))
    for name, cohort in site.cohorts.items():
        yield from _cohort(site, name, cohort, lang)
    yield t["nights"].format(nights=site.nightly.keep_nights)
    yield t["encrypted"] if site_key.given() else t["not_encrypted"]
    leaving = list(_leaving(site, lang))
    yield t["leaves"] if leaving else t["stays"]
    yield from leaving
    desk = site.desk
    served = t["desk_here"] if _loopback(desk.host) else t["desk_network"]
    yield served.format(host=desk.host, port=desk.port, proxies=comma.join(desk.proxies) or "–")
    if not _loopback(desk.host) and not (desk.tls_cert or desk.proxies):
        yield t["desk_open"]


def _leaving(site: Site, lang: Language) -> Iterator[str]:
    t = words("disclosure", lang)
    for one in leaving(site):
        yield t[one.key.replace(".", "_")].format(where=one.where)
    if site.nightly.engine == "ray" and site.nightly.carry_files:
        yield t["files_carried"]


def _cohort(site: Site, name: str, cohort: Cohort, lang: Language) -> Iterator[str]:
    t = words("disclosure", lang)
    policy = load_policy(None if cohort.policy is None else site.path(cohort.policy))
    kinds = [kind_name(kind, lang) for kind in cohort.references]
    yield t["cohort"].format(
        cohort=cohort.title or name,
        references=words("style", lang)["comma"].join(kinds) or "–",
        folder=site.home_of(name),
    )
    until = cohort.kept_until
    if until is None:
        yield t["no_end"].format(cohort=name)
    else:
        ends, days = cohort.registration_ends, cohort.keep_days
        yield t["kept_until"].format(until=until, ends=ends, days=days)
    searching = cohort.search_owner or policy.cohort.one_to_many
    yield t["searching"] if searching else t["not_searching"]
    yield t["cards_read"] if policy.card.read else t["cards_unread"]
    yield t["templates_kept"] if policy.privacy.keep_templates else t["templates_gone"]
    yield t["opt_out"].format(lists=len(cohort.opt_out)) if cohort.opt_out else t["no_opt_out"]


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
