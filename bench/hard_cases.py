"""How retouched photos and poor references fare: docs/accuracy.md.

    python bench/hard_cases.py ../shared/data [--pairs 150]

The first picture of each mated pair is retouched, its face found anew; the second is the reference,
as it is or as a grey print of a 60 px face. Told are mated pairs below ACCEPT and FLAG thresholds
as a cohort of 700 has them, and the lowest scores.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from comparison import Set, crops, load, seen_again
from simulated_cohort import spotter

from models import recognisers
from pipeline.core.types import Floats, Pixels, Portrait
from pipeline.student import orient
from pipeline.student.compare import embed
from pipeline.student.detect import limit_size

ACCEPT, FLAG = 0.413, 0.278
Retouch = Callable[[Portrait], Pixels]


def warped(face: Portrait, dx: Floats, dy: Floats) -> Pixels:
    """The picture taken from (x + dx, y + dy) at each pixel."""
    height, width = face.bgr.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return cv2.remap(face.bgr, x + dx, y + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def slimmed(face: Portrait, share: float) -> Pixels:
    """Cheeks and chin drawn in: narrower by this share at the mouth, unchanged above the eyes."""
    height, width = face.bgr.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    eyes, mouth = face.face.landmarks[:2].mean(axis=0), face.face.landmarks[3:].mean(axis=0)
    reach = float(face.face.box[2])
    down = np.clip((y - eyes[1]) / max(1.0, mouth[1] - eyes[1]), 0, 1)
    near = np.exp(-(((x - mouth[0]) / (0.6 * reach)) ** 4) - ((y - mouth[1]) / (0.9 * reach)) ** 4)
    return warped(face, (x - mouth[0]) * share * down * near, np.zeros_like(x))


def large_eyes(face: Portrait, share: float) -> Pixels:
    """Both eyes enlarged by this share."""
    height, width = face.bgr.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    gap = float(np.linalg.norm(face.face.landmarks[0] - face.face.landmarks[1]))
    dx, dy = np.zeros_like(x), np.zeros_like(y)
    for ex, ey in face.face.landmarks[:2]:
        inside = np.exp(-(((x - ex) ** 2 + (y - ey) ** 2) / (0.35 * gap) ** 2))
        dx -= (x - ex) * share * inside
        dy -= (y - ey) * share * inside
    return warped(face, dx, dy)


def smooth(face: Portrait) -> Pixels:
    """Skin smoothed strongly, edges kept."""
    size = max(5, int(face.face.box[2] / 20) | 1)
    return cv2.bilateralFilter(face.bgr, size, 60, size)


def white(face: Portrait) -> Pixels:
    """Brighter and paler."""
    lab = cv2.cvtColor(face.bgr, cv2.COLOR_BGR2LAB).astype(np.float32)
    lab[..., 0] = 255 * (lab[..., 0] / 255) ** 0.75
    lab[..., 1:] = 128 + (lab[..., 1:] - 128) * 0.8
    return cv2.cvtColor(np.clip(lab, 0, 255).astype(np.uint8), cv2.COLOR_LAB2BGR)


def everything(face: Portrait) -> Pixels:
    """Smoothed, whitened, slimmed by 10 %, eyes larger by 15 %."""
    for change in (partial(slimmed, share=0.10), partial(large_eyes, share=0.15), smooth, white):
        face = Portrait(change(face), face.face)
    return face.bgr


RETOUCHED: dict[str, Retouch] = {
    "untouched": lambda face: face.bgr,
    "smoothed": smooth,
    "whitened": white,
    **{f"slimmed {s:.0%}": partial(slimmed, share=s) for s in (0.03, 0.06, 0.10)},
    **{f"eyes + {s:.0%}": partial(large_eyes, share=s) for s in (0.05, 0.10, 0.15)},
    "everything": everything,
}


def templates(pictures: Sequence[Portrait]) -> Floats:
    """(N, D)."""
    fused = recognisers.load(("sface",))
    cut = crops(pictures)
    return np.stack([v for i in range(0, len(cut), 16) for v in embed(fused, cut[i : i + 16])])


def again(pictures: Sequence[Portrait], change: Retouch) -> list[Portrait]:
    """Retouched, the faces found anew."""
    spot, found = spotter(), []
    for face in pictures:
        bgr = limit_size(change(face))
        sightings, turn = orient.settle(spot.looks(bgr))
        assert turn is not None, "every retouched picture of these sets has a face"
        found.append(spot.portrait(bgr, sightings, turn))
    return found


def told(scores: Floats) -> str:
    """Below both thresholds, and the lowest."""
    low = np.sort(scores)[:3].round(3).tolist()
    return f"{(scores < ACCEPT).sum()} / {(scores < FLAG).sum()}, lowest {low}"


def main() -> None:
    """Print a row for each set and retouching."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--pairs", type=int, default=150)
    arguments = parser.parse_args()
    for name in ("london", "lfw_east_asian"):
        every: Set = load(arguments.shared / name)
        mated = every.mated[:: max(1, len(every.mated) // arguments.pairs)]
        photos = [every.pictures[a] for a, _ in mated]
        references = [every.pictures[b] for _, b in mated]
        print(f"{name}: {len(mated)} mated pairs, below {ACCEPT} / below {FLAG}", flush=True)
        plain, grey = templates(references), templates(seen_again(references, 60, True))
        for title, change in RETOUCHED.items():
            probes = templates(again(photos, change))
            clean, poor = ((probes * other).sum(axis=1) for other in (plain, grey))
            print(f"  {title}: {told(clean)}; grey 60 px print: {told(poor)}", flush=True)


if __name__ == "__main__":
    main()
