"""A cohort as one archive: whole, checked, put back elsewhere, refused where it is damaged."""

from __future__ import annotations

import json
import sqlite3
import tarfile
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from fakes import fake
from site_cases import deliver, site_file
from typer.testing import CliRunner

from pipeline import cli
from pipeline.core.errors import ConfigError, StoreError
from pipeline.desk.accounts import Role
from pipeline.desk.cases.desk import opened
from pipeline.night import nightly
from pipeline.night.folder import DATABASE, LEDGER
from pipeline.night.nightly import run_night
from pipeline.site import people
from pipeline.site.backup import back_up, restore
from pipeline.site.config import Site, load_site
from pipeline.site.nights import work_site
from pipeline.site.people import ledger_file, site_ledger
from pipeline.store.site_ledger import SiteLedger

QUIET = "[nightly]\nsettle_minutes = 0\nworkers = 1\n"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site after one night, its desk opened once."""
    monkeypatch.setattr(nightly, "run_night", partial(run_night, factory=fake()))
    deliver(tmp_path / "in", {"S1": "turn=0", "S2": "turn=90"})
    made = load_site(site_file(tmp_path, QUIET))
    work_site(made, today=date(2026, 11, 24))
    with opened(made.run_of("2026")):
        yield made


def test_a_backup_is_put_back_elsewhere(site: Site, tmp_path: Path) -> None:
    target = tmp_path / "b.tar.gz"
    done = back_up({"2026": site.home_of("2026")}, target)
    assert (done.cohorts, target.stat().st_mode & 0o077) == (("2026",), 0)
    home = tmp_path / "elsewhere"
    assert restore(target, home).files == done.files
    with opened(home / "2026" / "run") as desk:
        assert [item.student_key for item in desk.queued()] == ["S2"]
    for name in ("results.csv", "report.html"):
        assert (home / "2026/run" / name).read_bytes() == (site.run_of("2026") / name).read_bytes()
    newest = home / "2026" / "nights" / "newest"
    assert newest.resolve().name == "2026-11-24"
    assert (newest / "results.csv").is_file()


def test_the_sites_people_come_along_and_replace_nobody(site: Site, tmp_path: Path) -> None:
    with site_ledger(site) as ledger:
        people.add(ledger, "wang", Role.ADMINISTRATOR, (), None, "test")
    target, home = tmp_path / "b.tar.gz", tmp_path / "elsewhere"
    assert back_up({"2026": site.home_of("2026")}, target, ledger_file(site)).people
    assert restore(target, home).people
    with SiteLedger(home / people.FILE) as ledger:
        assert [one.name for one in ledger.accounts.people()] == ["wang"]
        assert ledger.verify().fault == ""
    other = tmp_path / "other"
    other.mkdir()
    with SiteLedger(other / people.FILE) as ledger:
        people.add(ledger, "li", Role.ADMINISTRATOR, (), None, "test")
    assert not restore(target, other).people
    with SiteLedger(other / people.FILE) as ledger:
        assert [one.name for one in ledger.accounts.people()] == ["li"]


def test_a_desk_at_work_is_backed_up_with_what_it_has_just_written(
    site: Site, tmp_path: Path
) -> None:
    with opened(site.run_of("2026")) as desk:
        desk.ledger.record("an", "tested")
        back_up({"2026": site.home_of("2026")}, tmp_path / "b.tar.gz")
    restore(tmp_path / "b.tar.gz", tmp_path / "elsewhere")
    db = sqlite3.connect(tmp_path / "elsewhere/2026/run" / LEDGER)
    assert db.execute("SELECT count(*) FROM log WHERE action = 'tested'").fetchone() == (1,)
    db.close()


def test_nothing_is_replaced(site: Site, tmp_path: Path) -> None:
    target = tmp_path / "b.tar.gz"
    back_up({"2026": site.home_of("2026")}, target)
    with pytest.raises(StoreError, match="is there already"):
        back_up({"2026": site.home_of("2026")}, target)
    with pytest.raises(StoreError, match="is there already"):
        restore(target, site.path(site.home))
    assert not list(site.path(site.home).glob(".restore-*"))


def test_a_damaged_backup_is_refused_and_leaves_nothing(site: Site, tmp_path: Path) -> None:
    target = tmp_path / "b.tar.gz"
    back_up({"2026": site.home_of("2026")}, target)
    home = tmp_path / "elsewhere"
    whole = target.read_bytes()
    target.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreError, match="no backup, or a damaged one"):
        restore(target, home)
    target.write_bytes(b"nothing")
    with pytest.raises(StoreError, match="no backup"):
        restore(target, home)
    assert list(home.iterdir()) == []


def test_a_file_changed_inside_is_noticed(site: Site, tmp_path: Path) -> None:
    target = tmp_path / "b.tar.gz"
    back_up({"2026": site.home_of("2026")}, target)
    folder = tmp_path / "inside"
    with tarfile.open(target) as archive:
        archive.extractall(folder, filter="data")
    (folder / "2026/run/results.csv").write_text("other")
    with tarfile.open(target, "w:gz") as archive:
        archive.add(folder, ".")
    with pytest.raises(StoreError, match="is damaged"):
        restore(target, tmp_path / "elsewhere")


def test_a_backup_of_a_newer_version_says_so(site: Site, tmp_path: Path) -> None:
    target = tmp_path / "b.tar.gz"
    index = tmp_path / "photoproof-backup.json"
    index.write_text(json.dumps({"format": 9, "photoproof": "9.0"}))
    with tarfile.open(target, "w:gz") as archive:
        archive.add(index, index.name)
    with pytest.raises(StoreError, match=r"newer version \(9\.0\)"):
        restore(target, tmp_path / "elsewhere")


def test_a_damaged_store_is_not_backed_up(site: Site, tmp_path: Path) -> None:
    database = site.run_of("2026") / DATABASE
    data = bytearray(database.read_bytes())
    data[4096:8192] = b"\xff" * 4096
    database.write_bytes(data)
    with pytest.raises(StoreError, match=r"copied|damaged"):
        back_up({"2026": site.home_of("2026")}, tmp_path / "b.tar.gz")
    assert list(tmp_path.glob("*.tar.gz*")) == []


def test_the_commands(site: Site, tmp_path: Path) -> None:
    call, path = CliRunner(), str(tmp_path / "photoproof.toml")
    target = str(tmp_path / "b.tar.gz")
    made = call.invoke(cli.app, ["backup", target, "--site", path])
    assert made.exit_code == 0, made.output
    assert "2026" in made.output
    unknown = call.invoke(cli.app, ["backup", str(tmp_path / "c.tar.gz"), "2030", "--site", path])
    assert isinstance(unknown.exception, ConfigError)
    other = site_file(tmp_path / "other")
    back = call.invoke(cli.app, ["restore", target, "--site", str(other)])
    assert back.exit_code == 0, back.output
    assert (tmp_path / "other/cohorts/2026/run" / DATABASE).is_file()
