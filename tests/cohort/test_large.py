"""Cohorts too large to compare everybody with everybody: neighbours find what pairs find."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.cohort import across as choosing
from pipeline.cohort import neighbours as asking
from pipeline.cohort.conclude import conclude_all, effective
from pipeline.cohort.neighbours import Coded, Everybody, check_size, near_words, remarks_of
from pipeline.core.errors import InstallationError
from pipeline.core.policy import load_policy
from pipeline.core.types import PHOTO, Comparison, Evidence, Floats, Measurement, Subject
from pipeline.store import Store
from pipeline.store.packing import keep

SIZE = 2000
ON = load_policy(None, {"cohort": {"one_to_many": True}})
RNG = np.random.default_rng(7)


def unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)


def near(vectors: Floats, cosine: float) -> Floats:
    """A vector beside each of these, with such a cosine in the middle."""
    aside = unit(RNG.standard_normal(vectors.shape, np.float32))
    return unit(cosine * vectors + np.sqrt(1 - cosine**2) * aside)


FACES = unit(RNG.standard_normal((SIZE, 128), np.float32))
FACES[4] = near(FACES[5], 0.97)  # twins
REFERENCES = near(FACES, 0.8)
PHOTOS = near(FACES, 0.95)
PHOTOS[[0, 1]] = PHOTOS[[1, 0]]  # swapped
PHOTOS[2] = near(PHOTOS[3], 0.98)  # a copy of the photo of 3
HASHES = [f"{word:016x}" for word in RNG.integers(1 << 62, size=SIZE).tolist()]
HASHES[2] = f"{int(HASHES[3], 16) ^ 0b1011:016x}"


def key(number: int) -> str:
    return f"s{number:05d}"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A run's store of them all."""
    store = Store(tmp_path / "run.sqlite")
    store.cohort.hold_templates_in_memory()
    store.enrol((key(i), Subject(key(i), i + 1), f"{i}.jpg") for i in range(SIZE))
    for i in range(SIZE):
        compared = Comparison("idcard", float(PHOTOS[i] @ REFERENCES[i]), "sface", slot="idcard")
        seen = (
            Measurement("photo_hash", HASHES[i]),
            Measurement("photo_hash_mirrored", HASHES[i][::-1]),
        )
        vectors = {PHOTO: PHOTOS[i], "idcard": REFERENCES[i]}
        store.save((key(i), "seen", keep(Evidence(seen, (compared,), f"{i:064x}", {}, vectors))))
    return store


def concluded(store: Store) -> set[tuple[str, str, object]]:
    conclude_all(store, ON)
    rows = store.db.execute("SELECT student_key, name, value FROM conclusion")
    # Scores of pairs differ in their last bits by how many are multiplied at once.
    return {(k, n, round(v, 5) if isinstance(v, float) else v) for k, n, v in rows}


@pytest.mark.parametrize("with_extra", [True, False])
def test_what_neighbours_find_is_what_pairs_find(
    store: Store, monkeypatch: pytest.MonkeyPatch, with_extra: bool
) -> None:
    by_pairs, thresholds = concluded(store), effective(store, ON)[0].comparison
    monkeypatch.setattr(choosing, "EXACT_UP_TO", SIZE - 1)
    if not with_extra:
        monkeypatch.setattr(asking, "available", lambda: False)
    assert concluded(store) == by_pairs
    names = {(k, n.rpartition(".")[2]): v for k, n, v in by_pairs}
    assert names[key(0), "swapped_with"] == key(1)
    assert names[key(2), "copy_of"] == key(3)
    assert names[key(4), "same_face"] == key(5)
    # Thresholds come of a sample, which here is everybody.
    assert effective(store, ON)[0].comparison == thresholds


def test_copies_are_found_where_faces_may_not_be_searched_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "EXACT_UP_TO", SIZE - 1)
    conclude_all(store, load_policy())
    told = store.db.execute("SELECT student_key, value FROM conclusion WHERE name LIKE '%copy_of'")
    assert dict(told.fetchall()).get(key(2)) == key(3)


def test_neighbours_are_the_same_again_and_with_one_thread() -> None:
    first = Coded(PHOTOS, paired=True)
    pairs = first.pairs(0.6)
    again = Coded(PHOTOS, paired=True)
    asking._faiss().omp_set_num_threads(1)
    alone = again.pairs(0.6)
    assert [part.tobytes() for part in pairs] == [part.tobytes() for part in alone]
    exact = Everybody(PHOTOS).pairs(0.6)
    assert set(zip(exact.rows, exact.columns, strict=True)) == set(
        zip(pairs.rows, pairs.columns, strict=True)
    )


def test_near_hashes_are_all_found(monkeypatch: pytest.MonkeyPatch) -> None:
    words = RNG.integers(1 << 62, size=500).astype(np.uint64)
    for place in range(0, 500, 2):  # up to ten bits anywhere
        flips = sum(1 << int(bit) for bit in RNG.choice(64, place % 11, replace=False))
        words[place + 1] = words[place] ^ np.uint64(flips)
    mirrored = words[::-1].copy()

    def found() -> set[tuple[int, int]]:
        return {
            (min(pair), max(pair))
            for one, other in near_words(words, mirrored, 10)
            for pair in zip(one.tolist(), other.tolist(), strict=True)
        }

    by_buckets = found()
    assert {(place, place + 1) for place in range(0, 500, 2)} <= by_buckets
    monkeypatch.setattr(asking, "available", lambda: False)
    assert by_buckets == found()


def test_a_size_that_takes_hours_is_refused_where_the_extra_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check_size(1_000_000)
    assert remarks_of(50_000) == ()
    assert "50000" in remarks_of(50_001)[0].replace(",", "")
    monkeypatch.setattr(asking, "available", lambda: False)
    check_size(200_000)
    with pytest.raises(InstallationError, match=r"1,?000,?000 students .* 12 hours"):
        check_size(1_000_000)
