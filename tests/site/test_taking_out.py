"""A student's files taken out of what was handed in; what cannot be taken out is named."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from english import english
from fakes import fake
from hand_in_cases import send
from site_cases import SITE, deliver, site_file
from typer.testing import CliRunner

from pipeline import cli
from pipeline.core.errors import StillHandedIn
from pipeline.core.words import words
from pipeline.hub.uploads import Draft
from pipeline.night import nightly
from pipeline.night.executors.here import Here
from pipeline.night.nightly import run_night
from pipeline.site import nights
from pipeline.site.config import Site, load_site
from pipeline.site.deliveries import deliveries_of
from pipeline.site.nights import work_site
from pipeline.site.people import site_ledger

GONE, STAYS, OTHER = "2021000004", "2021000007", "2021000009"
ENDED = "registration_ends = 2020-01-01\nkeep_days = 0\n"
QUIET = "[nightly]\nsettle_minutes = 0\nworkers = 1\n"


def archive(**members: str) -> bytes:
    """An archive; `_` in a name stands for a place where a folder ends."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in members.items():
            made.writestr(name.removeprefix("n").replace("_", "/") + ".jpg", text)
    return file.getvalue()


INNER = archive(**{f"n{GONE}": "turn=0 sha=1"})


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A cohort of three; photos came in archives: one sound, one of the student's alone."""
    monkeypatch.setattr(nightly, "run_night", partial(run_night, factory=fake()))
    monkeypatch.setattr(nights, "executor_of", lambda *_: Here())
    deliver(tmp_path / "in", dict.fromkeys((GONE, STAYS, OTHER), "turn=0"))
    for photo in (tmp_path / "in/photos").iterdir():
        photo.unlink()
    made = load_site(site_file(tmp_path, QUIET, SITE))
    draft = Draft(made, "2026", "an")
    photos = {f"n计算机_{GONE}": "turn=0 face=1", f"n{STAYS}": "turn=0 face=2"}
    send(draft, "photos.zip", archive(**photos, **{f"n{GONE}和{OTHER}": "turn=0 face=3"}))
    send(draft, f"{GONE}.zip", archive(**{f"n{GONE}-2": "turn=0 face=4"}))
    draft.accept(False, draft.state())
    work_site(made)
    yield made


def erase(site: Site) -> tuple[dict[str, object], str]:
    """What the command tells as JSON, and its error."""
    call = ["purge", "--student", GONE, "--yes", "--json", "--site", str(site.file)]
    done = CliRunner().invoke(cli.app, call)
    assert isinstance(done.exception, StillHandedIn), done.output  # the roster's row
    return json.loads(done.stdout)["2026"], done.exception.message


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as found:
        return {name: found.read(name) for name in found.namelist()}


def test_the_others_stay_and_it_is_on_record(site: Site) -> None:
    (before,) = deliveries_of(site, "2026")
    photos, own = sorted(before.folder.rglob("*.zip"), reverse=True)
    kept = {k: v for k, v in members(photos).items() if f"/{GONE}" not in k}
    told, _ = erase(site)
    assert members(photos) == kept and len(kept) == 2
    assert told["taken_out"] == 2
    assert not own.exists()  # nothing was left in it
    (after,) = deliveries_of(site, "2026")
    assert (before.files, after.files) == (2, 1)
    assert after.size == photos.stat().st_size < before.size
    left = told["left"]
    assert isinstance(left, list)
    # The roster's row, and a photo that may be another's too.
    assert [one.rpartition("/")[2] for one in left] == ["roster, row 2", f"{GONE}和{OTHER}.jpg"]
    with site_ledger(site) as ledger:
        entries = [e for e in ledger.log.entries() if e.action == "delivery_cut"]
        assert ledger.verify().fault == ""
    assert [json.loads(entry.detail)["files"] for entry in entries] == [1, 1]
    assert GONE not in "".join(entry.detail for entry in entries)
    assert all(words("action", lang)["delivery_cut"] for lang in ("zh", "en"))


def locked(data: bytes) -> bytes:
    """The student's member encrypted, by what both of its headers say."""
    changed = bytearray(data)
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        changed[changed.index(mark) + place] |= 1
    return bytes(changed)


