"""Made-up students with drawn faces for the report tests; also good for looking at a report.

`python tests/report_cases.py FOLDER [COUNT] [LANG]` writes the three reports there.
"""

from __future__ import annotations

import io
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

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
from pipeline.core.words import Language
from pipeline.report import write_csv, write_html, write_xlsx
from pipeline.store import RunSummary
from pipeline.store.summary import Counts

ID_NUMBER = "11010519491231002X"  # GB 11643-1999, annex: the standard's own example
OTHER_ID = "34052419800101001X"
PASSPORT = "E12345678"
HOSTILE = '</script><img src=x onerror="alert(1)">'
RULE = "教毕指〔2017〕99号"
NAMES = ("张伟", "王芳", "李娜", "刘洋", "陈静", "杨帆", "赵敏", "黄磊", "周婷", "吴昊", "徐丽")
COLLEGES = {"计算机学院": "软件工程", "外国语学院": "英语", "土木工程学院": "土木工程"}
LIMITS: dict[str, float | str] = {
    "flag_below": 0.30,
    "accept_from": 0.42,
    "provenance": "LFW, 3000 对, FMR 0.1 %",
}


@cache
def face(seed: int, height: int = 240) -> bytes:
    """A drawn head and shoulders, 3:4, as JPEG; the same seed gives the same "person"."""
    draw_from = random.Random(seed)
    paper = draw_from.choice([(100, 197, 255), (255, 255, 255), (240, 240, 240)])
    skin = (draw_from.randint(215, 240), draw_from.randint(180, 200), draw_from.randint(150, 175))
    coat = tuple(draw_from.randint(30, 130) for _ in range(3))
    picture = Image.new("RGB", (180, 240), paper)
    pen = ImageDraw.Draw(picture)
    pen.ellipse((10, 178, 170, 330), fill=coat)
    pen.rectangle((76, 150, 104, 195), fill=skin)
    pen.ellipse((44, 30, 136, 150), fill=(35, 28, 26))
    jaw = draw_from.randint(158, 172)
    pen.ellipse((50, 52, 130, jaw), fill=skin)
    gap = draw_from.randint(15, 20)
    for x in (90 - gap, 90 + gap):
        pen.ellipse((x - 6, 100, x + 6, 107), fill="white")
        pen.ellipse((x - 3, 100, x + 3, 107), fill=(40, 30, 30))
        pen.line((x - 9, 92, x + 9, 91), fill=(40, 30, 30), width=3)
    pen.line((90, 108, 86, 124, 92, 126), fill=(190, 140, 120), width=2)
    pen.arc((76, 124, 104, 142), 20, 160, fill=(170, 80, 80), width=3)
    out = io.BytesIO()
    picture.resize((height * 3 // 4, height)).save(out, "JPEG", quality=75)
    return out.getvalue()


def subject(number: int, name: str = "", id_number: str = ID_NUMBER) -> Subject:
    """One roster row."""
    college = list(COLLEGES)[number % 3]
    return Subject(
        student_key=f"2021{number:06d}",
        row=number + 2,
        name=name or NAMES[number % len(NAMES)],
        id_number=id_number,
        student_no=f"2021{number:06d}",
        candidate_no=f"21110105{number:06d}",
        college=college,
        major=COLLEGES[college],
        class_name=f"{COLLEGES[college]}21{number % 2 + 1:02d}",
    )


def scored(idcard: float, admission: float) -> tuple[Comparison, ...]:
    """Both comparisons."""
    return (Comparison("idcard", idcard, "sface"), Comparison("admission", admission, "sface"))


def faces(number: int, reference: int | None = None) -> dict[str, bytes]:
    """Photo and both references, of the same person unless told otherwise."""
    same = face(number if reference is None else reference)
    return {"photo": face(number), "idcard": same, "admission": same}


def flag(code: str, value: float | str | None = None, limit: str = "", unit: str = "") -> Finding:
    """A finding with its catalogue severity."""
    return Finding(code, catalogue()[code].severity, value, limit, unit, RULE if limit else "")


def judged(*findings: Finding, **more: Any) -> Assessment:
    """What `decide` would say: the worst finding wins."""
    worst = max((f.severity for f in findings), default=Severity.ADVICE)
    decision = (Decision.ACCEPT, Decision.REVIEW, Decision.FLAG)[worst]
    registry = next((r for f in findings if (r := catalogue()[f.code].registry)), "")
    category = ACCEPTED if decision is Decision.ACCEPT else registry or OTHER
    facts: dict[str, Any] = {"turn_cw": 0, "roll_deg": 0.4, "reference": "admission"} | more
    return Assessment(decision, category, findings, **facts)


def students() -> list[Case]:
    """A dozen students: every decision and everything that has broken a report before."""
    advice = (flag("EYE_LINE", 318, "200-300", "px"), flag("SIZE_KB", 61.4, "20-40", "kB"))
    not_me = flag("NOT_ME", 0.117, ">= 0.42")
    turned = flag("SIDEWAYS_LEFT", 90)
    return [
        Case(
            subject(0, "张伟"),
            f"{ID_NUMBER}.jpg",
            judged(score=0.713),
            {},
            scored(0.58, 0.713),
            faces(0),
        ),
        Case(
            subject(1),
            "2021000001.jpg",
            judged(*advice, score=0.66),
            {},
            scored(0.51, 0.66),
            faces(1),
        ),
        Case(
            subject(2),
            f"{ID_NUMBER.lower()}李娜.jpg",
            judged(
                flag("ROLL", 3.2, "-2-2", "°"),
                flag("NAME_CLASH", f"{OTHER_ID}.jpg"),
                not_me,
                not_me,
                flag("LOOKS_LIKE_OTHER", "2021000009"),
                score=0.1174,
                looks_like="2021000009",
            ),
            {},
            scored(0.213, 0.1174),
            faces(2, 9),
        ),
        Case(
            subject(3),
            "2021000003.jpg",
            judged(turned, turn_cw=90, roll_deg=-1.26, score=0.61),
            {},
            scored(0.49, 0.61),
            faces(3),
        ),
        Case(
            subject(4),
            "2021000004.jpg",
            judged(flag("UPSIDE_DOWN", 180), turn_cw=180, score=0.7),
            {},
            scored(0.6, 0.7),
            faces(4),
        ),
        Case(
            subject(5),
            "2021000005.jpg",
            judged(
                flag("SIDEWAYS_RIGHT", 270), flag("DPI", 72, "300", "dpi"), turn_cw=270, score=0.55
            ),
            {},
            scored(0.44, 0.55),
            faces(5),
        ),
        Case(
            subject(6),
            "2021000006.jpg",
            judged(
                flag("ORIENTATION_UNCERTAIN", 0.41, ">= 0.80"),
                turn_cw=None,
                roll_deg=None,
                reference="",
            ),
            {},
            (Comparison("admission", None, "sface", "no face"),),
            {"photo": face(6), "admission": face(6)},
        ),
        Case(
            subject(7),
            "",
            judged(flag("MISSING_PHOTO"), turn_cw=None, roll_deg=None, reference=""),
            {},
            (),
            {"idcard": face(7)},
        ),
        Case(
            subject(8, HOSTILE),
            f"{HOSTILE}.jpg",
            judged(flag("UNREADABLE", HOSTILE), reference=""),
            {},
            (),
            {},
        ),
        Case(
            subject(9, '=HYPERLINK("x")', PASSPORT),
            f"=1+1 {PASSPORT.lower()}.jpg",
            judged(flag("NO_REFERENCE"), reference=""),
            {},
            (),
            {"photo": face(9)},
        ),
        Case(
            subject(10),
            "2021000010.jpg",
            judged(flag("NOT_ME", 0.37, ">= 0.42"), flag("EXIF_ORIENTATION", 6), score=0.37),
            {},
            scored(0.31, 0.37),
            faces(10),
        ),
        Case(
            Subject("", 0),
            f"IMG_{OTHER_ID}.jpg",
            judged(flag("EXTRA_PHOTO"), reference=""),
            {},
            (),
            {"photo": face(11)},
        ),
    ]


def cohort(count: int) -> Iterator[Case]:
    """The dozen, then as many ordinary students as asked for, one in twelve not accepted."""
    yield from students()[:count]
    draw_from = random.Random(7)
    for number in range(12, count):
        score = min(0.95, max(-0.1, draw_from.gauss(0.62, 0.09)))
        findings: list[Finding] = []
        if number % 12 == 0:
            score = draw_from.gauss(0.2, 0.1)
            findings = [flag("NOT_ME", score, ">= 0.42")]
        elif number % 5 == 0:
            findings = [flag("BACKGROUND_UNEVEN"), flag("BLUR", 0.21, ">= 0.30")][: number % 2 + 1]
        person = number % 40
        yield Case(
            subject(number),
            f"2021{number:06d}.jpg",
            judged(*findings, score=score),
            {},
            scored(score - 0.08, score),
            faces(person, None if number % 12 else person + 1),
        )


def run_of(cases: Iterable[Case]) -> RunSummary:
    """The run summary that belongs to these cases."""
    found = [case.assessment for case in cases]
    codes = Counter(c for a in found for c in {f.code for f in a.findings if f.severity > 0})
    return RunSummary(
        photoproof="0.1.0",
        started="2026-06-02T01:00:00+08:00",
        finished="2026-06-02T01:07:12+08:00",
        seconds=432.0,
        students=len(found),
        counts=Counts(
            decision=dict(Counter(a.decision.value for a in found)),
            category=dict(Counter(a.category for a in found)),
            reasons=dict(codes),
        ),
        students_per_second=len(found) / 432.0,
        stages={
            "decode": 61.2,
            "detect": 88.4,
            "orient": 41.0,
            "compare": 120.9,
            "quality": 77.3,
        },
        models={"sface": "0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79"},
        policy={"profile": "chsi-graduation", "severity": {"ROLL": "advice"}},
        thresholds={"idcard": LIMITS, "admission": {**LIMITS, "accept_from": 0.45}},
        remarks=("名单第 3 列 12 个单元格被 Excel 损坏。", f"{HOSTILE} {OTHER_ID}"),
        workers=2,
        profile="chsi-graduation",
        versions={"python": "3.11.7", "openvino": "2026.4.1"},
    )


# Places of a face's parts, shares of the photo.
FACE = {
    "hairline": 0.14,
    "eye_line": 0.39,
    "mouth_line": 0.56,
    "chin_line": 0.68,
    "eye_column": 0.51,
    "face_left": 0.3,
    "face_right": 0.7,
}


def guided_report(folder: Path, profile: str) -> str:
    """A page with one student, whose face was measured."""
    seen = {name: Measurement(name, value) for name, value in FACE.items()}
    closed = judged(Finding("EYES_CLOSED", Severity.ADVICE, 0.01, "≥ 0.015"))
    case = replace(students()[0], measurements=seen, assessment=closed)
    write_html(replace(run_of([case]), profile=profile), [case], folder / "report.html")
    return (folder / "report.html").read_text("utf-8")


if __name__ == "__main__":
    folder, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 12
    lang: Language = "en" if sys.argv[3:] == ["en"] else "zh"
    run = run_of(cohort(count))
    write_csv(cohort(count), folder / "results.csv")
    write_html(run, cohort(count), folder / "report.html", lang)
    write_xlsx(run, cohort(count), folder / "report.xlsx", lang)
