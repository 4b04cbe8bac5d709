"""Whether a reference handed in again is told from a second shot: docs/accuracy.md.

    python bench/reuse.py ../shared/data [--pictures 150]

The same shot: pictures drawn from all four sets, each against itself changed in ten ways, its face
found anew. Different shots: every two pictures of one person. Told is how many have a score and an
agreement of detail from which the pipeline says REFERENCE_REUSED.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
from simulated_cohort import identity, people, spotter

from models import recognisers
from models.manifest import path_of
from models.segmenter import Segmenter
from pipeline.core.geometry import align
from pipeline.core.policy import load_policy
from pipeline.core.types import Floats, Pixels
from pipeline.student import orient
from pipeline.student.compare import embed
from pipeline.student.detect import Spotter, limit_size
from pipeline.student.overlap import COPY_FROM, agreement, laid_over

LIMIT = load_policy().comparison.same_picture_from


def saved(bgr: Pixels, quality: int = 40) -> Pixels:
    """Saved again as JPEG."""
    return cv2.imdecode(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)


def scaled(bgr: Pixels, width: int = 240) -> Pixels:
    """Made small."""
    factor = width / bgr.shape[1]
    return cv2.resize(bgr, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def cropped(bgr: Pixels) -> Pixels:
    """A fifth cut off on the whole, more on one side."""
    height, width = bgr.shape[:2]
    return bgr[int(0.12 * height) : int(0.9 * height), int(0.1 * width) : int(0.92 * width)].copy()


def turned(bgr: Pixels) -> Pixels:
    """Turned by 6 degrees."""
    height, width = bgr.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 6, 1)
    return cv2.warpAffine(bgr, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)


def printed(bgr: Pixels) -> Pixels:
    """On a card: 216 px wide, blurred, tinted, flat, JPEG quality 70."""
    small = cv2.GaussianBlur(scaled(bgr, 216), (0, 0), 0.8).astype(np.float32)
    return saved(np.clip(small * (0.94, 0.99, 1.03) * 0.9 + 12, 0, 255).astype(np.uint8), 70)


def another_ground(segmenter: Segmenter) -> Callable[[Pixels], Pixels]:
    """The background made light blue."""

    def change(bgr: Pixels) -> Pixels:
        sure = cv2.resize(segmenter(bgr), bgr.shape[1::-1]) > 0.5
        edge = bgr.shape[1] / 200
        person = cv2.GaussianBlur(sure.astype(np.float32), (0, 0), edge)[..., None]
        return (bgr * person + np.array((255, 197, 100)) * (1 - person)).astype(np.uint8)

    return change


def changes() -> Mapping[str, Callable[[Pixels], Pixels]]:
    """The ten."""
    grey = cv2.COLOR_BGR2GRAY, cv2.COLOR_GRAY2BGR
    return {
        "saved again, JPEG 40": saved,
        "240 px wide": scaled,
        "cropped": cropped,
        "mirrored": lambda bgr: bgr[:, ::-1].copy(),
        "turned by 6°": turned,
        "another background": another_ground(Segmenter(path_of("selfie_segmenter"))),
        "brighter, gamma 0.7": lambda bgr: (255 * (bgr / 255) ** 0.7).astype(np.uint8),
        "grey": lambda bgr: cv2.cvtColor(cv2.cvtColor(bgr, grey[0]), grey[1]),
        "skin smoothed": lambda bgr: cv2.bilateralFilter(bgr, 9, 40, 7),
        "printed on a card": printed,
    }


def crop_of(spot: Spotter, bgr: Pixels) -> Pixels | None:
    """The aligned face, as the pipeline takes it."""
    bgr = limit_size(bgr)
    sightings, found = orient.settle(spot.looks(bgr))
    if found is None:
        return None
    face = spot.portrait(bgr, sightings, found)
    return align(face.bgr, face.face.landmarks, averaged=True)


def told(one: tuple[Pixels, Floats], other: tuple[Pixels, Floats]) -> tuple[float, float]:
    """Score and agreement of two faces, as the pipeline takes them."""
    score = float(one[1] @ other[1])
    if score < COPY_FROM:
        return score, 0.0
    laid = laid_over(one[0], other[0])
    return score, 0.0 if laid is None else agreement(one[0], laid)


def row(name: str, pairs: list[tuple[float, float]]) -> str:
    """How many are told, and the extremes."""
    scores, agreed = np.array(pairs).T
    found, near = int((agreed >= LIMIT).sum()), np.sort(agreed)
    return (
        f"{name}: {len(pairs)} pairs, {int((scores >= COPY_FROM).sum())} score from {COPY_FROM},"
        f" lowest score {scores.min():.3f}; told {found};"
        f" agreement lowest {near[:3].round(3)}, highest {near[-3:].round(3)}"
    )


def main() -> None:
    """Print a row for each change and one for each set's different shots."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--pictures", type=int, default=150)
    arguments = parser.parse_args()
    spot, fused = spotter(), recognisers.load(("sface",))
    cv2.setNumThreads(1)

    def face(bgr: Pixels) -> tuple[Pixels, Floats] | None:
        crop = crop_of(spot, bgr)
        return None if crop is None else (crop, embed(fused, [crop])[0])

    files = sorted(path for paths in people(arguments.shared).values() for path in paths)
    drawn = random.Random(0).sample(files, arguments.pictures)  # noqa: S311 - a simulation
    same: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for path in drawn:
        bgr = cv2.imread(str(path))
        plain = face(bgr)
        for name, change in changes().items() if plain else ():
            other = face(change(bgr))
            same[name].append((0.0, 0.0) if other is None else told(other, plain))
    for name, pairs in same.items():
        print(row(name, pairs), flush=True)
    print(row("all ten", [pair for pairs in same.values() for pair in pairs]))
    for name, pairs in shots(files, face):
        print(row(name, pairs), flush=True)


def shots(
    files: list[Path], face: Callable[[Pixels], tuple[Pixels, Floats] | None]
) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """Every two pictures of one person, by set."""
    by_person: dict[str, list[tuple[Pixels, Floats]]] = defaultdict(list)
    for path in files:
        if path.parent.name != "synthetic_portraits" and (found := face(cv2.imread(str(path)))):
            by_person[identity(path)].append(found)
    by_set: dict[str, list[tuple[float, float]]] = defaultdict(list)
    spent = time.process_time()
    for person, faces in by_person.items():
        by_set[person.split(":")[0]] += [told(a, b) for a, b in combinations(faces, 2)]
    spent = time.process_time() - spent
    yield from by_set.items()
    every = [pair for pairs in by_set.values() for pair in pairs]
    yield "all different shots", every
    print(f"{1000 * spent / len(every):.2f} ms of processor time a pair")


if __name__ == "__main__":
    main()
