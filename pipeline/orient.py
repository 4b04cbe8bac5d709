"""Orient stage: which way is up, from what two detectors saw at the four quarter turns.

A detector's evidence for a turn is score × max(0, cos roll) of the face it saw after that turn.
One detector alone is not enough: both put plausible boxes with wrong points on upside-down faces.
So the evidence of all sightings is averaged, and the lead of the best turn over the second gives
the confidence, and a strongly rolled face lowers it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from pipeline.geometry import TURNS, roll_deg
from pipeline.types import Orientation, Sighting

# Thresholds on averaged evidence, chosen on 1,353 public pictures (London, LFW, LFW East Asian,
# generated portraits) and six degradations of each, 2026-11-23, with the weights of
# models/manifest.toml; figures in docs/accuracy.md.
EVEN_LEAD = 0.085  # lead at which confidence is 0.5
EVEN_TOTAL = 0.62  # evidence of the best turn at which confidence is 0.5
# Towards 45° the nearest quarter turn becomes a toss-up, and the points of strongly rolled faces
# understate their roll. Of 1,353 upright pictures none had a roll above 18° left.
EVEN_ROLL, ROLL_RANGE = 20.0, 20.0  # roll at which confidence is 0.5; degrees from 1 to 0
NO_FACE = 0.5  # evidence below which nothing there is taken for a face
OVERWHELMING = 0.15  # lead of the whole picture's evidence that needs no closer look


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
    by_total = (total - NO_FACE) / (2 * (EVEN_TOTAL - NO_FACE))
    roll = _roll(sightings, best)
    by_roll = 0.5 + (EVEN_ROLL - abs(roll)) / ROLL_RANGE
    a, b, c, d = (float(v) for v in joined)
    return Orientation(
        turn_cw=TURNS[best],
        roll_deg=roll,
        confidence=float(np.clip(min(by_lead, by_total, by_roll), 0.0, 1.0)),
        evidence=(a, b, c, d),
    )


def overwhelming(orientation: Orientation | None) -> bool:
    """Whether the whole picture already leaves no doubt, so that crops can be spared."""
    return (
        orientation is not None
        and orientation.confidence >= 1.0
        and lead(orientation.evidence) >= OVERWHELMING
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
