"""Thresholds from a cohort's own non-mated pairs, on made-up faces with known answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cohort import conclude as across
from pipeline.cohort.calibrate import NonMated, calibrated, non_mated, thresholds
from pipeline.cohort.gallery import MIN_OTHERS, Faces, Gallery, norms
from pipeline.cohort.histograms import BINS, GROUPS, interval, score_at
from pipeline.core.policy import CalibrationPolicy, Policy, load_policy
from pipeline.core.types import Comparison, Evidence, Floats, Measurement, Subject
from pipeline.store import Store
from pipeline.store.packing import keep

RULES: CalibrationPolicy = load_policy().cohort.calibration
FALLBACK = load_policy().comparison.of("idcard")


def unit(vectors: np.ndarray) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def strangers(count: int, seed: int = 0, likeness: float = 0.0) -> Floats:
    """(count, 128) faces; `likeness` is about the cosine between any two."""
    rng = np.random.default_rng(seed)
    vectors = unit(rng.normal(size=(count, 128)))
    shared = np.zeros(128)
    shared[0] = 1.0
    return unit(np.sqrt(1 - likeness) * vectors + np.sqrt(likeness) * shared)


def again(faces: Floats, seed: int, noise: float = 0.35) -> Floats:
    """Another picture of each face."""
    rng = np.random.default_rng(seed)
    return unit(faces + noise * unit(rng.normal(size=faces.shape)))


def gallery_of(photos: Floats, references: Floats, sexes: list[str] | None = None) -> Gallery:
    keys = [f"s{i}" for i in range(len(photos))]
    known = dict(zip(keys, sexes, strict=True)) if sexes else {}
    return Gallery(Faces.of(keys, known, photos), Faces.of(keys, known, references))


def everybody(count: int) -> set[str]:
    return {f"s{i}" for i in range(count)}


def test_every_pair_of_strangers_is_counted_once() -> None:
    faces = strangers(70)
    seen = non_mated(gallery_of(faces, again(faces, 1)), None, everybody(70), RULES)
    assert seen.pairs == 70 * 69
    assert seen.left_out == 0


def test_students_of_known_and_different_sex_are_not_compared() -> None:
    faces = strangers(40)
    sexes = ["male"] * 10 + ["female"] * 20 + [""] * 10
    seen = non_mated(gallery_of(faces, again(faces, 1), sexes), None, everybody(40), RULES)
    assert seen.pairs == 40 * 39 - 2 * 10 * 20


def test_students_whose_own_reference_does_not_match_are_left_aside() -> None:
    faces = strangers(60)
    references = again(faces, 1)
    references[[0, 1]] = references[[1, 0]]  # two references, or two photos, swapped
    clean = non_mated(gallery_of(faces, references), None, everybody(60) - {"s0", "s1"}, RULES)
    dirty = non_mated(gallery_of(faces, references), None, everybody(60), RULES)
    assert clean.pairs == 58 * 57
    assert clean.left_out == 0
    assert dirty.left_out == 2  # and even then the two mated scores are not counted


def test_sample_counts_evenly_spread_photos() -> None:
    faces = strangers(60)
    rules = RULES.model_copy(update={"sample": 20})
    seen = non_mated(gallery_of(faces, again(faces, 1)), None, everybody(60), rules)
    assert seen.pairs == 20 * 59


@given(st.lists(st.integers(0, BINS - 1), min_size=1, max_size=300), st.floats(0.001, 0.5))
def test_threshold_keeps_its_promise(bins: list[int], fmr: float) -> None:
    """At most the target share of non-mated scores reaches it, and no lower edge would do."""
    counts = np.bincount(bins, minlength=BINS)
    edge = round((score_at(counts, fmr) + 1) / 2 * BINS)
    assert counts[edge:].sum() <= fmr * counts.sum()
    assert edge == 0 or counts[edge - 1 :].sum() > fmr * counts.sum()


def test_interval_holds_the_threshold() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(0.1, 0.1, size=(GROUPS, 5000))
    bins = np.clip((scores + 1) * BINS / 2, 0, BINS - 1).astype(int)
    counts = np.stack([np.bincount(row, minlength=BINS) for row in bins])
    low, high = interval(counts, lambda some: score_at(some, 1e-2))
    true = 0.1 + 0.1 * 2.326  # 99 % quantile of the normal distribution
    assert low - 0.004 <= true <= high + 0.004
    assert high - low < 0.03


def counted(pairs: int, score: float) -> NonMated:
    counts = np.zeros((GROUPS, BINS), dtype=np.int64)
    counts[:, round((score + 1) / 2 * BINS)] = pairs // GROUPS
    return NonMated(counts)


def origin(notes: Mapping[str, Any], threshold: str) -> str:
    return str(notes[threshold]["from"])


def test_small_cohort_keeps_the_thresholds_of_public_sets() -> None:
    limits, notes = thresholds(counted(100, 0.1), FALLBACK, RULES)
    assert limits.flag_below == FALLBACK.flag_below
    assert limits.accept_from > FALLBACK.accept_from, "so few say little about what is normal"
    assert origin(notes, "flag_below") == origin(notes, "accept_from") == "fallback"
    assert limits.provenance.count(FALLBACK.provenance) == 1, "said once, for both thresholds"


def test_no_pair_at_all_leaves_the_thresholds_of_public_sets() -> None:
    limits, _ = thresholds(counted(0, 0.1), FALLBACK, RULES)
    assert (limits.flag_below, limits.accept_from) == (FALLBACK.flag_below, FALLBACK.accept_from)


def test_each_threshold_falls_back_by_itself() -> None:
    enough = int(RULES.min_exceedances / RULES.flag_fmr) + GROUPS
    _, notes = thresholds(counted(enough, 0.3), FALLBACK, RULES)
    assert origin(notes, "flag_below") == "cohort"
    assert origin(notes, "accept_from") == "fallback"


def test_thresholds_never_go_below_their_floors() -> None:
    limits, _ = thresholds(counted(10_000_000, -0.5), FALLBACK, RULES)
    assert limits.flag_below == RULES.flag_floor
    assert limits.accept_from == RULES.accept_floor
    assert "floor" in limits.provenance


def test_each_kind_has_its_own_thresholds() -> None:
    many = 10_000_000
    seen = {"idcard": counted(many, 0.5), "admission": counted(many, 0.3)}
    policy, _ = calibrated(load_policy().comparison, seen, RULES)
    assert policy.of("idcard").accept_from > policy.of("admission").accept_from
    assert policy.of("household") == FALLBACK


def test_few_strangers_are_not_enough_to_adjust() -> None:
    faces = strangers(MIN_OTHERS)
    assert norms(gallery_of(faces, again(faces, 1))) is None
    faces = strangers(MIN_OTHERS + 1)
    assert norms(gallery_of(faces, again(faces, 1))) is not None


def test_norms_are_the_mean_and_spread_of_scores_with_strangers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Against every score taken one by one; some students lack a picture on one side."""
    random = np.random.default_rng(3)
    people = [
        (f"s{i}", ("male", "female", "")[i % 3], random.normal(size=(2, 16))) for i in range(240)
    ]
    sexes = {key: sex for key, sex, _ in people}

    def side(whose: list[tuple[str, str, np.ndarray]], which: int) -> Faces:
        vectors = unit(np.stack([pair[which] for _, _, pair in whose]))
        return Faces.of([key for key, _, _ in whose], sexes, vectors)

    photos, references = side(people[:220], 0), side(people[30:], 1)
    monkeypatch.setattr("pipeline.cohort.gallery._ROWS", 64)  # several steps for so few
    gallery = Gallery(photos, references)
    found = norms(gallery)
    assert found is not None
    ((_, scores, strangers),) = gallery.blocks()
    for row in range(len(photos.keys)):
        taken = scores[row, strangers[row]].astype(np.float64)
        assert found.photo[row] == pytest.approx((taken.mean(), taken.std()), abs=1e-5)
    for column in range(len(references.keys)):
        taken = scores[strangers[:, column], column].astype(np.float64)
        assert found.reference[column] == pytest.approx((taken.mean(), taken.std()), abs=1e-5)


