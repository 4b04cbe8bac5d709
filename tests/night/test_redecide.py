"""Deciding a finished night anew, and nights that were cut off; with a fake engine."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest
from night_cases import GOOD, KEEPING, Go, rows

from pipeline.core.errors import StoreError
from pipeline.core.policy import Policy, Profile, load_policy, load_profile
from pipeline.core.types import Comparison, Evidence, Measurement, Subject
from pipeline.night.folder import DATABASE
from pipeline.night.nightly import redecide
from pipeline.night.tally import decide_all
from pipeline.store import Store
from pipeline.store.packing import keep
from pipeline.student.measures import all_measures


def test_decide_needs_no_photo(go: Go, tmp_path: Path, profile: Profile) -> None:
    outputs, _ = go({"A": "score=0.5"})
    assert rows(outputs)[0]["decision"] == "ACCEPT"
    (tmp_path / "photos" / "A.jpg").unlink()
    stricter = tmp_path / "strict.toml"
    stricter.write_text("[comparison.thresholds.default]\naccept_from = 0.6\n")
    again = redecide(tmp_path / "out", load_policy(stricter), profile, "en")
    assert [(r["decision"], r["reasons"]) for r in rows(again)] == [("REVIEW", "NOT_ME")]
    assert json.loads(again.json.read_text())["counts"]["decision"]["REVIEW"] == 1


def test_decide_of_a_folder_without_a_run_says_so(
    tmp_path: Path, policy: Policy, profile: Profile
) -> None:
    with pytest.raises(StoreError, match="holds no run"):
        redecide(tmp_path, policy, profile, "zh")


def cut_off(go: Go, photos: dict[str, str], after: int) -> None:
    """A run that is interrupted once it has looked at so many students."""
    policy = KEEPING

    class Interrupted(BaseException):
        pass

    def stop(done: int, total: int) -> None:
        if done >= after:
            raise Interrupted

    with pytest.raises(Interrupted):
        go(photos, policy=policy, on_progress=stop)


def test_decide_refuses_a_night_that_was_cut_off_after_one_that_was_not(
    go: Go, tmp_path: Path, profile: Profile
) -> None:
    go({"A": GOOD, "B": GOOD}, policy=KEEPING)
    cut_off(go, {"A": GOOD, "B": GOOD, "C": GOOD, "D": GOOD}, after=3)
    with pytest.raises(StoreError, match="cut off"):
        redecide(tmp_path / "out", KEEPING, profile, "zh")


def test_copies_are_found_again_when_a_cut_off_change_is_taken_back(go: Go) -> None:
    same = {"A": "score=0.9 sha=x", "B": "score=0.9 sha=x"}
    go(same, policy=KEEPING)
    cut_off(go, {"A": "score=0.9 sha=other", "B": "score=0.9 sha=x"}, after=2)
    outputs, _ = go(same, policy=KEEPING)
    assert {row["reasons"] for row in rows(outputs)} == {"DUPLICATE_PHOTO"}


def test_nobody_is_accepted_unseen(go: Go, tmp_path: Path, profile: Profile) -> None:
    go({"A": GOOD, "B": GOOD}, policy=KEEPING)
    with Store(tmp_path / "out" / DATABASE) as store:
        store.db.execute("UPDATE student SET fingerprint = ''")
    outputs = redecide(tmp_path / "out", KEEPING, profile, "zh")
    assert {(r["decision"], r["reasons"]) for r in rows(outputs)} == {("REVIEW", "NOT_ASSESSED")}


def test_decide_tells_the_profile_it_judged_by(go: Go, tmp_path: Path) -> None:
    go({"A": GOOD}, policy=KEEPING)
    other = load_policy(None, {"profile": "cet", "privacy": {"keep_templates": True}})
    outputs = redecide(tmp_path / "out", other, load_profile("cet", set(all_measures())), "zh")
    assert outputs.summary.profile == "cet"


def test_deciding_a_larger_cohort_takes_no_more_memory(
    tmp_path: Path, policy: Policy, profile: Profile
) -> None:
    numbers = tuple(Measurement(name, 0.5) for name in all_measures())
    own = (Comparison("idcard", 0.9, "drawn", slot="idcard"),)
    peaks = []
    for count in (100, 1000):
        with Store(tmp_path / f"{count}.sqlite") as store:
            store.enrol((f"s{n}", Subject(f"s{n}", n), "") for n in range(count))
            with store.transaction():
                store.db.execute("UPDATE student SET fingerprint = 'print'")
            store.save(("s0", "print", keep(Evidence(numbers, own))))
            seen = store.db.execute(
                "SELECT measured FROM student WHERE student_key = 's0'"
            ).fetchone()
            with store.transaction():
                store.db.execute("UPDATE student SET measured = ?", seen)
            decide_all(store, policy, profile)  # what is cached once is not counted
            tracemalloc.start()
            counts = decide_all(store, policy, profile).counts
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        assert sum(counts.decision.values()) == count
    assert peaks[1] < 2 * peaks[0], peaks
