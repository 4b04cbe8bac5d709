"""What a night would understand of a delivery, for the registry and for a college's secretary."""

from __future__ import annotations

import errno
import json
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from hand_in_cases import send
from site_cases import deliver, site_file

from pipeline.hub.preview import preview
from pipeline.hub.previews import Previews
from pipeline.hub.uploads import Draft
from pipeline.site.config import Site, load_site

ROSTER = "学号,姓名,院系\n2021000001,王伟,商学院\n2021000002,李芳,商学院\n2021000003,赵敏,文学院\n"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    deliver(tmp_path / "in", {"2021000001": "turn=0"})
    (tmp_path / "in/roster.csv").write_text(ROSTER, "utf-8")
    return load_site(site_file(tmp_path, "[nightly]\nsettle_minutes = 0\n"))


@pytest.fixture
def draft(site: Site) -> Draft:
    return Draft(site, "2026", "an")


def understood(draft: Draft, *colleges: str) -> dict[str, Any]:
    told = preview(draft.site, draft.cohort, draft.files, colleges)
    assert "fault" not in told, told
    return told


def test_the_registry_sees_sheets_matches_clashes_and_strays(draft: Draft) -> None:
    send(draft, "2021000001.jpg", b"turn=9")
    send(draft, "李芳.jpg", b"turn=1")
    send(draft, "IMG_0001.jpg", b"turn=2")
    send(draft, "补.csv", "学号,姓名,爱好\n2021000009,孙丽,琴\n".encode(), "roster")
    told = understood(draft)
    assert told["files"]["photo"]["found"] == 3
    assert told["files"]["photo"]["unmatched"] == 1
    assert told["replaced"] == 1
    assert [(row["file"], row["new"]) for row in told["sheets"]] == [
        ("roster.csv", False),
        ("补.csv", True),
    ]
    assert told["sheets"][1]["unknown"] == ["爱好"]
    (stray,) = [row for row in told["look"] if row["name"] == "IMG_0001.jpg"]
    assert (stray["fate"], stray["students"]) == ("unmatched", [])
    assert stray["why"]["zh"] != stray["why"]["en"]
    assert told["balance"]["with_photo"] == 2
    assert [row[0] for row in told["missing"]] == ["2021000003", "2021000009"]


def test_a_secretary_sees_the_own_college_and_whose_a_foreign_file_is_is_not_said(
    draft: Draft,
) -> None:
    send(draft, "2021000002.jpg", b"turn=9")
    send(draft, "2021000003.jpg", b"turn=8")
    send(draft, "赵敏2.jpg", b"turn=7")
    told = understood(draft, "商学院")
    assert told["foreign"] == ["2021000003.jpg", "赵敏2.jpg"]
    assert (told["balance"]["students"], told["balance"]["with_photo"]) == (2, 2)
    assert told["missing"] == []
    about = json.dumps({**told, "foreign": [], "look": []}, ensure_ascii=False)
    for secret in ("2021000003", "文学院", "roster.csv"):
        assert secret not in about.replace("2021000003.jpg", "")
    assert all("2021000003" not in row["students"] for row in told["look"])


def test_a_fault_is_said_by_the_files_name_in_both_languages(draft: Draft) -> None:
    send(draft, "坏.csv", "什么,都,没有\n".encode(), "roster")
    told = preview(draft.site, draft.cohort, draft.files, ())
    assert "坏.csv" in told["fault"]["zh"]
    assert "坏.csv" in told["fault"]["en"]


def test_the_safety_catch_speaks_before_the_night(draft: Draft) -> None:
    for number in range(20):
        send(draft, f"别人{number}.jpg", b"turn=9")
    assert len(understood(draft)["doubts"]) == 1


def test_it_is_made_beside_the_server_once_a_state(draft: Draft) -> None:
    previews = Previews()
    send(draft, "2021000001.jpg", b"turn=9")

    def made(*colleges: str) -> dict[str, Any]:
        deadline = time.monotonic() + 60
        while (told := previews.of(draft, colleges)) is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return told

    first = made()
    assert first["files"]["photo"]["used"] == 1
    assert previews.of(draft, ()) == first
    assert made("商学院")["colleges"] == ["商学院"]


def test_one_that_takes_too_long_is_told(draft: Draft) -> None:
    previews = Previews(seconds=0.01)
    while (told := previews.of(draft, ())) is None:
        time.sleep(0.02)
    assert told["failed"]


class _Interrupted(Previews):
    """One whose program ends badly, because the draft is taken back under its hands."""

    def _run(self, _: object, arguments: list[str]) -> None:
        shutil.rmtree(arguments[2])
        raise subprocess.CalledProcessError(1, "preview")


def test_what_is_taken_back_meanwhile_is_no_fault(draft: Draft) -> None:
    previews = _Interrupted()
    assert previews.of(draft, ()) is None
    _wait(previews)
    assert not draft.folder.exists()


def test_one_that_could_not_begin_is_tried_again(
    draft: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    previews = Previews()
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.hub.previews.make_folder", full)
        assert previews.of(draft, ()) is None
        _wait(previews)
    while (told := previews.of(draft, ())) is None:
        time.sleep(0.05)
    assert "failed" not in told


def test_one_of_a_draft_that_has_changed_is_ended_and_takes_nobodys_place(
    draft: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    previews = Previews()
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.hub.previews.giving_way", lambda: ("sh", "-c", "exec sleep 60"))
        assert previews.of(draft, ()) is None
        first = previews._making[draft.folder]
        while first.process is None:
            time.sleep(0.01)
    send(draft, "2021000001.jpg", b"turn=9")
    assert previews.of(draft, ()) is None
    assert first.process.wait(30) == -signal.SIGKILL
    while (told := previews.of(draft, ())) is None:
        time.sleep(0.05)
    assert told["state"] == draft.state()


def _wait(previews: Previews) -> None:
    """Until none is being made; a thread that fails is pytest's to tell."""
    while previews._making:
        time.sleep(0.01)
