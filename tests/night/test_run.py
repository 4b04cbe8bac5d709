"""The run across students: resume, crashes, kill -9, locking; with a fake engine."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest
from fakes import cohort_of, fake
from places import TESTS

from pipeline.core.errors import StoreError
from pipeline.core.policy import Policy, Profile, load_policy, load_profile
from pipeline.core.types import Cohort, Comparison, Evidence, ImageFile, Job, Measurement, Subject
from pipeline.night.executors import processes as pool
from pipeline.night.folder import DATABASE, locked
from pipeline.night.nightly import Outputs, nightly, redecide
from pipeline.night.run import Progress
from pipeline.night.tally import decide_all
from pipeline.store import Store
from pipeline.student.measures import measures

Go = Callable[..., tuple[Outputs, list[str]]]
GOOD = "score=0.9"
KEEPING = load_policy(None, {"privacy": {"keep_templates": True}})


def rows(outputs: Outputs) -> list[dict[str, str]]:
    with outputs.csv.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def go(tmp_path: Path, policy: Policy, profile: Profile) -> Go:
    """Run photos (subject -> fake text) into one folder; also returns who was looked at."""
    log = tmp_path / "log"

    def run(
        photos: dict[str, str],
        workers: int = 1,
        policy: Policy = policy,
        on_progress: Progress = lambda *_: None,
    ) -> tuple[Outputs, list[str]]:
        log.write_text("")
        cohort = cohort_of(tmp_path / "photos", photos)
        outputs = nightly(
            cohort,
            tmp_path / "out",
            policy,
            profile,
            digests={},
            workers=workers,
            factory=fake(log),
            on_progress=on_progress,
        )
        return outputs, log.read_text().split()

    return run


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
    """What is concluded across students needs everybody's template."""
    go({"A": GOOD, "B": GOOD})
    _, seen = go({"A": GOOD, "B": "turn=180"})
    assert seen == ["A", "B"]


def test_student_no_longer_on_the_roster_disappears(go: Go) -> None:
    go({"A": GOOD, "B": GOOD}, policy=KEEPING)
    outputs, seen = go({"B": GOOD}, policy=KEEPING)
    assert seen == []
    assert [r["subject_id"] for r in rows(outputs)] == ["B"]


@pytest.mark.parametrize("workers", [1, 2])
def test_engine_failure_is_that_students_alone(go: Go, workers: int) -> None:
    outputs, _ = go({"A": GOOD, "B": "crash", "C": GOOD}, workers)
    by_id = {r["subject_id"]: r for r in rows(outputs)}
    assert by_id["B"]["reasons"] == "NOT_ASSESSED"
    assert by_id["B"]["decision"] == "REVIEW"
    assert by_id["A"]["decision"] == by_id["C"]["decision"] == "ACCEPT"
    assert "110105194912310021" not in outputs.html.read_text()


def test_photo_that_kills_its_worker_is_data(go: Go) -> None:
    photos = {f"S{n}": GOOD for n in range(12)} | {"S5": "die"}
    outputs, _ = go(photos, workers=2)
    by_id = {r["subject_id"]: r for r in rows(outputs)}
    assert by_id.pop("S5")["reasons"] == "NOT_ASSESSED"
    assert {r["decision"] for r in by_id.values()} == {"ACCEPT"}


def test_student_whose_worker_died_is_tried_once_more(go: Go, tmp_path: Path) -> None:
    photos = {f"S{n}": GOOD for n in range(6)} | {"S2": f"die-once:{tmp_path / 'witness'}"}
    outputs, _ = go(photos, workers=2)
    assert {r["decision"] for r in rows(outputs)} == {"ACCEPT"}


