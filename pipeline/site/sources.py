"""What a cohort's night reads: what the site's file names, and what was handed in."""

from __future__ import annotations

import time
from itertools import chain
from pathlib import Path

from pipeline.core.errors import IntakeStopped
from pipeline.core.private import make_folder
from pipeline.night.intake import Sources
from pipeline.site.config import Site
from pipeline.site.deliveries import Delivery, deliveries_of, folder_of, with_deliveries


def sources_of(site: Site, name: str) -> Sources:
    """What a cohort's table and its deliveries give to a night; what changed just now waits.

    Raises:
        IntakeStopped: Neither gives a roster, or neither gives photos.
    """
    return _complete(with_deliveries(_named(site, name), deliveries_of(site, name)))


def sources_and_draft(site: Site, name: str, draft: Delivery) -> Sources:
    """The same with one more delivery, as if it had been accepted.

    Raises:
        IntakeStopped: As `sources_of`.
    """
    every = [*deliveries_of(site, name), draft]
    return _complete(with_deliveries(_named(site, name), every))


def _complete(given: Sources) -> Sources:
    if not given.roster:
        raise IntakeStopped("roster_awaited")
    if not given.photos:
        raise IntakeStopped("photos_awaited")
    return given


def _named(site: Site, name: str) -> Sources:
    """What a cohort's table alone names."""
    cohort = site.cohorts[name]
    return Sources(
        [site.path(path) for path in cohort.roster],
        [site.path(path) for path in cohort.photos],
        {kind: [site.path(path) for path in paths] for kind, paths in cohort.references.items()},
        None if cohort.columns is None else site.path(cohort.columns),
        opt_out=[site.path(path) for path in cohort.opt_out],
        settled_before=_settled_before(site),
    )


def _settled_before(site: Site) -> float:
    """What changed later is still arriving; seconds since 1970."""
    return time.time() - 60 * site.nightly.settle_minutes


def read_by_workers(site: Site) -> tuple[Path, ...]:
    """Folders and archives that a night's workers look into; those for deliveries are made."""
    named = [
        site.path(path)
        for cohort in site.cohorts.values()
        for path in (*cohort.photos, *chain(*cohort.references.values()))
    ]
    handed_in = [folder_of(site, name) for name in site.cohorts]
    for folder in handed_in:  # one that is made while the workers are at work is shut to them
        make_folder(folder)
    return (*named, *handed_in)
