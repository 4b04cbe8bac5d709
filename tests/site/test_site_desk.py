"""A cohort's desk as the site's file says it."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx2 as httpx
import pytest
from desk_browsing import PASSWORD, Visitor, served
from desk_runs import make_run, photos
from site_cases import site_file
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.core.errors import ConfigError
from pipeline.desk import accounts
from pipeline.desk.accounts import Role
from pipeline.night.folder import LEDGER
from pipeline.store.ledger import Ledger

DESK = (
    '[desk]\nhost = "127.0.0.1"\npath = "/school"\nproxies = ["127.0.0.1"]\nhead_file = "heads"\n'
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    file = site_file(tmp_path / "site", DESK)
    run = make_run(tmp_path, photos(4))
    shutil.copytree(run, file.parent / "cohorts/2026/run")
    with Ledger(file.parent / "cohorts/2026/run" / LEDGER) as ledger:
        accounts.add(ledger, "an", Role.REVIEWER, PASSWORD, "test")
    return file


def test_the_site_says_where_a_cohorts_desk_is(site: Path) -> None:
    with served(Path("2026"), "--site", str(site)) as (_, url):
        assert url.endswith("/school/")
        origin = url.removesuffix("/school/")
        forwarded = {"x-forwarded-proto": "https", "x-forwarded-for": "10.1.2.3"}
        with httpx.Client(base_url=origin, headers=forwarded, timeout=60) as client:
            answer = client.get("/school/login")
            assert "__Secure-" in answer.headers["set-cookie"]  # the proxy is believed
    assert (site.parent / "heads").is_file()  # beside the site's file, not where it was started


def test_an_option_goes_before_the_site(site: Path) -> None:
    with (
        served(Path("2026"), "--site", str(site), "--path", "/other") as (_, url),
        httpx.Client(base_url=url.removesuffix("/"), timeout=60) as client,
    ):
        assert url.endswith("/other/")
        assert Visitor.try_in(client, "an", PASSWORD).headers["location"] == "/other/"


def test_a_cohort_that_the_site_does_not_have_is_named(site: Path) -> None:
    done = CliRunner().invoke(app, ["review", "2025", "--site", str(site)])
    assert isinstance(done.exception, ConfigError)
    assert "'2025'" in done.exception.message
    assert "2026" in done.exception.hint
