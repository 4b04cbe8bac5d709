"""How large `report.html` of 1,500 students is, with thumbnails of real pictures.

    python bench/report_size.py ../shared/data [STUDENTS]

Each student has a photo and two references, made from pictures of that folder as a night makes
them (320 px, quality 82); so many percent have two reasons and are shown with them, everybody has
four pieces of advice. Prints the page's bytes for each share.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.core.measurements import EYE_COLUMN, EYE_LINE, HAIRLINE
from pipeline.core.policy import InputLimits, load_policy
from pipeline.core.reasons import ACCEPTED, OTHER, catalogue
from pipeline.core.types import (
    Assessment,
    Case,
    Comparison,
    Decision,
    Finding,
    Measurement,
    Severity,
    Subject,
)
from pipeline.report import write_html
from pipeline.store import RunSummary
from pipeline.store.summary import Counts
from pipeline.student.decode import UnreadableError, decode_picture
from pipeline.student.kept_pictures import thumbnail

SHARES = (10, 30, 50, 100)
REASONS = ("NOT_ME", "SIDEWAYS_LEFT", "SIZE_PX", "NO_REFERENCE", "POSSIBLE_RECAPTURE")
ADVICE = ("EYE_LINE", "OFF_CENTRE", "BACKGROUND_COLOUR", "LIGHT_UNEVEN")
LINES = {"flag_below": 0.25, "accept_from": 0.46}


def thumbnails(folder: Path, limits: InputLimits) -> list[bytes]:
    """Of every picture that can be read."""
    found = []
    for path in sorted(folder.rglob("*.jp*g")):
        try:
            found.append(thumbnail(decode_picture(path.read_bytes(), limits).bgr))
        except UnreadableError:
            continue
    return found


def cohort(students: int, share: int, pictures: Sequence[bytes]) -> Iterator[Case]:
    """The students, of whom `share` percent are to be looked at."""
    seen = {n: Measurement(n, v) for n, v in ((EYE_LINE, 0.4), (EYE_COLUMN, 0.5), (HAIRLINE, 0.1))}
    for number in range(students):
        wrong = number * 7919 % 100 < share
        findings = [Finding(code, Severity.ADVICE, 310.5, "200-300", "px") for code in ADVICE]
        if wrong:
            codes = (REASONS[number % 5], REASONS[(number + 1) % 5])
            findings = [
                Finding(c, catalogue()[c].severity, 0.1, "≥ 0.46") for c in codes
            ] + findings
        decision = Decision.FLAG if wrong else Decision.ACCEPT
        slots = ("photo", "idcard", "admission")
        at = number * len(slots)
        yield Case(
            Subject(
                *(f"2022{number:06d}", number + 2, f"学生{number}"),
                id_number="11010519491231002X",
                candidate_no=f"22110105{number:06d}",
                college="信息与电气工程学院",
                major="电子信息工程",
                class_name="电信2201",
            ),
            f"2022{number:06d}.jpg",
            Assessment(
                *(decision, OTHER if wrong else ACCEPTED, tuple(findings)),
                turn_cw=0,
                reference="idcard",
                score=0.1 if wrong else 0.7,
            ),
            seen,
            tuple(Comparison(kind, 0.1 if wrong else 0.7, "sface") for kind in slots[1:]),
            {slot: pictures[(at + n) % len(pictures)] for n, slot in enumerate(slots)},
        )


def main() -> None:
    """Measure and print."""
    students = int(sys.argv[2]) if len(sys.argv) > 2 else 1500
    pictures = thumbnails(Path(sys.argv[1]), load_policy().input)
    mean = sum(map(len, pictures)) / len(pictures)
    print(f"{len(pictures)} pictures, {mean / 1000:.1f} kB a thumbnail on average")
    for share in SHARES:
        found = [case.assessment for case in cohort(students, share, pictures)]
        codes = Counter(f.code for a in found for f in a.findings if f.severity > 0)
        run = RunSummary(
            photoproof="0",
            started="2026-06-02T01:00:00+08:00",
            finished="2026-06-02T01:07:12+08:00",
            seconds=432.0,
            students=students,
            counts=Counts(
                decision=dict(Counter(a.decision.value for a in found)),
                category=dict(Counter(a.category for a in found)),
                reasons=dict(codes),
            ),
            students_per_second=3.5,
            stages={},
            models={},
            policy={"profile": "chsi-graduation"},
            thresholds={"idcard": LINES, "admission": LINES},
            remarks=(),
            workers=2,
            profile="chsi-graduation",
            versions={},
        )
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / "report.html"
            write_html(run, cohort(students, share, pictures), page)
            carried = page.read_text("utf-8").count('id="pictures-')
            print(f"{share} %: {page.stat().st_size / 1e6:.2f} MB, {carried} with pictures")


if __name__ == "__main__":
    main()
