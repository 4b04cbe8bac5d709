from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from pipeline.cohort.duplicates import copies, identical, same_face
from pipeline.cohort.gallery import NO_FACES, Faces, Gallery, norms
from pipeline.cohort.owners import Candidate, best_others, find_owners
from pipeline.core.measurements import COHORT
from pipeline.core.policy import Policy, load_policy
from pipeline.core.types import Floats

Template = tuple[str, str, Floats]

ON = load_policy(None, {"cohort": {"one_to_many": True}})
ACCEPT = ON.comparison.thresholds["default"].accept_from


def vector(cosine: float) -> Floats:
    """A unit vector whose cosine with `vector(1)` is this."""
    return np.array([cosine, math.sqrt(1 - cosine**2), 0, 0], dtype=np.float32)


def faces(vectors: Mapping[str, Floats]) -> Faces:
    return Faces.of([*vectors], {}, np.stack([*vectors.values()])) if vectors else NO_FACES


PHOTO: Template = ("a", "photo", vector(1))


def found(
    *templates: Template,
    own: Mapping[str, float] | None = None,
    flagged: Sequence[str] = ("a",),
    policy: Policy = ON,
) -> dict[str, dict[str, object]]:
    """What is said of whose photo it is, by student and name."""
    suspects = {key: (own or {}).get(key, -1.0) for key in flagged}
    photos = faces({key: v for key, role, v in templates if role == "photo"})
    best: dict[str, Candidate] = {}
    for role in sorted({role for _, role, _ in templates} - {"photo"}):
        references = faces({key: v for key, r, v in templates if r == role})
        gallery = Gallery(photos, references)
        for key, candidate in best_others(suspects, gallery, None, role.split("#")[0]):
            if key not in best or candidate.score > best[key].score:
                best[key] = candidate
    result: dict[str, dict[str, object]] = {}
    for key, measurement in find_owners(suspects, best, policy):
        assert measurement.name.startswith(COHORT)
        result.setdefault(key, {})[measurement.name.removeprefix(COHORT)] = measurement.value
    return result


def test_no_identical() -> None:
    assert list(identical([])) == []


def test_each_of_a_pair_names_the_other() -> None:
    named = {key: (m.name, m.value) for key, m in identical([["a", "b"]])}
    assert named == {"a": ("cohort.duplicate_of", "b"), "b": ("cohort.duplicate_of", "a")}


def test_each_of_a_group_names_one_of_the_others() -> None:
    named = {key: m.value for key, m in identical([["a", "b", "c"], ["d", "e"]])}
    assert named == {"a": "b", "b": "a", "c": "a", "d": "e", "e": "d"}


def test_the_owner_is_named_with_the_score() -> None:
    result = found(PHOTO, ("b", "idcard", vector(0.9)), ("c", "idcard", vector(0.6)))
    assert result == {"a": {"looks_like": "b", "looks_like_score": pytest.approx(0.9)}}


def test_only_flagged_photos_are_searched() -> None:
    templates = (PHOTO, ("z", "photo", vector(1)), ("b", "idcard", vector(0.9)))
    assert set(found(*templates, flagged=["z"])) == {"z"}
    assert found(*templates, flagged=[]) == {}


def test_a_flagged_student_without_a_template_is_passed_over() -> None:
    assert found(("b", "idcard", vector(0.9)), flagged=["a"]) == {}


def test_photos_are_no_references() -> None:
    assert found(PHOTO, ("b", "photo", vector(1))) == {}


def test_ones_own_references_are_left_out() -> None:
    result = found(PHOTO, ("a", "idcard", vector(1)), ("b", "idcard", vector(0.8)))
    assert result["a"]["looks_like"] == "b"
    assert found(PHOTO, ("a", "idcard", vector(1))) == {}


def test_ones_own_references_are_left_out_at_any_threshold() -> None:
    anything = load_policy(
        None,
        {
            "cohort": {"one_to_many": True, "owner_margin": 0},
            "comparison": {"thresholds": {"default": {"flag_below": -1, "accept_from": -1}}},
        },
    )
    assert found(PHOTO, ("a", "idcard", vector(1)), policy=anything) == {}


@pytest.mark.parametrize(("above", "named"), [(0.001, True), (-0.001, False)])
def test_the_threshold(above: float, named: bool) -> None:
    assert bool(found(PHOTO, ("b", "idcard", vector(ACCEPT + above)))) is named


