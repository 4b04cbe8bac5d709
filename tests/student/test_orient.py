from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.geometry import ARCFACE_112, TURNS, turn_face
from pipeline.core.types import Face, Orientation, Sighting, TurnCw
from pipeline.student.orient import (
    EVEN_LEAD,
    EVEN_ROLL,
    EVEN_TOTAL,
    GLANCE_BLAZEFACE,
    GLANCE_LEAD,
    GLANCE_ROLL,
    GLANCE_YUNET,
    NO_FACE,
    OVERWHELMING,
    ROLL_RANGE,
    at_a_glance,
    judge,
    lead,
    overwhelming,
    settle,
)

SIDE = 200


def face(upright_after: float, score: float) -> Face:
    """A face that stands upright once turned clockwise by `upright_after` degrees."""
    angle = np.deg2rad(-upright_after)
    across = ARCFACE_112[:, 0] * np.cos(angle) - ARCFACE_112[:, 1] * np.sin(angle)
    down = ARCFACE_112[:, 0] * np.sin(angle) + ARCFACE_112[:, 1] * np.cos(angle)
    landmarks = np.stack((across, down), axis=-1).astype(np.float32)
    return Face(np.array([10, 10, 80, 100], dtype=np.float32), landmarks, score)


def sighting(*scores: float, tilt: float = 0.0, detector: str = "yunet") -> Sighting:
    """At each turn a face with this score (0 for none), upright there but for `tilt` degrees."""
    faces = [
        face(turn_cw - tilt, score) if score else None
        for turn_cw, score in zip(TURNS, scores, strict=True)
    ]
    return Sighting(detector, (faces[0], faces[1], faces[2], faces[3]))


def judged(*sightings: Sighting) -> Orientation:
    orientation = judge(sightings)
    assert orientation is not None
    return orientation


@pytest.mark.parametrize("turn", range(4))
def test_detectors_that_agree_are_believed(turn: int) -> None:
    scores = [0.0] * 4
    scores[turn] = 0.95
    orientation = judged(sighting(*scores), sighting(*scores, detector="blazeface"))
    assert orientation.turn_cw == TURNS[turn]
    assert orientation.confidence == 1.0
    assert orientation.roll_deg == pytest.approx(0, abs=0.01)
    assert orientation.evidence[turn] == pytest.approx(0.95)
    assert overwhelming(orientation, 1)


def test_detectors_that_contradict_each_other_are_not() -> None:
    orientation = judged(sighting(0.9, 0, 0.5, 0), sighting(0.5, 0, 0.88, 0, detector="blazeface"))
    assert orientation.turn_cw == 0
    assert orientation.confidence < 0.2
    assert not overwhelming(orientation, 1)


def test_a_tie_has_no_confidence() -> None:
    assert judged(sighting(0.9, 0, 0.9, 0)).confidence == 0.0


def test_points_that_contradict_the_turn_count_little() -> None:
    # A detector that puts upright points on an upside-down face is no evidence for the turn.
    faces = (face(0, 0.9), None, face(0, 0.95), None)
    orientation = judged(Sighting("blazeface", faces))
    assert orientation.turn_cw == 0
    assert orientation.evidence == pytest.approx((0.9, 0, 0, 0))


def test_evidence_is_score_times_cosine_of_the_roll() -> None:
    orientation = judged(sighting(0.9, 0, 0, 0, tilt=30))
    assert orientation.evidence[0] == pytest.approx(0.9 * np.cos(np.deg2rad(30)), abs=1e-4)


def test_nothing_seen_is_no_face() -> None:
    assert judge([]) is None
    assert judge([sighting(0, 0, 0, 0)]) is None


def test_weak_evidence_is_no_face() -> None:
    assert judge([sighting(NO_FACE - 0.01, 0, 0, 0)]) is None
    assert judge([sighting(NO_FACE + 0.01, 0, 0, 0)]) is not None
    assert judge([sighting(0.9, 0, 0, 0), sighting(0.05, 0, 0, 0)]) is None, "on average"


