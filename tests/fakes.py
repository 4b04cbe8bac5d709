"""A tiny engine for tests: the "photo" is a line of text that says what the networks would see."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from pipeline.core.measurements import EXTRA_PHOTO
from pipeline.core.types import (
    Cohort,
    Comparison,
    Evidence,
    ImageFile,
    Job,
    Measurement,
    Reference,
    Subject,
)
from pipeline.night.executors.assessing import EngineFactory


@dataclass
class FakeEngine:
    """Reads words: turn=, score=, sha=, sleep=, face=; or `crash`, `die`, `die-once:FILE`.

    With `lies=` it tells where faces lie; `lies=lost` cannot be cut out again.
    `spin` holds the interpreter as long as anybody waits.
    """

    log: str = ""

    def start(self) -> None:
        pass

    def assess(self, job: Job) -> Evidence:
        text = job.photo.read_bytes(1000).decode() if job.photo else ""
        if self.log:
            with Path(self.log).open("a") as log:
                log.write(("again:" if job.points else "") + job.subject.student_key + "\n")
        if text == "crash":
            raise RuntimeError("the engine failed on 110105194912310021")
        if text == "spin":  # as a decoder that lets no other thread run, for a minute or so
            return Evidence(photo_sha256=str((3**200_000_000) % 7))
        if text == "die":
            os._exit(1)
        if text.startswith("die-once:"):
            witness = Path(text.removeprefix("die-once:"))
            if not witness.exists():
                witness.write_text("died")
                os._exit(1)
            text = "score=0.9"
        words = dict(word.split("=") for word in text.split())
        time.sleep(float(words.get("sleep", 0)))
        measurements = (
            *job.facts,
            Measurement("faces_found", 1.0),
            Measurement("turn_cw", float(words.get("turn", 0))),
            Measurement("turn_confidence", 1.0),
            Measurement("roll_deg", 0.0),
        )
        comparisons = tuple(
            Comparison(reference.kind, float(words.get("score", 0.9)), "fake")
            for reference in job.references
        )
        faces = np.eye(8, dtype=np.float32)[[int(words["face"])] * 2] if "face" in words else ()
        templates = dict(zip(("photo", "idcard"), faces, strict=False))
        if job.points:
            return Evidence(templates={} if words["lies"] == "lost" else templates)
        points = dict.fromkeys(templates, words["lies"]) if "lies" in words else {}
        sha256 = words.get("sha", "")
        return Evidence(measurements, comparisons, sha256, templates=templates, points=points)

    def close(self) -> None:
        pass


def fake(log: Path | None = None) -> EngineFactory:
    """A picklable factory of FakeEngines that append each subject they saw to `log`."""
    return partial(FakeEngine, str(log or ""))


def cohort_of(folder: Path, photos: dict[str, str]) -> Cohort:
    """A cohort with one student and one reference for each photo text."""
    folder.mkdir(parents=True, exist_ok=True)
    jobs = []
    for row, (subject_id, text) in enumerate(photos.items(), 1):
        photo = folder / f"{subject_id}.jpg"
        photo.write_text(text)
        facts = (
            Measurement("source.photo_files", 1.0, "files"),
            Measurement("source.reference_files", 1.0, "files"),
        )
        reference = Reference("idcard", ImageFile(photo))
        jobs.append(Job(Subject(subject_id, row), ImageFile(photo), (reference,), facts))
    return Cohort(tuple(jobs))


def stray(file: ImageFile) -> Job:
    """A photo that nobody claims, as `gather` gives it."""
    return Job(Subject("", 0), file, facts=(Measurement(EXTRA_PHOTO, "yes"),))
