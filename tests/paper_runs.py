"""A run whose photos and references are drawn pictures in folders, for what is printed of it.

`python tests/paper_runs.py FOLDER [COUNT]` makes one there to look at.
"""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import pytest
from PIL import Image
from report_cases import COLLEGES, NAMES, face

from pipeline.core.policy import load_policy, load_profile
from pipeline.core.types import Comparison, Evidence, Job, Measurement
from pipeline.desk.accounts import Role
from pipeline.desk.cases.answers import Given, give
from pipeline.desk.cases.desk import Desk
from pipeline.desk.cases.verdicts import Verdict
from pipeline.night.nightly import run_night
from pipeline.source.jobs import gather
from pipeline.student.decode import read

FACE = {"hairline": 0.1, "eye_line": 0.43, "chin_line": 0.68, "face_left": 0.28, "face_right": 0.72}
TALL = 1200  # px, of the photos
LOW = 2  # the eyes of this number lie too low
REFUSES = 5  # of this number a comparison by machine is refused


def number(index: int) -> str:
    return f"2022{index:06d}"


def phone(index: int) -> str:
    return f"138{index:08d}"


def name(index: int) -> str:
    return NAMES[index % len(NAMES)] + "甲乙丙丁戊己庚辛壬癸"[index // len(NAMES) % 10]


@dataclass
class DrawnEngine:
    """Sees the pictures as they are; scores by student number."""

    scores: Mapping[str, float]

    def start(self) -> None:
        pass

    def close(self) -> None:
        pass

    def _face(self, job: Job) -> dict[str, float]:
        low = job.subject.student_no == number(LOW)
        return {**FACE, "hairline": 0.35, "eye_line": 0.55} if low else FACE

    def assess(self, job: Job) -> Evidence:
        pictures, taken, comparisons = {}, dict[str, int](), []
        data = job.photo.read_bytes(10**7) if job.photo else b""
        if data:
            pictures["photo"] = data
        refused = any(f.name == "source.comparison_refused" for f in job.facts)
        for place, reference in enumerate(job.references):
            count = taken[reference.kind] = taken.get(reference.kind, 0) + 1
            slot = reference.kind if count == 1 else f"{reference.kind}#{count}"
            with Image.open(io.BytesIO(read(reference.file, load_policy().input))) as picture:
                out = io.BytesIO()
                picture.convert("RGB").save(out, "JPEG")
            pictures[slot] = out.getvalue()
            score = self.scores.get(job.subject.student_key, 0.75) - 0.02 * place
            if not refused:
                comparisons.append(Comparison(reference.kind, score, "drawn", slot=slot))
        seen = (
            Measurement("faces_found", 1.0),
            Measurement("turn_cw", 0.0, "°"),
            Measurement("turn_confidence", 1.0),
            Measurement("roll_deg", 0.0, "°"),
            *(Measurement(name, value) for name, value in self._face(job).items()),
        )
        sha256 = hashlib.sha256(data).hexdigest() if data else ""
        return Evidence((*job.facts, *(seen if data else ())), tuple(comparisons), sha256, pictures)


def made(
    folder: Path, count: int = 12, without: tuple[int, ...] = (), tall: int = TALL, scan: int = -1
) -> Path:
    """A run of so many students; every third scores 0.1, those of `without` have no photo.

    The student of number `scan` has two pages of a PDF among the proofs.
    """
    rows = [
        [number(i), name(i), college, f"{i % 3 + 1}班", phone(i), "是" * (i == REFUSES)]
        for i, college in zip(range(count), cycle(COLLEGES), strict=False)
    ]
    header = ["学号", "姓名", "学院", "班级", "手机", "不同意人脸比对"]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "roster.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    (folder / "photos").mkdir(exist_ok=True)
    for i in range(count):
        if i not in without:
            (folder / "photos" / f"{number(i)}.jpg").write_bytes(face(i, tall))
        own = folder / "proofs" / f"{number(i)}-{name(i)}"
        own.mkdir(parents=True)
        picture = Image.open(io.BytesIO(face(i + 100 if i % 3 == 0 else i, tall * 2 // 5)))
        picture.save(own / "身份证.png")
        picture.save(own / "录取照片.jpg", quality=40)
        if i == scan:
            picture.save(own / "户口本.pdf", save_all=True, append_images=[picture.convert("L")])
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        archive.writestr(f"{number(0)}户口本.jpg", face(0, 1200))
    cohort = gather(
        folder / "roster.csv", [folder / "photos"], {"": [folder / "proofs", folder / "more.zip"]}
    )
    policy = load_policy()
    factory = DrawingFactory({number(i): 0.1 for i in range(0, count, 3)})
    run_night(
        *(cohort, folder / "out", policy, load_profile(policy.profile)), digests={}, factory=factory
    )
    return folder / "out"


@dataclass(frozen=True)
class DrawingFactory:
    scores: Mapping[str, float]

    def __call__(self) -> DrawnEngine:
        return DrawnEngine(self.scores)


def judge(desk: Desk, index: int, verdict: Verdict, *who: str) -> None:
    """Let people answer about a student."""
    item = desk.student(number(index))
    assert item is not None
    for one in who or ("安", "吴"):
        give(desk, item, one, Role.REVIEWER, Given(verdict, comment="像隔壁班的李四"))


def pdf_text(pdf: bytes | Path) -> str:
    """What a PDF says; skips where poppler is not installed."""
    content = pdf if isinstance(pdf, bytes) else pdf.read_bytes()
    return _poppler("pdftotext", "-raw", "-", "-", content=content)


def pdf_pages(pdf: bytes | Path) -> int:
    content = pdf if isinstance(pdf, bytes) else pdf.read_bytes()
    told = _poppler("pdfinfo", "-", content=content)
    return int(next(line.split()[1] for line in told.splitlines() if line.startswith("Pages:")))


def pdf_fonts(pdf: bytes) -> set[str]:
    """Names of fonts that are embedded whole or in part."""
    lines = _poppler("pdffonts", "-", content=pdf).splitlines()[2:]
    assert all(line.split()[-5] == "yes" for line in lines), "every font is embedded"
    return {line.split()[0].partition("+")[2] for line in lines}


def _poppler(program: str, *arguments: str, content: bytes) -> str:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed (Debian's poppler-utils): PDFs are not read")
    done = subprocess.run([program, *arguments], input=content, capture_output=True, check=True)
    return done.stdout.decode()


if __name__ == "__main__":
    made(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 12)
