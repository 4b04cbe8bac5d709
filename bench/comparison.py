"""Which recogniser compares best, and what helps small printed portraits: docs/accuracy.md.

    python bench/comparison.py ../shared/data [--sets london lfw_east_asian lfw]

The first picture of each pair stays as it is; the second, the reference, is print-simulated: face
100, 60 or 40 px wide, blurred, tinted, perhaps grey, JPEG quality 70. Mated pairs are those of
`pairs.csv`; of the non-mated ones 20,000 are drawn from all pairs of two persons. retail-0095 takes
part where it was pulled. For every variant: threshold and missed mated pairs at three FMRs, and d',
the distance of the mean scores in standard deviations.
"""

from __future__ import annotations

import argparse
import csv
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
from simulated_cohort import portrait, spotter

from models import recognisers
from pipeline.assurance.evaluate.rates import enough, threshold_at
from pipeline.assurance.evaluate.verification import subject_of
from pipeline.core.errors import ModelError
from pipeline.core.geometry import ARCFACE_112, align, similarity
from pipeline.core.types import Floats, Pixels, Portrait
from pipeline.student import orient
from pipeline.student.compare import Recogniser, embed

SETS = ("london", "lfw_east_asian", "lfw")
NON_MATED, FMRS = 20_000, (1e-2, 1e-3, 1e-4)
CLEAN = "clean"
PRINTS = {f"{px} px{', grey' * grey}": (px, grey) for grey in (False, True) for px in (100, 60, 40)}
Fused = Sequence[Recogniser]


@dataclass(frozen=True)
class Set:
    """One set's pictures and pairs; pairs are (N, 2) indices of pictures."""

    pictures: list[Portrait]
    mated: np.ndarray
    non_mated: np.ndarray


def load(folder: Path) -> Set:
    """Upright portraits of a folder, its mated pairs, and the non-mated ones drawn."""
    names = sorted(path.name for path in folder.glob("*.jpg"))
    number = {name: i for i, name in enumerate(names)}
    with (folder / "pairs.csv").open(encoding="utf-8") as file:
        mated = [
            (number[row["path_a"]], number[row["path_b"]])
            for row in csv.DictReader(file)
            if row["same"] == "1"
        ]
    strangers = [(a, b) for a, b in combinations(names, 2) if subject_of(a) != subject_of(b)]
    if len(strangers) > NON_MATED:
        strangers = random.Random(0).sample(strangers, NON_MATED)  # noqa: S311 - a simulation
    spot = spotter()
    pictures = [found for name in names if (found := portrait(spot, folder / name)) is not None]
    assert len(pictures) == len(names), "every picture of these sets has a face"
    return Set(pictures, np.array(mated), np.array([(number[a], number[b]) for a, b in strangers]))


def printed(face: Portrait, px: int, grey: bool) -> Pixels:
    """The picture as on a small printed and scanned card, its face `px` wide."""
    scale = px / float(face.face.box[2])
    small = cv2.resize(face.bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), 0.8).astype(np.float32)
    small = np.clip(small * (1.03, 1.0, 0.95) * 0.92 + 12, 0, 255).astype(np.uint8)
    if grey:
        small = without_colour(small)
    _, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 70])
    return cv2.imdecode(jpeg, cv2.IMREAD_COLOR)


def seen_again(pictures: Sequence[Portrait], px: int, grey: bool) -> list[Portrait]:
    """The print-simulated pictures with their faces found anew."""
    spot, found = spotter(), []
    for face in pictures:
        small = printed(face, px, grey)
        sightings, orientation = orient.settle(spot.looks(small))
        assert orientation is not None, "every printed picture of these sets has a face"
        found.append(spot.portrait(small, sightings, orientation))
    return found


def crops(pictures: Sequence[Portrait]) -> list[Pixels]:
    """As the pipeline takes them."""
    return [align(p.bgr, p.face.landmarks, averaged=True) for p in pictures]


def enlarged(flags: int) -> Callable[[Portrait], Pixels]:
    """Another interpolation than the pipeline's."""

    def crop(face: Portrait) -> Pixels:
        matrix = similarity(face.face.landmarks, ARCFACE_112)
        return cv2.warpAffine(face.bgr, matrix, (112, 112), flags=flags)

    return crop


