"""Orient stage: which way is up, from what two detectors saw of the picture in its quarter turns.

Nearly every picture shows it at a glance (`at_a_glance`). For the others a detector's evidence for
a turn is score × max(0, cos roll) of the face it saw after that turn. One detector alone is not
enough: both put plausible boxes with wrong points on upside-down faces. So the evidence of all
sightings is averaged, and the lead of the best turn over the second gives the confidence, and a
strongly rolled face lowers it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from pipeline.core.geometry import TURNS, roll_deg
from pipeline.core.types import Orientation, Sighting, TurnCw

# Thresholds on averaged evidence, chosen on 1,353 public pictures (London, LFW, LFW East Asian,
# generated portraits) and six degradations of each, 2026-11-23, with the weights of
# models/manifest.toml; figures in docs/accuracy.md.
EVEN_LEAD = 0.085  # lead at which confidence is 0.5
# Evidence of the best turn at which confidence is 0.5, and the range from 0 to 1: clean portraits
# reach 0.86 at least, somebody's back reached 0.78 in one crop and 0.67 in all.
EVEN_TOTAL, TOTAL_RANGE = 0.70, 0.20
# Towards 45° the nearest quarter turn becomes a toss-up, and the points of strongly rolled faces
# understate their roll. Of 1,353 upright pictures none had a roll above 18° left.
EVEN_ROLL, ROLL_RANGE = 20.0, 20.0  # roll at which confidence is 0.5; degrees from 1 to 0
NO_FACE = 0.5  # evidence below which nothing there is taken for a face
# Lead of the evidence of one look, and of two, that needs no closer one. Of 9,464 pictures and
# degraded versions rolled less than 10 degrees the greatest wrong lead was 0.094 after one look
# at the whole, 0.055 after one at a close crop, 0.068 after two looks.
OVERWHELMING = (0.15, 0.10)
# What shows at a glance that a picture lies right: evidence of YuNet, evidence of BlazeFace, the
# latter's lead over that of the face on its head, and mean roll (degrees, at most). None of 5,999
# versions of 857 pictures laid in the three wrong turns showed it. On its side BlazeFace had at
# most 0.77 with YuNet at 0.80, on its head a lead of at most -0.10 (docs/accuracy.md).
GLANCE_YUNET, GLANCE_BLAZEFACE, GLANCE_LEAD, GLANCE_ROLL = 0.88, 0.80, 0.10, 10.0


def at_a_glance(sightings: Sequence[Sighting], turn_cw: TurnCw) -> Orientation | None:
    """The judgement "this turn sets it upright" where a glance leaves no doubt, else None.

    A detector may take a face on its head for an upright one, but sees it more surely the right way
    up; a face on its side shows its roll or looks poor to one of the two.

    Args:
        sightings: Of the picture turned by `turn_cw`: YuNet's as it then lies, BlazeFace's as it
            lies and on its head.
        turn_cw: The clockwise turn that was applied.

    Returns:
        Its evidence is 0 for turns that were not looked at.
    """
    yunet, blazeface = (_evidence(sighting) for sighting in sightings)
    upright, on_head = TURNS.index(0), TURNS.index(180)
    roll = _roll(sightings, upright)
    if (
        yunet[upright] < GLANCE_YUNET
        or blazeface[upright] < GLANCE_BLAZEFACE
        or blazeface[upright] - blazeface[on_head] < GLANCE_LEAD
        or abs(roll) > GLANCE_ROLL
    ):
        return None
    found = TURNS.index(turn_cw)
    evidence = [0.0] * len(TURNS)
    evidence[found] = (yunet[upright] + blazeface[upright]) / 2
    evidence[(found + on_head) % len(TURNS)] = blazeface[on_head]
    a, b, c, d = evidence
    return Orientation(turn_cw, roll, 1.0, (a, b, c, d))


def settle(
    looks: Iterable[Sequence[Sighting]],
) -> tuple[Sequence[Sighting], Orientation | None]:
    """Take one look after the other until the sightings leave no doubt.

    Args:
        looks: The sightings after each look, those of the looks before included, two a look.

    Returns:
        The sightings judged in the end and the judgement: None when nothing there is a face.
    """
    sightings: Sequence[Sighting] = ()
    orientation: Orientation | None = None
    for sightings in looks:
        orientation = judge(sightings)
        if orientation is not None and overwhelming(orientation, len(sightings) // 2):
            break
    return sightings, orientation


def judge(sightings: Sequence[Sighting]) -> Orientation | None:
    """Join the sightings of one face.

    Returns:
        The likeliest turn, or None when what was seen is no face.
    """
    if not sightings:
        return None
    table = np.array([_evidence(sighting) for sighting in sightings])
    joined = table.mean(axis=0)
    best = int(joined.argmax())
    total = float(joined[best])
    if total < NO_FACE:
        return None
    by_lead = lead(joined) / (2 * EVEN_LEAD)
    by_total = 0.5 + (total - EVEN_TOTAL) / TOTAL_RANGE
    roll = _roll(sightings, best)
    by_roll = 0.5 + (EVEN_ROLL - abs(roll)) / ROLL_RANGE
    a, b, c, d = (float(v) for v in joined)
    return Orientation(
        turn_cw=TURNS[best],
        roll_deg=roll,
        confidence=float(np.clip(min(by_lead, by_total, by_roll), 0.0, 1.0)),
        evidence=(a, b, c, d),
    )


def overwhelming(orientation: Orientation, looks: int) -> bool:
    """Whether one or two looks already leave no doubt, so that closer ones can be spared."""
    return (
        lead(orientation.evidence) >= OVERWHELMING[min(looks, len(OVERWHELMING)) - 1]
        and max(orientation.evidence) >= EVEN_TOTAL + TOTAL_RANGE / 2
        and abs(orientation.roll_deg) <= EVEN_ROLL - ROLL_RANGE / 2
    )


def lead(evidence: Sequence[float] | np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """Best minus second best."""
    second, first = sorted(float(v) for v in evidence)[-2:]
    return first - second


def _evidence(sighting: Sighting) -> list[float]:
    return [
        0.0
        if face is None
        else face.score * max(0.0, math.cos(math.radians(roll_deg(face.landmarks) + turn_cw)))
        for turn_cw, face in zip(TURNS, sighting.faces, strict=True)
    ]


def _roll(sightings: Sequence[Sighting], turn: int) -> float:
    """Score-weighted circular mean of the roll left after the turn, degrees, (-180, 180]."""
    total = 0j
    for sighting in sightings:
        face = sighting.faces[turn]
        if face is not None:
            angle = math.radians(roll_deg(face.landmarks) + TURNS[turn])
            total += face.score * complex(math.cos(angle), math.sin(angle))
    return math.degrees(math.atan2(total.imag, total.real))
