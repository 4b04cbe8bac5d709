"""Ways through a school's sign-in, for the tests of each kind of it."""

from __future__ import annotations

import json

import httpx2 as httpx
from desk_browsing import HOME
from starlette.testclient import TestClient

from pipeline.site.config import Site
from pipeline.site.people import site_ledger


def away(browser: TestClient, back: str = "/") -> str:
    """Where the provider sends a browser back to that went there from our page."""
    assert "/login/school" in browser.get("/login").text
    left = browser.get(f"/login/school?back={back}")
    assert left.status_code == 303
    with httpx.Client() as at_provider:
        returned = at_provider.get(left.headers["location"])
    return returned.headers["location"].removeprefix(HOME)


def last_entry(site: Site) -> tuple[str, str, dict[str, str]]:
    """The newest of the site's log: who, what, and its details."""
    with site_ledger(site) as ledger:
        (entry,) = ledger.log.latest(2**62, 1)
    return entry.who, entry.action, json.loads(entry.detail)
