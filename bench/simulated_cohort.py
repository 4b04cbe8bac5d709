"""Builds a simulated cohort from the measuring pictures: known accidents, known truth.

    python bench/simulated_cohort.py ../shared/data OUT [--seed 0]
    photoproof run --roster OUT/roster.csv --photos OUT/photos --references idcard=OUT/cards \
        --search-owner --out OUT/run
    photoproof evaluate cohort OUT/run OUT/truth.csv

Every identity of `london`, `lfw_east_asian`, `lfw` and `synthetic_portraits` becomes a student: the
photo at 480 x 640, the reference another picture of the same person where there is one (the same
one otherwise), on half of the students print-simulated on a drawn 1,000 px card, upright or turned.
3 % of the photos are swapped in pairs, 2 % show a stranger, 4 % are turned.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np

from models.blazeface import BlazeFace
from models.manifest import path_of
from models.yunet import YuNet
from pipeline.core.geometry import turn
from pipeline.core.types import Pixels, Portrait, TurnCw
from pipeline.student import orient
from pipeline.student.detect import Spotter, limit_size

SETS = ("london", "lfw_east_asian", "lfw", "synthetic_portraits")
STRANGERS, SWAPPED, TURNED = 0.02, 0.03, 0.04


def identity(path: Path) -> str:
    """`Ai_Sugiyama_0001.jpg` and `L001_neutral.jpg` without their last part."""
    return f"{path.parent.name}:{path.stem.rsplit('_', 1)[0]}"


def people(shared: Path) -> dict[str, list[Path]]:
    """Pictures by identity; one person may stand in both LFW folders and is kept once."""
    found: dict[str, list[Path]] = defaultdict(list)
    seen: set[str] = set()
    for name in SETS:
        here = set()
        for path in sorted((shared / name).glob("*.jpg")):
            person = path.stem if name == "synthetic_portraits" else identity(path)
            bare = person.split(":")[-1]
            if bare not in seen:
                found[person].append(path)
                here.add(bare)
        seen |= here
    return found


def spotter() -> Spotter:
    """The pipeline's own, to crop the pictures to the standard."""
    yunet = path_of("yunet")
    return Spotter(
        YuNet(yunet), BlazeFace(path_of("blazeface")), [YuNet(yunet, 320), YuNet(yunet, 640)]
    )


def portrait(spot: Spotter, path: Path) -> Portrait | None:
    """The upright portrait of a picture."""
    bgr = limit_size(cv2.imread(str(path)))
    sightings, found = orient.settle(spot.looks(bgr))
    return None if found is None else spot.portrait(bgr, sightings, found)


def framed(face: Portrait, width: int, height: int) -> Pixels:
    """The registry's frame: eyes about 250 of 640 px from the top, 108 px apart at 480 px."""
    eyes = face.face.landmarks[:2]
    middle, gap = eyes.mean(axis=0), float(np.linalg.norm(eyes[1] - eyes[0]))
    scale = 108 / 480 * width / gap
    shift = np.array((width / 2, 250 / 640 * height)) - middle * scale
    matrix = np.array([(scale, 0, shift[0]), (0, scale, shift[1])])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.warpAffine(
        face.bgr, matrix, (width, height), flags=how, borderMode=cv2.BORDER_REPLICATE
    )


def card(face: Portrait, rng: random.Random) -> Pixels:
    """A 1,000 px card with a 240 px printed portrait at the right."""
    small = framed(face, 240, 300)
    small = cv2.GaussianBlur(small, (0, 0), rng.uniform(0.5, 0.9)).astype(np.float32)
    small = np.clip(small * (0.94, 0.99, 1.03) * 0.92 + 12, 0, 255)
    sheet = np.full((631, 1000, 3), (228, 232, 226), dtype=np.float32)
    sheet += np.random.default_rng(rng.randrange(2**32)).normal(0, 2, sheet.shape)
    sheet[120:420, 700:940] = small
    for row in range(6):
        cv2.line(sheet, (60, 100 + 80 * row), (60 + rng.randrange(150, 480), 100 + 80 * row), 90, 9)
    return np.clip(sheet, 0, 255).astype(np.uint8)


def save(path: Path, bgr: Pixels, quality: int) -> None:
    """A JPEG file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])


def main() -> None:
    """Build the cohort."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng, spot = random.Random(arguments.seed), spotter()  # noqa: S311 - a simulation
    found = people(arguments.shared)
    names = sorted(found)
    rng.shuffle(names)
    strangers = names[: round(STRANGERS * len(names))]
    students = names[len(strangers) :]
    numbers = {name: f"2026{i:05d}" for i, name in enumerate(students, 1)}
    planted = rng.sample(students, round(SWAPPED * len(students)) // 2 * 2 + len(strangers))
    swapped, strange = planted[len(strangers) :], planted[: len(strangers)]
    shows = {name: name for name in students}
    for one, other in zip(swapped[::2], swapped[1::2], strict=True):
        shows[one], shows[other] = other, one
    shows |= dict(zip(strange, strangers, strict=True))
    turned = set(rng.sample(students, round(TURNED * len(students))))

    rows = []
    for name in students:
        number = numbers[name]
        photo = portrait(spot, found[shows[name]][0])
        reference = portrait(spot, found[name][-1])
        if photo is None or reference is None:
            continue
        laid: TurnCw = rng.choice((90, 180, 270)) if name in turned else 0
        bgr = turn(framed(photo, 480, 640), laid)
        save(arguments.out / "photos" / f"{number}.jpg", bgr, rng.choice((75, 85, 92)))
        side = rng.choice((0, 0, 0, 90, 180, 270))
        on_card = rng.random() < 0.5
        shown = card(reference, rng) if on_card else framed(reference, 358, 441)
        save(arguments.out / "cards" / f"{number}.jpg", turn(shown, side) if on_card else shown, 80)
        owner = shows[name]
        reasons = ["NOT_ME"] if owner != name else []
        upright = -laid % 360
        codes = {90: "SIDEWAYS_LEFT", 180: "UPSIDE_DOWN", 270: "SIDEWAYS_RIGHT"}
        reasons += [codes[upright]] if upright else []
        rows.append(
            {
                "subject_id": number,
                "decision": "FLAG|REVIEW" if reasons else "ACCEPT",
                "reasons": ";".join(reasons),
                "turn_cw": upright,
                "looks_like": numbers.get(owner, "") if owner != name else "",
                "why": f"{name} shows {owner}" + (f", {found[name][-1].name}" if reasons else ""),
            }
        )
    with (arguments.out / "truth.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    with (arguments.out / "roster.csv").open("w", newline="", encoding="utf-8") as file:
        writer2 = csv.writer(file)
        writer2.writerow(("学号", "姓名"))
        writer2.writerows((row["subject_id"], f"生{row['subject_id'][-5:]}") for row in rows)


if __name__ == "__main__":
    main()
