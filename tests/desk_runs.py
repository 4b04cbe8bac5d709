"""Runs for the desk's tests: a real nightly run whose engine sees drawn faces.

`python tests/desk_runs.py FOLDER [COUNT]` makes a run there to look at.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from report_cases import face, subject

from pipeline.core.policy import load_policy, load_profile
from pipeline.core.types import Cohort, Comparison, Evidence, ImageFile, Job, Measurement, Reference
from pipeline.night.executors.assessing import EngineFactory
from pipeline.night.run import Plan, assess_cohort

MODEL = "drawn"
# Where the drawn engine says it saw eyes; it found none in ID cards.
EYES = {"photo": "0.4000 0.4300 0.6000 0.4300", "admission": "0.3500 0.5000 0.6000 0.4500"}


@dataclass
class DrawingEngine:
    """Reads `key=value` words: face, reference (seeds of drawings), score, size, turn."""

    def assess(self, job: Job) -> Evidence:
        text = job.photo.read_bytes(1000).decode() if job.photo else ""
        words = dict(word.split("=") for word in text.split())
        measurements = (
            *job.facts,
            Measurement("faces_found", 1.0),
            Measurement("turn_cw", float(words.get("turn", 0)), "°"),
            Measurement("turn_confidence", 1.0),
            Measurement("roll_deg", 0.0, "°"),
            Measurement("eyes.photo", EYES["photo"]),
            Measurement("eyes.admission", EYES["admission"]),
            Measurement("size_px", words.get("size", "480×640"), "px"),
        )
        seed = int(words.get("face", 0))
        pictures = {"photo": face(seed, 320)}
        score = float(words.get("score", 0.8))
        comparisons = tuple(
            Comparison(reference.kind, score - 0.06 * place, MODEL)
            for place, reference in enumerate(job.references)
        )
        for reference in job.references:
            pictures[reference.kind] = face(int(words.get("reference", seed)), 320)
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        return Evidence(measurements, comparisons, sha256, pictures)

    def start(self) -> None:
        pass

    def close(self) -> None:
        pass


def drawing() -> EngineFactory:
    return DrawingEngine


def photos(count: int = 24) -> dict[int, str]:
    """By student number: every third not this person, every fourth of a wrong size, one turned."""
    texts = {}
    for number in range(count):
        words = [f"face={number}"]
        if number % 3 == 0:
            words += [f"reference={number + 100}", f"score={0.1 + 0.01 * (number % 20):.2f}"]
        elif number % 4 == 0:
            words.append("size=600×800")
        elif number == 7:
            words.append("turn=90")
        else:
            words.append(f"score={0.7 + 0.01 * (number % 20):.2f}")
        texts[number] = " ".join(words)
    return texts


def make_run(folder: Path, texts: Mapping[int, str], out: str = "out", **review: object) -> Path:
    """Run a cohort of these photo texts; again into the same folder continues it."""
    sources = folder / "photos"
    sources.mkdir(parents=True, exist_ok=True)
    jobs = []
    for number, text in texts.items():
        photo = sources / f"{number}.jpg"
        photo.write_text(text)
        facts = (
            Measurement("source.photo_files", 1.0, "files"),
            Measurement("source.reference_files", 2.0, "files"),
        )
        kinds = tuple(Reference(kind, ImageFile(photo)) for kind in ("admission", "idcard"))
        jobs.append(Job(subject(number), ImageFile(photo), kinds, facts))
    policy = load_policy(None, {"review": review} if review else None)
    plan = Plan(folder / out, policy, load_profile(policy.profile))
    assess_cohort(Cohort(tuple(jobs)), plan, drawing())
    return folder / out


if __name__ == "__main__":
    make_run(Path(sys.argv[1]), photos(int(sys.argv[2]) if len(sys.argv) > 2 else 24))