def test_confidence_is_even_at_the_even_lead() -> None:
    orientation = judged(sighting(0.9, 0.9 - EVEN_LEAD, 0, 0))
    assert orientation.confidence == pytest.approx(0.5, abs=1e-4)
    assert judged(sighting(0.9, 0.9 - 2 * EVEN_LEAD, 0, 0)).confidence == pytest.approx(1, abs=1e-4)


def test_confidence_is_even_at_the_even_total() -> None:
    assert judged(sighting(EVEN_TOTAL, 0, 0, 0)).confidence == pytest.approx(0.5, abs=1e-4)


@given(st.floats(-50, 50))
def test_strong_roll_lowers_the_confidence(tilt: float) -> None:
    found = judged(sighting(0.95, 0.1, 0.1, 0.1, tilt=tilt))
    expected = min(1.0, max(0.0, 0.5 + (EVEN_ROLL - abs(tilt)) / ROLL_RANGE))
    assert found.confidence <= expected + 1e-5
    if abs(tilt) < 9.99:
        assert found.confidence == 1.0


@given(st.floats(0.5, 1), st.floats(0, 1), st.floats(0, 0.3))
def test_more_lead_never_lowers_the_confidence(best: float, second: float, less: float) -> None:
    second = min(second, best)
    near = judge([sighting(best, second, 0, 0)])
    far = judge([sighting(best, max(0.0, second - less), 0, 0)])
    if near is not None and far is not None:
        assert far.confidence >= near.confidence - 1e-6


@pytest.mark.parametrize("looks", [1, 2])
def test_overwhelming_needs_lead_and_evidence_and_a_head_held_straight(looks: int) -> None:
    enough = OVERWHELMING[looks - 1]
    near, clear = (0.9, 0.91 - enough, 0.0, 0.0), (0.9, 0.89 - enough, 0.0, 0.0)
    assert overwhelming(Orientation(0, 9.0, 1.0, clear), looks)
    assert not overwhelming(Orientation(0, 9.0, 1.0, near), looks)
    assert not overwhelming(Orientation(0, 11.0, 1.0, clear), looks)
    assert not overwhelming(Orientation(0, 9.0, 1.0, (0.79, 0.0, 0.0, 0.0)), looks)


def looks_of(*pairs: tuple[Sighting, Sighting]) -> Iterator[list[Sighting]]:
    seen: list[Sighting] = []
    for pair in pairs:
        seen = [*seen, *pair]
        yield seen


SURE, TORN = sighting(0.95, 0.1, 0.1, 0.1), sighting(0.95, 0.1, 0.93, 0.1)


def test_settle_looks_closer_only_while_there_is_doubt() -> None:
    looks = looks_of((SURE, SURE), (TORN, TORN))
    sightings, orientation = settle(looks)
    assert (len(sightings), orientation and orientation.turn_cw) == (2, 0)
    assert len(next(looks)) == 4, "the second look was left untaken"


def test_settle_judges_all_looks_together() -> None:
    sightings, orientation = settle(looks_of((TORN, TORN), (TORN, SURE), (SURE, SURE)))
    assert len(sightings) == 4, "two looks with a lead of 0.23 are enough"
    assert orientation == judge(sightings)


def test_settle_goes_on_after_an_empty_look_and_ends_with_none_for_no_face() -> None:
    assert settle([[], [SURE, SURE]])[1] == judge([SURE, SURE])
    assert settle([[]]) == ([], None)


def test_lead_is_best_minus_second_best() -> None:
    assert lead((0.1, 0.75, 0.25, 0.5)) == 0.25


@pytest.mark.parametrize("tilt", [-40, -1, 0, 12, 44])
def test_roll_is_what_is_left_after_the_turn(tilt: float) -> None:
    orientation = judged(sighting(0, 0.9, 0, 0, tilt=tilt))
    assert orientation.turn_cw == 90
    assert orientation.roll_deg == pytest.approx(tilt, abs=0.01)


def test_roll_is_the_score_weighted_circular_mean() -> None:
    orientation = judged(sighting(0.9, 0, 0, 0, tilt=20), sighting(0.3, 0, 0, 0, tilt=-20))
    total = 0.9 * np.exp(1j * np.deg2rad(20)) + 0.3 * np.exp(-1j * np.deg2rad(20))
    assert orientation.roll_deg == pytest.approx(float(np.rad2deg(np.angle(total))), abs=0.01)


