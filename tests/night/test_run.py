"""The run across students: its rows, resume, locking; with a fake engine."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from fakes import cohort_of, fake, stray
from night_cases import GOOD, KEEPING, Go, rows

from pipeline.core.errors import StoreError
from pipeline.core.policy import Policy, Profile, load_policy
from pipeline.core.types import Cohort, ImageFile, Job, Measurement, Subject
from pipeline.night.folder import locked
from pipeline.night.nightly import run_night


def test_every_student_gets_a_row_in_roster_order(go: Go) -> None:
    outputs, _ = go({"B": "turn=90", "A": GOOD, "C": "score=0.1"})
    assert [(r["subject_id"], r["decision"], r["category"]) for r in rows(outputs)] == [
        ("B", "FLAG", "照片侧卧"),
        ("A", "ACCEPT", "照片正确"),
        ("C", "FLAG", "照片不是我本人"),
    ]


def test_workers_give_the_same_results_as_one_process(go: Go) -> None:
    photos = {f"S{n:02}": f"turn={90 * (n % 4)} score={n / 30:.2f}" for n in range(30)}
    alone, _ = go(photos)
    text = alone.csv.read_text()
    for path in alone.csv.parent.iterdir():
        path.unlink()
    together, seen = go(photos, workers=3)
    assert sorted(seen) == sorted(photos)
    assert together.csv.read_text() == text


def test_unchanged_cohort_is_not_looked_at_again(go: Go) -> None:
    go({"A": GOOD, "B": GOOD})
    outputs, seen = go({"A": GOOD, "B": GOOD})
    assert seen == []
    assert outputs.summary.assessed == 0


def test_second_run_looks_only_at_what_changed_where_templates_are_kept(go: Go) -> None:
    go({"A": GOOD, "B": GOOD, "C": GOOD}, policy=KEEPING)
    outputs, seen = go({"A": GOOD, "B": "turn=180", "C": GOOD, "D": GOOD}, policy=KEEPING)
    assert seen == ["B", "D"]
    assert [r["turn_cw"] for r in rows(outputs)] == ["0", "180", "0", "0"]
    assert outputs.summary.assessed == 2


def test_changed_cohort_is_looked_at_whole_where_templates_are_deleted(go: Go) -> None:
    """What is concluded across students needs everybody's template; who has none is left alone."""
    faces = {"A": f"{GOOD} face=1", "B": f"{GOOD} face=2", "C": GOOD}
    go(faces)
    _, seen = go(faces | {"B": "turn=180 face=2"})
    assert seen == ["A", "B"]


def test_of_known_faces_templates_alone_are_made_anew(go: Go) -> None:
    """`D` cannot be cut out again, of `C` no face is known: the one is looked at, the other not."""
    faces = {name: f"{GOOD} face={place} lies=here" for place, name in enumerate("AB")}
    faces |= {"C": GOOD, "D": f"{GOOD} face=5 lies=lost"}
    go(faces)
    outputs, seen = go(faces | {"B": "turn=180 face=1 lies=here"})
    assert sorted(seen[:3]) == ["B", "again:A", "again:D"]
    assert seen[3:] == ["D"]
    assert outputs.summary.assessed == 2
    assert [r["turn_cw"] for r in rows(outputs)] == ["0", "180", "0", "0"]


def test_student_no_longer_on_the_roster_disappears(go: Go) -> None:
    go({"A": GOOD, "B": GOOD}, policy=KEEPING)
    outputs, seen = go({"B": GOOD}, policy=KEEPING)
    assert seen == []
    assert [r["subject_id"] for r in rows(outputs)] == ["B"]


