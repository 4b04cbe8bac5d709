"""Photos that were refused, or in an earlier run."""

from __future__ import annotations

from pathlib import Path

import pytest
from store_cases import JUDGED

from pipeline.core.errors import StoreError
from pipeline.core.types import Evidence, Measurement, Subject
from pipeline.night.earlier import remember
from pipeline.night.folder import DATABASE, LEDGER
from pipeline.store import RunSummary, Store
from pipeline.store.ledger import Ledger
from pipeline.store.packing import keep
from pipeline.store.summary import Counts

HASH, NEAR, FAR = "0123456789abcdef", "0123456789abcdee", "fedcba9876543210"
Photos = dict[str, tuple[str, str]]  # sha256 and hash by student


def run(folder: Path, photos: Photos) -> Path:
    folder.mkdir(exist_ok=True)
    with Store(folder / DATABASE) as store:
        store.enrol((key, Subject(key, row), f"{key}.jpg") for row, key in enumerate(photos))
        for key, (sha256, plain) in photos.items():
            hashes = Measurement("photo_hash", plain), Measurement("photo_hash_mirrored", FAR)
            store.save((key, "x", keep(Evidence(hashes, (), sha256))))
            with store.transaction():
                store.decide(key, JUDGED)
        store.finish(
            RunSummary(
                photoproof="0",
                started="2025-06-01T00:00:00",
                finished="2025-06-01T01:00:00",
                students=len(photos),
                counts=Counts(),
                policy={},
                profile="chsi-graduation",
            )
        )
    return folder


def say(folder: Path, student: str, sha256: str, verdict: str) -> None:
    with Ledger(folder / LEDGER) as ledger, ledger.transaction():
        ledger.answers.add("an", student, sha256, "answer", {"verdict": verdict})


def told(folder: Path, *earlier: Path) -> dict[str, tuple[str, object]]:
    with Store(folder / DATABASE) as store:
        remember(store, folder, earlier)
        return {
            key: (name.removeprefix("cohort."), str(value))
            for key, seen, _ in store.evidence()
            for name, value in seen.values.items()
            if name in ("cohort.refused_before", "cohort.seen_earlier")
        }


def test_a_refused_photo_that_comes_back_for_another_student(tmp_path: Path) -> None:
    out = run(tmp_path / "out", {"s1": ("new", FAR), "s2": ("bad", HASH)})
    say(out, "s1", "bad", "not_me")
    name, value = told(out)["s2"]
    assert name == "refused_before"
    assert str(value).endswith(" 照片不是我本人")
    assert str(value)[:2] == "20"


def test_the_case_that_waits_for_a_new_photo_is_no_second_try(tmp_path: Path) -> None:
    out = run(tmp_path / "out", {"s1": ("bad", HASH)})
    say(out, "s1", "bad", "sideways")
    assert told(out) == {}


def test_the_old_photo_after_a_new_one_is(tmp_path: Path) -> None:
    out = run(tmp_path / "out", {"s1": ("bad", HASH)})
    say(out, "s1", "bad", "other")
    say(out, "s1", "second", "other")
    assert told(out)["s1"][0] == "refused_before"
    assert str(told(out)["s1"][1]).endswith(" 其他")


@pytest.mark.parametrize("verdict", ["ok", "cannot_tell"])
def test_what_was_accepted_since_is_not_refused(tmp_path: Path, verdict: str) -> None:
    out = run(tmp_path / "out", {"s2": ("bad", HASH)})
    say(out, "s1", "bad", "not_me")
    assert told(out)
    say(out, "s1", "bad", verdict)
    assert told(out) == {}


def test_an_answer_taken_back_refuses_nothing(tmp_path: Path) -> None:
    out = run(tmp_path / "out", {"s2": ("bad", HASH)})
    say(out, "s1", "bad", "not_me")
    with Ledger(out / LEDGER) as ledger, ledger.transaction():
        ledger.answers.add("an", "s1", "bad", "undo", {"undoes": 1})
    assert told(out) == {}


def test_last_years_picture_is_known_by_its_hash(tmp_path: Path) -> None:
    last = run(tmp_path / "last", {"s1": ("a", HASH), "s9": ("b", FAR)})
    out = run(tmp_path / "out", {"s1": ("c", NEAR), "s2": ("d", NEAR), "s3": ("e", "0" * 16)})
    seen = ("seen_earlier", "2025-06-01")
    assert told(out, last) == {"s1": seen, "s2": seen}
    assert told(out) == {}, "only runs that are named count"


def test_what_was_refused_last_year_is_refused_also_as_another_file(tmp_path: Path) -> None:
    last = run(tmp_path / "last", {"s1": ("a", HASH)})
    say(last, "s1", "a", "upside_down")
    out = run(tmp_path / "out", {"s1": ("c", NEAR), "s2": ("a", FAR)})
    found = told(out, last)
    assert {name for name, _ in found.values()} == {"refused_before"}
    assert str(found["s1"][1]).endswith(" 照片倒立")


def test_another_students_picture_must_be_the_same_beyond_doubt(tmp_path: Path) -> None:
    eight_bits = f"{int(HASH, 16) ^ 0xFF:016x}"
    last = run(tmp_path / "last", {"s1": ("a", HASH)})
    out = run(tmp_path / "out", {"s1": ("b", eight_bits), "s2": ("c", eight_bits)})
    assert set(told(out, last)) == {"s1"}


def test_an_earlier_folder_without_a_run_is_named(tmp_path: Path) -> None:
    out = run(tmp_path / "out", {"s1": ("a", HASH)})
    with pytest.raises(StoreError, match="holds no run"):
        told(out, tmp_path)
