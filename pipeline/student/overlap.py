"""Overlap stage: whether a photo is one of the student's own references again.

Registries forbid handing the admission photo in again. Two real shots of one person differ in the
fine detail of eyes, mouth and hair, whatever their faces score; one shot keeps it through saving,
scaling, cropping, mirroring, another background, even print. So both aligned faces are laid over
each other as exactly as they can be, and their detail is compared place by place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.geometry import mirror, moved, stretch
from pipeline.core.types import PHOTO, SET_ASIDE, Comparison, Floats, Pixels

# The detail of faces that score less is not compared, so that most pairs of two real shots cost
# nothing. Figures of all numbers here: docs/accuracy.md.
COPY_FROM = 0.80
# From here on the overlay is kept as proof, whatever the policy's limit is.
SHOWN_FROM = 0.90

_COARSE_FROM, _LAID_FROM = 0.35, 0.75  # correlations below which two faces are no copies
_WINDOW = 11  # px; detail is compared within such squares
_LEAST = 0.1  # the share of squares that may agree less
_DISCOUNT = 0.02  # as much more the middle of two shots agrees than their whole
_TILE = 28  # px; a square of the overlay

Mask = NDArray[np.bool_]


def _ellipse(centre: tuple[int, int], radii: tuple[int, int]) -> Pixels:
    """255 within a part of an aligned crop."""
    mask = np.zeros((112, 112), np.uint8)
    return cast(Pixels, cv2.ellipse(mask, centre, radii, 0, 0, 360, 255, -1))


_FACE = _ellipse((56, 62), (42, 50))  # from forehead to chin
_MIDDLE = _ellipse((56, 68), (30, 36))  # from brows to lips
_HALF = np.ascontiguousarray(_FACE[::2, ::2])


def overlaps(
    comparisons: Sequence[Comparison], crops: Mapping[str, Pixels]
) -> Iterator[tuple[str, float, Pixels | None]]:
    """Every reference that scores like a copy of the photo.

    Args:
        comparisons: The photo's, with scores.
        crops: Aligned faces by slot, (112, 112, 3) BGR.

    Yields:
        Slot; agreement of detail, 0 to 1; the overlay, where they agree enough to look at it.
    """
    for comparison in comparisons:
        if comparison.kind == SET_ASIDE or (comparison.score or 0.0) < COPY_FROM:
            continue
        photo = crops[PHOTO]
        laid = laid_over(photo, crops[comparison.slot])
        agreed = 0.0 if laid is None else agreement(photo, laid)
        proof = checkered(photo, laid) if laid is not None and agreed >= SHOWN_FROM else None
        yield comparison.slot, agreed, proof


def laid_over(photo: Pixels, other: Pixels) -> Pixels | None:
    """The other crop, or its mirror image, moved onto the photo's; None where that can't be done.

    The affine motion is the one that raises the correlation of their detail most (ECC; Evangelidis
    and Psarakis 2008), sought at half the size first.
    """
    mine = _luma(photo)
    small = _detail(_halved(mine), 4.0)
    best, laid = _LAID_FROM, None
    for shown in (other, mirror(other)):  # studio faces resemble their mirror image
        theirs = _luma(shown)
        coarse = _detail(_halved(theirs), 4.0)
        if _correlation(small, coarse) < _COARSE_FROM:
            continue
        try:
            found, motion = _motion(small, coarse, np.eye(2, 3, dtype=np.float32), _HALF, 15)
            if found < best:
                continue
            motion[:, 2] *= 2
            _, motion = _motion(_detail(mine, 3.0), _detail(theirs, 3.0), motion, _FACE, 10)
        except cv2.error:  # it does not converge
            continue
        best, laid = found, moved(shown, motion)
    return laid


def agreement(photo: Pixels, laid: Pixels) -> float:
    """How well the detail of two crops laid over each other agrees, 0 to 1.

    Their correlation is taken in squares all over the face, where there is detail; nine squares of
    ten agree at least so well. A smile or a glance changes some squares and leaves the others.
    Another background shows beside a turned face: so its middle alone may speak, at a discount.
    """
    mine, theirs = (_detail(_luma(crop), 3.0) for crop in (photo, laid))
    whole, middle = (_agreed(mine, theirs, place > 0) for place in (_FACE, _MIDDLE))
    return float(np.clip(max(whole, middle - _DISCOUNT), 0.0, 1.0))


def _agreed(mine: Floats, theirs: Floats, place: Mask) -> float:
    mine, theirs = mine * place, theirs * place
    own, their, both = (_means(a) for a in (mine * mine, theirs * theirs, mine * theirs))
    detailed = place & (own >= np.median(own[place]))
    return float(np.quantile(both[detailed] / np.sqrt(own * their + 1e-6)[detailed], _LEAST))


def checkered(photo: Pixels, laid: Pixels) -> Pixels:
    """Both crops at twice their size in squares by turns: where one shot ends no seam shows."""
    one, other = stretch(photo, 224), stretch(laid, 224)
    rows, columns = np.indices((224, 224)) // _TILE
    by_turns = ((rows + columns) % 2 == 1)[..., None]
    return np.where(by_turns, other, one).astype(np.uint8)


def _luma(crop: Pixels) -> Floats:
    return cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY).astype(np.float32)


def _halved(luma: Floats) -> Floats:
    return np.asarray(cv2.boxFilter(luma, -1, (2, 2))[1::2, 1::2], np.float32)


def _detail(luma: Floats, coarsest: float) -> Floats:
    """What is larger than noise (1 px) and smaller than shades of light (`coarsest` px)."""
    fine, coarse = (cv2.GaussianBlur(luma, (0, 0), sigma) for sigma in (1.0, coarsest))
    return np.asarray(fine - coarse, np.float32)


def _correlation(one: Floats, other: Floats) -> float:
    """Correlation coefficient within the face, at half the size; 0 where one has no detail."""
    a, b = (values[_HALF > 0] - values[_HALF > 0].mean() for values in (one, other))
    return float(a @ b / max(1e-6, np.sqrt((a @ a) * (b @ b))))


def _motion(
    one: Floats, other: Floats, start: Floats, mask: Pixels, steps: int
) -> tuple[float, Floats]:
    """Correlation of detail, and the (2, 3) motion of `other` that raises it to that."""
    until = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, steps, 1e-4)
    found, motion = cv2.findTransformECC(one, other, start, cv2.MOTION_AFFINE, until, mask, 1)
    return float(found), np.asarray(motion, np.float32)


def _means(values: Floats) -> Floats:
    """Mean over the square around each pixel."""
    return np.asarray(cv2.boxFilter(values, -1, (_WINDOW, _WINDOW)), np.float32)
