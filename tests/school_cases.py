"""Ways through a school's sign-in, for the tests of each kind of it."""

from __future__ import annotations

import json

import httpx2 as httpx
from desk_browsing import HOME
from starlette.testclient import TestClient

from pipeline.core.words import words
from pipeline.site.config import Site
from pipeline.site.people import site_ledger

REFUSED = words("refusal", "zh")


def away(browser: TestClient, back: str = "/") -> str:
    """Where the provider sends a browser back to that went there from our page."""
    assert "/login/school" in browser.get("/login").text
    left = browser.get(f"/login/school?back={back}")
    assert left.status_code == 303
    with httpx.Client(timeout=60) as at_provider:
        returned = at_provider.get(left.headers["location"])
    return returned.headers["location"].removeprefix(HOME)


def last_entry(site: Site) -> tuple[str, str, dict[str, str]]:
    """The newest of the site's log: who, what, and its details."""
    with site_ledger(site) as ledger:
        (entry,) = ledger.log.latest(2**62, 1)
    return entry.who, entry.action, json.loads(entry.detail)


def told_to_have_no_account(browser: TestClient, site: Site, who: str) -> None:
    """See that whom the school knows and the site does not is told so, and stays outside."""
    came = browser.get(away(browser))
    assert came.status_code == 403
    assert REFUSED["school_unknown"].format(name=who) in came.text
    assert browser.get("/").status_code == 401
    name, action, detail = last_entry(site)
    assert (name, action, detail["why"]) == (who, "login_refused", "no_account")
