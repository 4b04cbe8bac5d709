"""A site with people in it for the hub's tests: two cohorts, of which one has had a night."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from desk_browsing import HOME, PASSWORD, Visitor
from desk_runs import make_run, photos
from fastapi import FastAPI
from served_app import listening, served
from site_cases import SITE, site_file
from starlette.testclient import TestClient

from pipeline.desk.accounts import Role
from pipeline.hub.app import create_hub
from pipeline.site import people
from pipeline.site.config import Site, load_site

NEXT = """[cohorts.2027]
title = "2027届"
roster = "in27/roster.csv"
photos = "in27/photos"
"""
HERE, THERE = "计算机学院", "外国语学院"  # colleges of the drawn cohort (`report_cases`)


def make_site(
    folder: Path, extra: str = "", changed: Mapping[int, str] = {}, **review: object
) -> Site:
    """A site whose cohort 2026 has had a night with drawn faces, and everybody an account.

    Args:
        folder: Gets it all.
        extra: Of the site's file.
        changed: Photos that are others than those of `desk_runs.photos`.
        review: Of the run's policy.
    """
    site = load_site(site_file(folder, text=SITE + NEXT + extra))
    make_run(site.home_of("2026"), {**photos(), **changed}, "run", **review)
    with people.site_ledger(site) as ledger:
        for role in Role:
            people.add(ledger, role.value, role, (), PASSWORD, "test")
    return site


def hub_client(app: FastAPI, base: str = HOME) -> TestClient:
    """A client of a hub in this process; follows no redirects."""
    return TestClient(app, base_url=base, follow_redirects=False, raise_server_exceptions=False)


@contextmanager
def comer(site: Site, name: str, app: FastAPI | None = None) -> Iterator[Visitor]:
    """Somebody who has logged in."""
    with hub_client(app or create_hub(site)) as client:
        yield Visitor.log_in(client, name)


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """A hub on the loopback; its address."""
    with listening() as (listener, address), served(app, listener):
        yield address
