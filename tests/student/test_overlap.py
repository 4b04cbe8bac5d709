"""Whether two crops are one shot."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from pipeline.core.geometry import moved
from pipeline.core.policy import load_policy
from pipeline.core.types import PHOTO, Comparison, Pixels
from pipeline.student.overlap import COPY_FROM, agreement, checkered, laid_over, overlaps

LIMIT = load_policy().comparison.same_picture_from


def drawn(seed: int) -> Pixels:
    """A crop with detail of several sizes all over."""
    rng = np.random.default_rng(seed)
    crop = np.full((112, 112, 3), 128.0)
    for sigma in (1.5, 3, 8):
        noise = cv2.GaussianBlur(rng.normal(size=(112, 112)), (0, 0), sigma)
        crop += (25 * noise / noise.std())[..., None]
    return np.asarray(np.clip(crop, 0, 255), np.uint8)


def shifted(crop: Pixels) -> Pixels:
    """Turned by 2 degrees, larger by 3 % and moved by a pixel or two."""
    return moved(
        crop, cv2.getRotationMatrix2D((56, 56), 2, 1.03) + np.array([(0, 0, 1.4), (0, 0, -2)])
    )


def saved(crop: Pixels) -> Pixels:
    _, jpeg = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, 60])
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)


def agreed(photo: Pixels, other: Pixels) -> float:
    laid = laid_over(photo, other)
    return 0.0 if laid is None else agreement(photo, laid)


@pytest.mark.parametrize(
    "change",
    [
        lambda crop: crop,
        shifted,
        saved,
        lambda crop: crop[:, ::-1].copy(),
        lambda crop: shifted(crop)[:, ::-1].copy(),
        lambda crop: (crop * 0.6 + 40).astype(np.uint8),
        lambda crop: np.repeat(crop[..., :1], 3, axis=2),
    ],
    ids=["as it is", "shifted", "saved again", "mirrored", "both", "flatter", "grey"],
)
def test_a_changed_copy_is_the_same_shot(change: Callable[[Pixels], Pixels]) -> None:
    photo = drawn(1)
    assert agreed(photo, change(photo)) >= LIMIT
    assert agreed(change(photo), photo) >= LIMIT


def test_other_shots_are_not() -> None:
    assert agreed(drawn(1), drawn(2)) == 0.0


def test_one_place_that_differs_is_enough() -> None:
    """A mouth that smiles: a fifth of the face is another picture, all else the same."""
    photo, other = drawn(1), drawn(1)
    other[78:104, 30:84] = drawn(2)[78:104, 30:84]
    assert laid_over(photo, other) is not None
    assert agreed(photo, other) < 0.6


def test_a_crop_without_any_detail_agrees_with_nothing() -> None:
    flat = np.full((112, 112, 3), 90, np.uint8)
    assert agreed(flat, drawn(1)) == agreed(drawn(1), flat) == 0.0


def test_only_references_that_score_like_copies_are_laid_over() -> None:
    crops = {PHOTO: drawn(1), "idcard": drawn(1), "admission": drawn(1), "household": drawn(2)}
    scores = {"idcard": COPY_FROM, "admission": COPY_FROM - 0.01, "household": 0.9}
    seen = {
        slot: (value, overlay)
        for slot, value, overlay in overlaps(
            [Comparison(kind, score, "m", slot=kind) for kind, score in scores.items()]
            + [Comparison("other", None, "m", "no face was found in it", slot="other")],
            crops,
        )
    }
    assert set(seen) == {"idcard", "household"}
    value, overlay = seen["idcard"]
    assert value == pytest.approx(1, abs=1e-3)
    assert overlay is not None
    assert overlay.shape == (224, 224, 3)
    assert seen["household"] == (0.0, None)


def test_the_overlay_shows_both_by_turns() -> None:
    one, other = (np.full((112, 112, 3), value, np.uint8) for value in (10, 200))
    overlay = checkered(one, other)
    assert overlay[0, 0, 0] == overlay[30, 30, 0] == 10
    assert overlay[0, 30, 0] == overlay[30, 0, 0] == 200
