"""How well the checks of the photo standard work: controlled degradations of real portraits.

    python bench/quality.py PICTURES... [--out quality.json] [--each 100]

Every picture is cut to the graduation standard (480 x 640, eyes 250 px from the top and 108 px
apart), then made worse step by step, one fault at a time. For every check the table says how often
the planted fault raised an alarm, how often the sound picture did, and how well the measured value
follows the strength (Spearman's rank correlation over all pictures and strengths). Nothing here is
part of the product; docs/measures.md quotes what it found.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from degrade import CHECKS, EYE_ROW, EYES_APART, HEIGHT, WIDTH, Check, same
from degrade_scene import SCENE
from PIL import Image

from pipeline.core.policy import Limit, load_policy, load_profile
from pipeline.core.types import Measurement, Pixels, Value
from pipeline.decide import decide_one as judge
from pipeline.student.decode import decode_picture
from pipeline.student.examiner import NetworkEngine
from pipeline.student.measures import View, all_measures, measure_all

# Limits that the graduation standard does not have, tried here all the same.
FURTHER = {"glasses": Limit(max=0.2)}


@dataclass(frozen=True)
class Assessed:
    """Measured values by name, codes of the findings, and what was seen."""

    values: dict[str, Value]
    codes: set[str]
    view: View | None


class Bench:
    """The product as a user meets it: a file in, findings out."""

    def __init__(self) -> None:
        self.policy = load_policy()
        standard = load_profile(self.policy.profile, all_measures())
        limits = {**standard.limits, **FURTHER}
        self.profile = standard.model_copy(update={"limits": limits})
        self.engine = NetworkEngine(self.policy.input)

    def assess(self, bgr: Pixels, quality: int, known: View | None = None) -> Assessed:
        """Save as JPEG, open again, measure, decide.

        Args:
            bgr: The picture.
            quality: Of the file.
            known: Where the face is, from an earlier look at the same picture; None looks anew.
        """
        data = io.BytesIO()
        rgb = Image.fromarray(np.ascontiguousarray(bgr[:, :, ::-1]))
        rgb.save(data, "JPEG", quality=quality, dpi=(300, 300))
        photo = decode_picture(data.getvalue(), self.policy.input)
        segment = self.engine._segmenter
        if known is None:
            look = self.engine.locate(photo.bgr)
            portrait = look.portrait and self.engine._spotter.with_others(look.portrait)
            mesh = None if portrait is None else self.engine._mesh_of(portrait)
            view = View(photo, look.orientation, portrait, mesh, segment)
        else:
            portrait = replace(known.face, bgr=photo.bgr)
            view = View(photo, known.orientation, portrait, known.mesh, segment)
        seen = {m.name: m for m in measure_all(view)}
        seen["faces_found"] = Measurement("faces_found", float(view.portrait is not None))
        found = judge(seen, (), self.policy, self.profile).findings
        codes = {f.code for f in found} - {"NO_REFERENCE"}
        return Assessed({name: m.value for name, m in seen.items()}, codes, view)

    def cut(self, path: Path) -> Pixels | None:
        """The picture cut to the standard by the detector's eyes; None without a face."""
        bgr = cv2.imread(str(path))
        portrait = self.engine.locate(bgr).portrait
        if portrait is None or portrait.bgr.shape[:2] != bgr.shape[:2]:
            return None
        right, left = portrait.face.landmarks[:2]
        scale = EYES_APART / float(np.linalg.norm(left - right))
        bgr = cv2.resize(
            bgr,
            None,
            fx=scale,
            fy=scale,
            interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC,
        )
        x, y = (right + left) / 2 * scale
        matrix = np.array([(1, 0, 240 - x), (0, 1, EYE_ROW - y)])
        return cv2.warpAffine(bgr, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)

    def fitting(self, bgr: Pixels) -> int:
        """The highest quality of 60-92 that keeps the file within 40 KB."""
        for quality in range(92, 60, -4):
            data = io.BytesIO()
            rgb = Image.fromarray(np.ascontiguousarray(bgr[:, :, ::-1]))
            rgb.save(data, "JPEG", quality=quality, dpi=(300, 300))
            if data.tell() <= 40 * 1024:
                return quality
        return 60


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Spearman's: Pearson's of the mean ranks."""

    def ranks(values: Sequence[float]) -> np.ndarray:
        _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
        return (np.cumsum(counts) - (counts - 1) / 2)[inverse]

    return float(np.corrcoef(ranks(one), ranks(other))[0, 1])


def trial(bench: Bench, check: Check, pictures: Sequence[Pixels]) -> dict[str, object]:
    """Alarms and rank correlations of one check."""
    true, false = [0, 0], [0, 0]  # alarms, trials
    series: list[list[Assessed]] = []
    for bgr in pictures:
        known = None if check.moves else bench.assess(bgr, 90).view
        if known is not None and known.mesh is None:
            continue
        row = []
        for step, strength in enumerate(check.strengths):
            quality = 100 - int(strength) if check.degrade is same else check.quality
            found = bench.assess(check.degrade(bgr, strength), quality, known)
            for planted, tally in ((strength >= check.planted, true), (step == 0, false)):
                if planted:
                    tally[0] += bool(found.codes & set(check.codes))
                    tally[1] += 1
            row.append(replace(found, view=None))
        series.append(row)
    names = (check.measure, *check.also)
    return {
        "check": check.name,
        "pictures": len(series),
        "true": true,
        "false": false,
        "rho": {name: agreement(name, check.strengths, series) for name in names},
    }


def agreement(
    name: str, strengths: Sequence[float], series: Sequence[Sequence[Assessed]]
) -> tuple[float | None, float | None]:
    """How well a measure's ranks follow the strengths': all pictures together, and the median."""
    rows = [[(s, a.values[name]) for s, a in zip(strengths, row, strict=True)] for row in series]
    told = [[(s, v) for s, v in row if isinstance(v, float)] for row in rows]
    within = [
        rank_correlation(*zip(*row, strict=True)) for row in told if len({v for _, v in row}) > 1
    ]
    if not within:
        return None, None
    pairs = [pair for row in told for pair in row]
    return rank_correlation(*zip(*pairs, strict=True)), float(np.median(within))


def sound(bench: Bench, pictures: dict[str, Pixels]) -> Iterator[dict[str, object]]:
    """Every finding on the pictures as cut."""
    for name, bgr in pictures.items():
        found = bench.assess(bgr, bench.fitting(bgr))
        yield {"picture": name, "codes": sorted(found.codes), "values": found.values}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", nargs="+", type=Path, help="folders of upright portraits")
    parser.add_argument("--each", type=int, default=100, help="pictures for every check")
    parser.add_argument("--only", default="", help="only checks whose name has this in it")
    parser.add_argument("--out", type=Path, default=Path("quality.json"))
    arguments = parser.parse_args()
    bench = Bench()
    paths = [p for top in arguments.pictures for p in sorted(top.glob("*.jpg"))]
    cut = {p.name: bgr for p in paths if (bgr := bench.cut(p)) is not None}
    rows = []
    for check in CHECKS + SCENE:
        if arguments.only in check.name:
            rows.append(trial(bench, check, list(cut.values())[: arguments.each]))
            sys.stdout.write(json.dumps(rows[-1]) + "\n")
            sys.stdout.flush()
    found = [] if arguments.only else list(sound(bench, cut))
    bench.engine.close()
    arguments.out.write_text(json.dumps({"checks": rows, "sound": found}, ensure_ascii=False))


if __name__ == "__main__":
    main()