def test_two_runs_in_one_folder_are_refused(go: Go, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with locked(out), pytest.raises(StoreError, match="another run is working"):
        go({"A": GOOD})
    go({"A": GOOD})


def test_out_that_is_a_file_is_refused(go: Go, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        go({"A": GOOD})


def test_same_bytes_under_two_names_are_named_to_each_other(go: Go) -> None:
    outputs, _ = go({"A": "sha=same", "B": "sha=other", "C": "sha=same"})
    assert [r["reasons"] for r in rows(outputs)] == ["DUPLICATE_PHOTO", "", "DUPLICATE_PHOTO"]


def test_duplicate_disappears_when_one_of_the_two_is_replaced(go: Go) -> None:
    go({"A": "sha=same", "B": "sha=same"})
    outputs, _ = go({"A": "sha=same", "B": "sha=new"})
    assert [r["decision"] for r in rows(outputs)] == ["ACCEPT", "ACCEPT"]


def test_photo_that_nobody_claims_gets_a_row_of_its_own(
    tmp_path: Path, policy: Policy, profile: Profile
) -> None:
    extra = tmp_path / "IMG_1.jpg"
    extra.write_text("turn=0")
    cohort = Cohort((), (stray(ImageFile(extra)),))
    outputs = run_night(cohort, tmp_path / "out", policy, profile, digests={}, factory=fake())
    (row,) = rows(outputs)
    assert (row["subject_id"], row["photo"], row["reasons"]) == ("", "IMG_1.jpg", "EXTRA_PHOTO")
    assert outputs.summary.students == 0


def test_missing_photo_is_a_row(tmp_path: Path, policy: Policy, profile: Profile) -> None:
    job = Job(Subject("A", 1), None, facts=(Measurement("source.photo_files", 0.0),))
    outputs = run_night(Cohort((job,)), tmp_path, policy, profile, digests={}, factory=fake())
    assert rows(outputs)[0]["reasons"].split(";")[0] == "MISSING_PHOTO"


def test_search_that_is_switched_on_later_looks_at_everybody_again(go: Go) -> None:
    photos = {"A": f"{GOOD} face=1", "B": "score=0.1 face=2"}
    go(photos)
    searching = load_policy(None, {"cohort": {"one_to_many": True}})
    _, seen = go(photos, policy=searching)
    assert seen == ["A", "B"]
    _, seen = go(photos, policy=searching)
    assert seen == []


def test_run_json_says_what_was_used(go: Go) -> None:
    outputs, _ = go({"A": GOOD})
    summary = json.loads(outputs.json.read_text())
    assert summary["students"] == 1
    assert summary["policy"]["comparison"]["thresholds"]["default"]["provenance"]
    assert (
        summary["thresholds"]["idcard"]["accept_from"]
        > summary["thresholds"]["idcard"]["flag_below"]
    )
    assert {"seconds", "stages", "models", "students_per_second", "versions"} <= summary.keys()


def test_a_photo_replaced_by_one_of_the_same_size_and_time_is_looked_at(
    go: Go, tmp_path: Path
) -> None:
    def aged() -> None:
        for photo in (tmp_path / "photos").iterdir():
            os.utime(photo, ns=(10**18, 10**18))

    photos = {"A": "score=0.9", "B": "score=0.9"}
    go(photos, policy=KEEPING, before=aged)
    outputs, seen = go(photos | {"B": "score=0.1"}, policy=KEEPING, before=aged)
    assert seen == ["B"]
    assert [r["decision"] for r in rows(outputs)] == ["ACCEPT", "FLAG"]


def test_every_file_is_read_again_where_that_is_asked(
    tmp_path: Path, policy: Policy, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[ImageFile] = []
    sha256 = ImageFile.sha256

    def counting(self: ImageFile, limit: int) -> str:
        reads.append(self)
        return sha256(self, limit)

    monkeypatch.setattr(ImageFile, "sha256", counting)
    cohort = cohort_of(tmp_path / "photos", {"A": GOOD, "B": GOOD})
    time.sleep(2.1)  # what was changed just now is not trusted
    counts = []
    for rehash in (False, False, True):
        reads.clear()
        run_night(
            cohort,
            tmp_path / "out",
            policy,
            profile,
            digests={},
            factory=fake(),
            rehash=rehash,
        )
        counts.append(len({file.path for file in reads}))
    assert counts == [2, 0, 2]