def test_roll_of_upside_down_faces_is_not_their_plain_mean() -> None:
    # As they lie they are at 179 and -179 degrees; once turned by 180, at 359 and 1.
    sightings = [sighting(0, 0, 0.9, 0, tilt=tilt) for tilt in (1, -1)]
    assert judged(*sightings).roll_deg == pytest.approx(0, abs=0.01)


scores = st.lists(st.floats(0, 1), min_size=4, max_size=4)


@given(st.lists(st.tuples(scores, st.floats(-40, 40)), min_size=1, max_size=6), st.integers(0, 3))
def test_turning_the_picture_turns_the_verdict(
    seen: list[tuple[list[float], float]], quarter: int
) -> None:
    sightings = [sighting(*values, tilt=tilt) for values, tilt in seen]
    turned = []
    for one in sightings:
        # After a clockwise quarter q, the turn t shows what the turn t + q showed before.
        faces = [one.faces[(turn + quarter) % 4] for turn in range(4)]
        a, b, c, d = (f and turn_face(f, TURNS[quarter], SIDE, SIDE) for f in faces)
        turned.append(Sighting(one.detector, (a, b, c, d)))
    before, after = judge(sightings), judge(turned)
    if before is None or after is None:
        strongest = max(before.evidence) if before else max(after.evidence) if after else 0.0
        assert before is after or strongest == pytest.approx(NO_FACE, abs=1e-3)
        return
    assert after.confidence == pytest.approx(before.confidence, abs=1e-3)
    shifted = (*before.evidence[quarter:], *before.evidence[:quarter])
    assert after.evidence == pytest.approx(shifted, abs=1e-4)
    if lead(before.evidence) > 1e-3:
        assert after.turn_cw == (before.turn_cw - TURNS[quarter]) % 360
        assert after.roll_deg == pytest.approx(before.roll_deg, abs=0.05)


def glimpsed(
    yunet: float, blazeface: float, on_head: float, tilt: float = 0.0
) -> tuple[Sighting, Sighting]:
    """What a glance saw, with these scores."""
    return (
        sighting(yunet, 0, 0, 0, tilt=tilt),
        sighting(blazeface, 0, on_head, 0, tilt=tilt, detector="blazeface"),
    )


@pytest.mark.parametrize("turn_cw", TURNS)
def test_a_clear_face_is_judged_at_a_glance(turn_cw: TurnCw) -> None:
    found = at_a_glance(glimpsed(0.92, 0.9, 0.5, tilt=4), turn_cw)
    assert found is not None
    assert (found.turn_cw, found.confidence) == (turn_cw, 1.0)
    assert found.roll_deg == pytest.approx(4, abs=0.1)
    at = TURNS.index(turn_cw)
    assert found.evidence[at] == pytest.approx(0.91, abs=0.01)
    assert found.evidence[(at + 2) % 4] == pytest.approx(0.5, abs=0.01)
    assert found.evidence[(at + 1) % 4] == found.evidence[(at + 3) % 4] == 0


@pytest.mark.parametrize(
    ("scores", "tilt"),
    [
        ((GLANCE_YUNET - 0.01, 0.95, 0.1), 0),
        ((0.95, GLANCE_BLAZEFACE - 0.01, 0.1), 0),
        ((0.95, 0.9, 0.9 - GLANCE_LEAD + 0.01), 0),
        ((0.95, 0.8, 0.95), 0),  # on its head
        ((0.95, 0.95, 0.1), GLANCE_ROLL + 1),
        ((0.95, 0.95, 0.1), -GLANCE_ROLL - 1),
        ((0.95, 0.95, 0.1), 90),
        ((0, 0.95, 0.1), 0),
        ((0.95, 0, 0), 0),
    ],
)
def test_a_glance_that_leaves_a_doubt_is_not_enough(
    scores: tuple[float, float, float], tilt: float
) -> None:
    assert at_a_glance(glimpsed(*scores, tilt=tilt), 0) is None
