"""One picture under several names, and a reference under the wrong one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pipeline.cohort.duplicates import copies, identical, settled
from pipeline.cohort.gallery import Faces, Gallery
from pipeline.cohort.owners import reference_owners
from pipeline.core.policy import load_policy
from pipeline.core.types import Comparison, Floats

ON = load_policy(None, {"cohort": {"one_to_many": True}})
ACCEPT = ON.comparison.of("idcard").accept_from


def told(groups: list[list[str]], *matching: str) -> dict[str, tuple[str, object]]:
    return {key: (m.name, m.value) for key, m in settled(identical(groups), matching)}


def test_the_owner_gets_a_remark_and_the_others_its_name() -> None:
    assert told([["a", "b", "c"]], "b") == {
        "a": ("cohort.duplicate_of", "b"),
        "b": ("cohort.shared_with", "a"),
        "c": ("cohort.duplicate_of", "b"),
    }


@pytest.mark.parametrize("matching", [(), ("a", "b"), ("z",)], ids=["nobody", "both", "another"])
def test_where_faces_do_not_tell_both_stay_in_doubt(matching: tuple[str, ...]) -> None:
    assert told([["a", "b"]], *matching) == {
        "a": ("cohort.duplicate_of", "b"),
        "b": ("cohort.duplicate_of", "a"),
    }


def test_each_group_is_settled_by_itself() -> None:
    found = told([["a", "b"], ["c", "d"]], "a")
    assert found["b"] == ("cohort.duplicate_of", "a")
    assert found["c"] == ("cohort.duplicate_of", "d")


def test_copies_are_settled_too_also_through_a_third() -> None:
    """a is near b and b near c, so all three are one picture."""
    steps = {"a": 0, "b": 0xFF, "c": 0xFFFF}
    hashes = {key: (f"{value:016x}", "f" * 16) for key, value in steps.items()}
    photos = Faces.of([*steps], {}, np.tile(np.eye(4, dtype=np.float32)[0], (3, 1)))
    named = {key: (m.name, m.value) for key, m in settled(copies(hashes, photos), {"c"})}
    assert named == {
        "a": ("cohort.copy_of", "c"),
        "b": ("cohort.copy_of", "c"),
        "c": ("cohort.shared_with", "b"),
    }


def vector(cosine: float) -> Floats:
    return np.array([cosine, math.sqrt(1 - cosine**2), 0], dtype=np.float32)


@pytest.mark.parametrize(
    ("theirs", "own", "owner"),
    [(0.9, 0.1, "b"), (ACCEPT - 0.01, 0.1, None), (0.6, 0.55, None)],
    ids=["whose it is", "nobody's", "hardly more than the own"],
)
def test_the_owner_of_an_odd_reference(theirs: float, own: float, owner: str | None) -> None:
    photos = Faces.of(["a", "b", "c"], {}, np.stack([vector(own), vector(theirs), vector(0.0)]))
    references = Faces.of(["a"], {}, vector(1)[None])
    odd = [("a", Comparison("idcard", own, "m", slot="idcard"))]
    galleries = {"idcard": (Gallery(photos, references), None)}
    found = {key: m.value for key, m in reference_owners(odd, galleries, ON)}
    assert found == ({"a": owner} if owner else {})