def test_adjusted_score_of_a_typical_student_is_the_cosine() -> None:
    faces = strangers(400)
    gallery = gallery_of(faces, again(faces, 1))
    usual = norms(gallery)
    assert usual is not None
    _, scores, _ = next(gallery.blocks())
    adjusted = usual.adjust(scores, slice(0, 400))
    assert np.median(np.abs(np.diag(adjusted) - np.diag(scores))) < 0.06


def test_group_that_looks_alike_is_judged_by_its_own_strangers() -> None:
    """Half the students resemble each other; a swap among them must stand out all the same."""
    faces = np.concatenate((strangers(150, 1), strangers(150, 2, likeness=0.6)))
    references = again(faces, 3)
    gallery = gallery_of(faces, references)
    usual = norms(gallery)
    assert usual is not None
    _, scores, mask = next(gallery.blocks())
    adjusted = usual.adjust(scores, slice(0, 300))
    alike = np.zeros_like(mask)
    alike[150:, 150:] = mask[150:, 150:]
    apart = np.zeros_like(mask)
    apart[:150, :150] = mask[:150, :150]
    # Raw scores of strangers lie far apart in the two groups; adjusted ones much less.
    gap = scores[alike].mean() - scores[apart].mean()
    assert gap > 0.4
    assert adjusted[alike].mean() - adjusted[apart].mean() < gap / 2
    assert np.diag(adjusted).min() > np.quantile(adjusted[mask], 0.99)