def two_names(data: bytes) -> bytes:
    """Another member's own header and the directory differ."""
    return data.replace(STAYS.encode(), OTHER.encode(), 1)


UNCUT = {
    "encrypted": locked(archive(**{f"n{GONE}": "turn=0", f"n{STAYS}": "turn=0"})),
    "damaged": two_names(archive(**{f"n{GONE}": "turn=0", f"n{STAYS}": "turn=0"})),
}


@pytest.mark.parametrize("why", UNCUT)
def test_what_cannot_be_cut_is_named_and_stays(site: Site, why: str) -> None:
    draft = Draft(site, "2026", "an")
    send(draft, "late.zip", UNCUT[why])
    draft.accept(False, draft.state())
    told, error = erase(site)
    (late,) = site.home_of("2026").rglob("late.zip")
    assert late.read_bytes() == UNCUT[why]
    assert any(f"late.zip/{GONE}.jpg" in one for one in told["left"])  # type: ignore[attr-defined]
    assert not list(late.parent.glob(".*"))
    assert "3" in error


def test_an_archive_in_an_archive_is_named(site: Site) -> None:
    draft = Draft(site, "2026", "an")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as outer:
        outer.writestr("班/inner.zip", INNER)
    send(draft, "late.zip", file.getvalue())
    draft.accept(False, draft.state())
    told, _ = erase(site)
    assert any(f"inner.zip/{GONE}.jpg" in one for one in told["left"])  # type: ignore[attr-defined]


@pytest.mark.parametrize("kept", [True, False])
def test_a_photo_that_lies_by_itself_is_deleted(
    site: Site, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    """And only the student's; one that the disk does not give up is named."""
    draft = Draft(site, "2026", "an")
    others = {f"{STAYS}.jpg", f"{GONE}和{OTHER}.jpg", f"{GONE}.zip"}  # nobody sees what is in that
    for number, name in enumerate((f"{GONE}.jpg", *sorted(others))):
        send(draft, name, f"turn=0 face={number + 5}".encode())
    draft.accept(False, draft.state())
    if kept:
        refuse_to_delete(monkeypatch, f"{GONE}.jpg")
    told, _ = erase(site)
    late = deliveries_of(site, "2026")[-1]
    lying = {path.name for path in late.folder.rglob("*") if path.suffix in (".jpg", ".zip")}
    assert lying == others | ({f"{GONE}.jpg"} if kept else set())
    assert late.files == len(lying)
    assert told["taken_out"] == (2 if kept else 3)
    left = {one.rpartition("/")[2] for one in told["left"]}  # type: ignore[attr-defined]
    assert f"{GONE}.zip" in left and (f"{GONE}.jpg" in left) is kept


def refuse_to_delete(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    real = Path.unlink

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path.name == name:
            raise PermissionError
        real(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_purged_run_says_what_remains_of_its_cohort(site: Site, lang: str) -> None:
    call = ["--lang", lang, "purge", str(site.run_of("2026")), "--all", "--yes"]
    done = CliRunner().invoke(cli.app, [*call, "--site", str(site.file)])
    assert done.exit_code == 0, done.output
    told = " ".join(done.output.split())
    assert (english(told) == []) is (lang == "zh")
    if lang == "zh":
        assert "学生和无主照片 4 条" in told
        assert "历次报告 1 份、网页交来并确认的材料 1 次（2 个文件" in told
        assert "没有写这一批的 registration_ends" in told
        assert "photoproof nightly 2026" in told
    assert len(deliveries_of(site, "2026")) == 1  # told of, not touched


def test_what_is_left_goes_with_the_first_night_after_its_day(site: Site) -> None:
    run = str(site.run_of("2026"))
    site.file.write_text(site.file.read_text("utf-8").replace("[nightly]", f"{ENDED}[nightly]"))
    call = ["purge", run, "--all", "--yes", "--json", "--site", str(site.file)]
    done = CliRunner().invoke(cli.app, call)
    left = json.loads(done.stdout)[run]["left"]
    assert (left["nights"], left["deliveries"], left["files"], left["waiting"]) == (1, 1, 2, 0)
    (night,) = work_site(load_site(site.file))
    assert night.purged and deliveries_of(site, "2026") == []
    again = json.loads(CliRunner().invoke(cli.app, call).stdout)
    assert "left" not in again[run]
