"""A messy delivery for the desk's tests: real intake, every kind of case, drawn faces."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from desk_runs import DrawingEngine
from report_cases import COLLEGES, NAMES, face

from pipeline.core.measurements import ALIKE
from pipeline.core.policy import load_policy, load_profile
from pipeline.core.types import SET_ASIDE, Evidence, Job, Measurement
from pipeline.night.executors.assessing import EngineFactory
from pipeline.night.folder import DATABASE, LEDGER
from pipeline.night.intake import Sources, keep_assigned, read_intake
from pipeline.night.run import Plan, assess_cohort
from pipeline.store import Store
from pipeline.store.ledger import Ledger

# By the rest of a student's number: what is wrong with the photo, if anything.
KINDS = (
    "person",
    "format",
    "missing",
    "twice",
    "aside",
    "size",
    "turned",
    "small",
    "sound",
    "sound",
)


@dataclass
class DeliveryEngine(DrawingEngine):
    """The same for deliveries where a student may have no photo, a stray one or several files."""

    def assess(self, job: Job) -> Evidence:
        seen = super().assess(job)
        size = 480 if job.photo else 0
        pictures = dict(seen.pictures)
        comparisons = tuple(c for c in seen.comparisons if c.kind != SET_ASIDE)
        text = job.photo.read_bytes(1000).decode() if job.photo else ""
        words = dict(word.split("=") for word in text.split())
        others = [r for r in job.references if r.kind == SET_ASIDE]
        pictures.pop(SET_ASIDE, None)
        for place, other in enumerate(others, 1):
            theirs = dict(w.split("=") for w in other.file.read_bytes(1000).decode().split())
            slot = SET_ASIDE if place == 1 else f"{SET_ASIDE}#{place}"
            pictures[slot] = face(int(theirs.get("face", 0)), 320)
        if job.photo is None:
            del pictures["photo"]
            return Evidence(job.facts, (), "", pictures)
        measured = (*seen.measurements, Measurement("file_format", words.get("format", "JPEG")))
        sharp = {"photo": face(int(words.get("face", 0)), size + 160)}
        return replace(
            seen, measurements=measured, comparisons=comparisons, pictures=pictures, sharp=sharp
        )


def delivering() -> EngineFactory:
    return DeliveryEngine


def number_of(student: int) -> str:
    return f"2021{student:06d}"


def texts_of(student: int) -> Iterator[tuple[str, str]]:
    """Files of one student: name and content."""
    kind, number = KINDS[student % len(KINDS)], number_of(student)
    text = {
        "person": f"face={student} reference={student + 500} score=0.12",
        "format": f"face={student} format=PNG",
        "size": f"face={student} size=600×800",
        "small": f"face={student} size=300×400",
        "turned": f"face={student} turn=90",
    }.get(kind, f"face={student} score=0.8{student % 10}")
    if kind == "twice":
        text = f"face={student // 20 * 20 + 3} score=0.75"  # two students in twenty share one
    if kind != "missing":
        yield f"{number}.jpg", text
    if kind == "aside":
        yield f"{number}-副本.jpg", f"face={student + 700} score=0.5"


def deliver(folder: Path, count: int) -> Sources:
    """Write a delivery: roster, photos, references, and two files of nobody's in ten students."""
    photos, cards = folder / "photos", folder / "cards"
    for path in (photos / "散照", cards):
        path.mkdir(parents=True, exist_ok=True)
    with (folder / "roster.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["学号", "姓名", "学院", "专业", "班级"])
        for student in range(count):
            college = list(COLLEGES)[student % 3]
            name = NAMES[student % len(NAMES)] + ("" if student < len(NAMES) else str(student))
            writer.writerow([number_of(student), name, college, COLLEGES[college], "2101"])
    for student in range(count):
        for name, text in texts_of(student):
            (photos / name).write_text(text)
        (cards / f"{number_of(student)}.jpg").write_text("card")
    for stray in range(max(1, count // 10)):
        (photos / "散照" / f"IMG_{stray + 4711}.jpg").write_text(f"face={stray * 10 + 2}")
    for path in photos.rglob("*.jpg"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return Sources((folder / "roster.csv",), (photos,), {"idcard": (cards,)})


def night(folder: Path, sources: Sources, **review: object) -> Path:
    """A night over a delivery, which honours what was given to whom at the desk."""
    out = folder / "out"
    cohort = read_intake(sources, out)
    keep_assigned(out, cohort.assigned)
    policy = load_policy(None, {"review": review} if review else None)
    plan = Plan(out, policy, load_profile(policy.profile))
    assess_cohort(cohort, plan, delivering())
    with Store(out / DATABASE) as store, Ledger(out / LEDGER) as ledger:
        ledger.decided(store.decisions_digest(), store.stamp())
    return out


def alike(run: Path, number: str) -> None:
    """Say of every file of nobody's that it resembles a student, as a search by faces would."""
    with Store(run / DATABASE) as store, store.transaction():
        for key in store.cohort.strays():
            told = f'[["{number}", "idcard", 0.62], ["{number_of(1)}", "idcard", 0.31]]'
            store.db.execute(
                "INSERT OR REPLACE INTO conclusion VALUES (?, ?, ?, '', '')", (key, ALIKE, told)
            )