def unsharp(face: Portrait) -> Pixels:
    """The crop with its edges raised."""
    crop = align(face.bgr, face.face.landmarks).astype(np.float32)
    return np.clip(1.8 * crop - 0.8 * cv2.GaussianBlur(crop, (0, 0), 1.5), 0, 255).astype(np.uint8)


def without_colour(bgr: Pixels) -> Pixels:
    """Three equal channels."""
    return cv2.cvtColor(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)


def as_coarse(crop: Pixels, references: Sequence[Portrait]) -> Pixels:
    """A probe's crop at the references' typical resolution."""
    faces = [similarity(p.face.landmarks, ARCFACE_112) for p in references]
    side = round(112 / max(1.0, float(np.median([np.hypot(*m[:, 0]) for m in faces]))))
    return cv2.resize(cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA), (112, 112))


def variants(
    clean: Sequence[Portrait], references: Sequence[Portrait], grey: bool
) -> Iterator[tuple[str, list[Pixels], list[Pixels]]]:
    """What was tried for small portraits: name, crops of the probes and of the references."""
    probes = crops(clean)
    yield "reference cubic", probes, list(map(enlarged(cv2.INTER_CUBIC), references))
    yield "reference Lanczos", probes, list(map(enlarged(cv2.INTER_LANCZOS4), references))
    yield "reference sharpened", probes, list(map(unsharp, references))
    yield "probe as coarse", [as_coarse(p, references) for p in probes], crops(references)
    sampled = [align(p.bgr, p.face.landmarks) for p in clean]
    yield "probe sampled, not averaged", sampled, crops(references)
    if grey:
        yield "probe grey too", list(map(without_colour, probes)), crops(references)


def row(pairs: Set, probes: Floats, references: Floats) -> str:
    """Threshold and misses by FMR, and d'."""
    mated, non_mated = (
        (probes[p[:, 0]] * references[p[:, 1]]).sum(axis=1).astype(np.float64)
        for p in (pairs.mated, pairs.non_mated)
    )
    told = []
    for fmr in FMRS:
        if enough(len(non_mated), fmr):
            threshold = threshold_at(non_mated, fmr)
            told.append(f"{threshold:.3f} {(mated < threshold).sum():3d}")
    spread = np.sqrt((mated.var() + non_mated.var()) / 2)
    return f"{' | '.join(told)} | {(mated.mean() - non_mated.mean()) / spread:.2f}"


def milliseconds(fused: Fused, pictures: list[Pixels]) -> float:
    """Processor time of one face with its mirrored crop; a photo and its reference at a time."""
    pairs = [pictures[i : i + 2] for i in range(0, 40, 2)]
    embed(fused, pairs[0])
    start = time.process_time()
    for pair in pairs:
        embed(fused, pair)
    return (time.process_time() - start) / 40 * 1000


def available() -> Mapping[str, Fused]:
    """SFace, and what retail-0095 adds where it was pulled."""
    names = (("sface",), ("retail0095",), ("sface", "retail0095"))
    try:
        return {"+".join(name): recognisers.load(name) for name in names}
    except ModelError:
        return {"sface": recognisers.load(("sface",))}


def main() -> None:
    """Print every row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    arguments = parser.parse_args()
    known = available()
    for name in arguments.sets:
        pairs = load(arguments.shared / name)
        print(f"{name}: {len(pairs.mated)} mated, {len(pairs.non_mated)} non-mated")
        plain = crops(pairs.pictures)
        for title, fused in known.items():
            print(f"  {title}: {milliseconds(fused, plain):.1f} ms of processor time a face")
        probes = {title: np.stack(embed(fused, plain)) for title, fused in known.items()}
        for title in known:
            print(f"  {CLEAN:12} {title:28} {row(pairs, probes[title], probes[title])}")
        for version, (px, grey) in PRINTS.items():
            references = seen_again(pairs.pictures, px, grey)
            for title, fused in known.items():
                theirs = np.stack(embed(fused, crops(references)))
                print(f"  {version:12} {title:28} {row(pairs, probes[title], theirs)}")
            for title, one, other in variants(pairs.pictures, references, grey):
                templates = (np.stack(embed(known["sface"], side)) for side in (one, other))
                print(f"  {version:12} {title:28} {row(pairs, *templates)}", flush=True)


if __name__ == "__main__":
    main()