def test_killed_run_continues_where_it_stopped(tmp_path: Path, go: Go) -> None:
    photos = {f"S{n:02}": f"turn={90 * (n % 4)} sleep=0.05" for n in range(40)}
    cohort_of(tmp_path / "photos", photos)
    script = f"""
import sys; sys.path.insert(0, {str(TESTS)!r})
from pathlib import Path
from fakes import cohort_of, fake
from pipeline.night.nightly import nightly
from pipeline.core.policy import load_policy, load_profile
if __name__ == "__main__":
    base = Path({str(tmp_path)!r})
    nightly(cohort_of(base / "photos", {photos!r}), base / "out", load_policy(),
            load_profile("chsi-graduation"), digests={{}}, workers=1, factory=fake(base / "killed"))
"""
    process = subprocess.Popen([sys.executable, "-c", script])
    killed = tmp_path / "killed"
    deadline = time.monotonic() + 60
    while not (killed.exists() and len(killed.read_text().split()) > 8):
        assert time.monotonic() < deadline, "the run to be killed did not get going"
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = killed.read_text().split()
    outputs, after = go(photos)
    # At most the one student in hand when the process died is looked at twice.
    assert len(before) + len(after) <= len(photos) + 1
    assert set(before) | set(after) == set(photos)
    assert [r["turn_cw"] for r in rows(outputs)] == [str(90 * (n % 4)) for n in range(40)]


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
    cohort = Cohort((), (ImageFile(extra),))
    outputs = nightly(cohort, tmp_path / "out", policy, profile, digests={}, factory=fake())
    (row,) = rows(outputs)
    assert (row["subject_id"], row["photo"], row["reasons"]) == ("", "IMG_1.jpg", "EXTRA_PHOTO")
    assert outputs.summary.students == 0


def test_missing_photo_is_a_row(tmp_path: Path, policy: Policy, profile: Profile) -> None:
    job = Job(Subject("A", 1), None, facts=(Measurement("source.photo_files", 0.0),))
    outputs = nightly(Cohort((job,)), tmp_path, policy, profile, digests={}, factory=fake())
    assert rows(outputs)[0]["reasons"].split(";")[0] == "MISSING_PHOTO"


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


def test_search_that_is_switched_on_later_looks_at_everybody_again(go: Go) -> None:
    photos = {"A": GOOD, "B": "score=0.1"}
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
        store.restart()
    outputs = redecide(tmp_path / "out", KEEPING, profile, "zh")
    assert {(r["decision"], r["reasons"]) for r in rows(outputs)} == {("REVIEW", "NOT_ASSESSED")}


def test_decide_tells_the_profile_it_judged_by(go: Go, tmp_path: Path) -> None:
    go({"A": GOOD}, policy=KEEPING)
    other = load_policy(None, {"profile": "cet", "privacy": {"keep_templates": True}})
    outputs = redecide(tmp_path / "out", other, load_profile("cet", set(measures())), "zh")
    assert outputs.summary.profile == "cet"


def test_a_worker_that_dies_while_its_parent_is_busy_loses_nobody() -> None:
    """The pool breaks between two jobs; the one it refuses is looked at all the same."""
    jobs = [(f"S{n}", Job(Subject(f"S{n}", n), None)) for n in range(30)]

    class Breaking:
        """A pool that finishes what it was given and refuses the ninth job."""

        made = 0

        def __init__(self) -> None:
            Breaking.made += 1
            self.left = 8 if Breaking.made == 1 else 10**6

        def submit(self, work: object, *jobs: Job) -> Future[Evidence]:
            if not jobs:  # whether the engine has started
                return self.done(Evidence())
            if self.left == 0:
                raise BrokenProcessPool
            self.left -= 1
            return self.done(Evidence(photo_sha256=jobs[0].subject.subject_id))

        def done(self, evidence: Evidence) -> Future[Evidence]:
            future: Future[Evidence] = Future()
            future.set_result(evidence)
            return future

        def shutdown(self, **_: object) -> None:
            pass

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "_pool", lambda *_: Breaking())
        seen = [key for key, _ in pool.assess_all(iter(jobs), fake(), 2)]
    assert sorted(seen) == sorted(key for key, _ in jobs)


def test_deciding_a_larger_cohort_takes_no_more_memory(
    tmp_path: Path, policy: Policy, profile: Profile
) -> None:
    numbers = tuple(Measurement(name, 0.5) for name in measures())
    own = (Comparison("idcard", 0.9, "drawn", role="idcard"),)
    peaks = []
    for count in (100, 1000):
        with Store(tmp_path / f"{count}.sqlite") as store:
            store.enrol((f"s{n}", Subject(f"s{n}", n), "") for n in range(count))
            with store.transaction():
                store.db.execute("UPDATE student SET fingerprint = 'print'")
            store.save("s0", "print", Evidence(numbers, own))
            seen = store.db.execute("SELECT measured FROM student WHERE key = 's0'").fetchone()
            with store.transaction():
                store.db.execute("UPDATE student SET measured = ?", seen)
            decide_all(store, policy, profile)  # what is cached once is not counted
            tracemalloc.start()
            counts = decide_all(store, policy, profile).counts
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        assert sum(counts.decision.values()) == count
    assert peaks[1] < 2 * peaks[0], peaks