@pytest.mark.parametrize(("above", "named"), [(0.001, True), (-0.001, False)])
def test_the_margin_over_ones_own_score(above: float, named: bool) -> None:
    own = 0.5
    needed = own + ON.cohort.owner_margin
    assert needed > ACCEPT
    result = found(PHOTO, ("b", "idcard", vector(needed + above)), own={"a": own})
    assert bool(result) is named


def test_several_references_of_a_student() -> None:
    result = found(
        PHOTO,
        ("b", "admission", vector(0.5)),
        ("b", "idcard", vector(0.7)),
        ("b", "idcard#2", vector(0.95)),
        ("c", "idcard", vector(0.8)),
    )
    assert result["a"] == {"looks_like": "b", "looks_like_score": pytest.approx(0.95)}


def test_two_students_whose_photos_were_swapped_are_named_as_such() -> None:
    templates = (
        PHOTO,
        ("b", "photo", vector(0)),
        ("a", "idcard", vector(0)),
        ("b", "idcard", vector(1)),
    )
    swapped = found(*templates, flagged=["a", "b"])
    assert swapped["a"]["swapped_with"] == swapped["a"]["looks_like"] == "b"
    assert swapped["b"]["swapped_with"] == swapped["b"]["looks_like"] == "a"
    assert "swapped_with" not in found(*templates, flagged=["a"])["a"]


def test_the_threshold_is_that_of_the_references_kind() -> None:
    strict = {"flag_below": 0.8, "accept_from": 0.99, "provenance": "ours"}
    policy = load_policy(
        None,
        {"cohort": {"one_to_many": True}, "comparison": {"thresholds": {"idcard": strict}}},
    )
    assert found(PHOTO, ("b", "idcard#2", vector(0.9)), policy=policy) == {}
    assert found(PHOTO, ("b", "admission", vector(0.9)), policy=policy)


HASH, FAR = "0123456789abcdef", "fedcba9876543210"


def test_a_copy_is_a_near_hash_and_the_same_face() -> None:
    near = "0123456789abcdee"  # one bit
    mirrored = "00000000ffffffff"
    hashes = {"a": (HASH, mirrored), "b": (near, mirrored), "c": (HASH, mirrored)}
    hashes["d"] = (FAR, mirrored)
    photos = {"a": vector(1), "b": vector(0.95), "c": vector(0.5), "d": vector(1)}
    named = {key: m.value for key, m in copies(hashes, faces(photos))}
    # c: same hash, another face (one studio, one pose); d: the same face in another shot.
    assert named == {"a": "b", "b": "a"}


def test_a_mirrored_copy_is_found() -> None:
    hashes = {"a": (HASH, FAR), "b": (FAR, HASH)}
    named = {key: m.value for key, m in copies(hashes, faces({"a": vector(1), "b": vector(1)}))}
    assert named == {"a": "b", "b": "a"}


def test_copies_need_both_templates() -> None:
    assert list(copies({"a": (HASH, FAR), "b": (HASH, FAR)}, faces({"a": vector(1)}))) == []


def test_one_face_in_two_photos_is_named_unless_explained() -> None:
    photos = faces({"a": vector(1), "b": vector(0.9), "c": vector(0)})
    gallery = Gallery(photos, photos)
    named = {key: m.value for key, m in same_face(gallery, None, 0.8, set())}
    assert named == {"a": "b", "b": "a"}
    assert list(same_face(gallery, None, 0.8, {"b"})) == []


def crowd(count: int, centre: float, seed: int = 0) -> list[Floats]:
    """Unit vectors of strangers; the higher `centre`, the more alike they all look."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(count, 128))
    vectors[:, 0] += centre
    return list((vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32))


def test_faces_that_all_look_alike_are_no_duplicates_of_each_other() -> None:
    """Where every two faces reach the threshold, reaching it proves nothing."""
    photos = faces({f"s{i}": v for i, v in enumerate(crowd(80, 20.0))})
    gallery = Gallery(photos, photos)
    threshold = 0.7
    raw = {key for key, _ in same_face(gallery, None, threshold, set())}
    assert len(raw) == 80
    usual = norms(gallery)
    assert usual is not None
    # Adjusted scores of strangers scatter around the typical score; none stands out upwards.
    strict = usual.typical[0] + 6 * usual.typical[1]
    assert list(same_face(gallery, usual, strict, set())) == []