# The stage as a whole, over a real store.


def filled(path: Path, photos: Floats, references: Floats) -> Store:
    store = Store(path)
    store.enrol((f"s{i}", Subject(f"s{i}", i), f"s{i}.jpg") for i in range(len(photos)))
    for i, (photo, reference) in enumerate(zip(photos, references, strict=True)):
        own = Comparison("idcard", float(photo @ reference), "sface", slot="idcard")
        seen = (Measurement("faces_found", 1.0), Measurement("turn_confidence", 1.0))
        templates = {"photo": photo, "idcard": reference}
        store.save((f"s{i}", "x", keep(Evidence(seen, (own,), f"sha{i}", {}, templates))))
    return store


@pytest.fixture
def searching() -> Policy:
    return load_policy(None, {"cohort": {"one_to_many": True}})


def test_swaps_and_strangers_in_a_cohort(tmp_path: Path, searching: Policy) -> None:
    faces = strangers(320)
    references = again(faces, 1)
    photos = faces.copy()
    photos[[3, 4]] = photos[[4, 3]]
    photos[7] = strangers(1, seed=9)[0]
    with filled(tmp_path / "db", photos, references) as store:
        across.conclude_all(store, searching)
        judged, notes = across.effective(store, searching)
        seen = {key: (found.values, own) for key, found, own in store.evidence()}
    assert seen["s3"][0]["cohort.looks_like"] == "s4"
    assert seen["s4"][0]["cohort.swapped_with"] == "s3"
    assert "cohort.looks_like" not in seen["s7"][0]
    limits = judged.comparison.of("idcard")
    assert origin(notes["idcard"], "flag_below") == "cohort"
    bad = {"s3", "s4", "s7"}
    for key, (_, (own,)) in seen.items():
        assert own.adjusted is not None
        assert (own.adjusted >= limits.accept_from) == (key not in bad)


def test_nobody_is_searched_unless_the_policy_switches_it_on(tmp_path: Path) -> None:
    faces = strangers(60)
    photos = faces.copy()
    photos[[3, 4]] = photos[[4, 3]]
    with filled(tmp_path / "db", photos, again(faces, 1)) as store:
        across.conclude_all(store, load_policy())
        for _, found, _ in store.evidence():
            assert not {"cohort.looks_like", "cohort.same_face"} & found.values.keys()


def test_what_is_kept_for_later_holds_no_template(tmp_path: Path, searching: Policy) -> None:
    faces = strangers(60)
    with filled(tmp_path / "db", faces, again(faces, 1)) as store:
        across.conclude_all(store, searching)
        kept = json.loads(store.noted("non_mated"))
        before = across.effective(store, searching)
        store.cohort.hold_templates_in_memory()
        assert across.effective(store, searching) == before
    assert set(kept["idcard"]) == {"counts", "left_out", "adjusted"}
