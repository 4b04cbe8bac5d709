"""Everything that can be told of a site before its first night, by file and key."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import PhotoproofError
from pipeline.core.said import said
from pipeline.night.rules import rules_of
from pipeline.site.config import MAIL_PASSWORD, WEBHOOK_SECRET, Cohort, Site
from pipeline.site.leaving import leaving
from pipeline.site.login import SECRET
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
    yield from (Remark(one.key, one.remark, fault=False) for one in leaving(site))
    yield from _secrets(site)


def _home(site: Site) -> Iterator[Remark]:
    home = site.path(site.home)
    there = next(folder for folder in (home, *home.absolute().parents) if folder.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        yield Remark("home", said("site_remark.unwritable", path=home))
    elif (free := shutil.disk_usage(there).free) < SMALLEST_FREE:
        yield Remark("home", said("site_remark.little_room", path=home, gib=f"{free / 2**30:.1f}"))


def _cohort(site: Site, name: str, cohort: Cohort) -> Iterator[Remark]:
    key = f"cohorts.{name}"
    given = {name: getattr(cohort, name) for name in ("roster", "photos", "opt_out", "proofs")}
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
        yield Remark(f"{key}.registration_ends", said("site_remark.endless"), fault=False)


def _heads(site: Site) -> Iterator[Remark]:
    if (named := site.audit.head_file) is not None:
        folder = site.path(named).parent
        if not folder.is_dir():
            yield Remark("audit.head_file", said("site_remark.absent", path=folder))


def _readable(key: str, path: Path) -> Iterator[Remark]:
    if not path.exists():
        yield Remark(key, said("site_remark.absent", path=path))
    elif not os.access(path, os.R_OK):
        yield Remark(key, said("site_remark.unreadable", path=path))


def _secrets(site: Site) -> Iterator[Remark]:
    wanted = site.messages
    if wanted.mail.to and wanted.mail.user and not os.environ.get(MAIL_PASSWORD):
        yield Remark(
            "messages.mail.user", said("site_remark.password", variable=f"${MAIL_PASSWORD}")
        )
    if site.login.oidc and not os.environ.get(SECRET):
        yield Remark("login.oidc", said("site_remark.password", variable=f"${SECRET}"))
    if wanted.webhook and not os.environ.get(WEBHOOK_SECRET):
        told = said("site_remark.unsigned", variable=f"${WEBHOOK_SECRET}")
        yield Remark("messages.webhook", told, fault=False)
