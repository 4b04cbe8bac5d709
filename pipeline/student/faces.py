"""Faces cut out for the recogniser, and where they lie, so that they can be cut out again.

A template lives in memory alone. Whoever needs it on another night opens the picture, cuts the
face out by the points that are on record and embeds it: nobody is looked for, and the same bytes
give the same template, bit for bit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np

from pipeline.core.geometry import TURNS, align, turn
from pipeline.core.types import Pixels, Portrait, Reference, TurnCw
from pipeline.student.detect import limit_size


def aligned(portrait: Portrait) -> Pixels:
    """The (112, 112, 3) BGR crop of a face that is embedded."""
    return align(portrait.bgr, portrait.face.landmarks, averaged=True)


def where(turn_cw: TurnCw, portrait: Portrait) -> str:
    """Where a face lies: the turn that was applied, then its five points, exactly, as text."""
    points = portrait.face.landmarks.astype(np.float32).ravel()
    return " ".join([str(turn_cw), *(repr(float(value)) for value in points)])


def cut_again(bgr: Pixels, told: str) -> Pixels:
    """What `aligned` gave, from the decoded picture.

    Args:
        bgr: (H, W, 3) uint8, as decoded.
        told: Of `where`.

    Raises:
        ValueError: The text tells no face.
    """
    turned, *points = told.split()
    turn_cw = next(one for one in TURNS if str(one) == turned)
    landmarks = np.array(points, dtype=np.float64).astype(np.float32).reshape(5, 2)
    return align(turn(limit_size(bgr), turn_cw), landmarks, averaged=True)


def slotted(references: Iterable[Reference]) -> Iterator[tuple[str, Reference]]:
    """Each reference with its slot: `kind`, then `kind#2`, `kind#3` for more of the same kind."""
    count: Counter[str] = Counter()
    for reference in references:
        count[reference.kind] += 1
        number = count[reference.kind]
        yield reference.kind if number == 1 else f"{reference.kind}#{number}", reference
