"""What goes out: tables for colleges and for the registry, and everything as CSV."""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from pipeline.core.errors import StoreError
from pipeline.core.moments import local_day, local_second
from pipeline.core.private import make_folder
from pipeline.core.said import cause
from pipeline.core.types import Case
from pipeline.core.words import Language, word, words
from pipeline.desk.cases.desk import Desk
from pipeline.desk.cases.verdicts import CATEGORY, Answer, Remedy, State, Verdict, standing
from pipeline.report.csv_report import harmless
from pipeline.report.files import replacing
from pipeline.report.view import masked_case
from pipeline.report.xlsx_report import write_xlsx
from pipeline.store import RunSummary
from pipeline.store.items import Item
from pipeline.store.summary import Counts

CSV_COLUMNS = (
    *("subject_id", "photo_sha256", "college", "class", "decision", "codes", "reviewer"),
    *("verdict", "measure", "state", "student_verdict", "registry", "comment", "date"),
)
_UNFIT = re.compile(r"[^\w\-]+")
_LONGEST = 50  # of four bytes each; file systems take 255, the temporary name included


def college(desk: Desk, out: Path, by: str, lang: Language) -> list[Path]:
    """One workbook a college: everybody people look at or have looked at.

    Raises:
        StoreError: A file cannot be written.
    """
    groups: defaultdict[str, list[Item]] = defaultdict(list)
    nowhere = word("work", "no_college", lang)
    for item in desk.queued():
        if not _only_seeded(desk, item):
            groups[file_name(item.college or nowhere)].append(item)
    make_out(out)
    paths = []
    for name, items in sorted(groups.items()):
        path = out / f"{name}.xlsx"
        _workbook(desk, items, path, lang)
        paths.append(path)
    _logged(desk, by, "college", paths, sum(map(len, groups.values())))
    return paths


def registry(desk: Desk, out: Path, by: str, lang: Language) -> list[Path]:
    """One workbook: whom the registry doubts, and whose photo people found faulty.

    Raises:
        StoreError: The file cannot be written.
    """
    chosen = []
    for item in desk.queued():
        answers = desk.answers(item)
        verdict = desk.settled(item, answers).verdict
        if _said(answers, "registry") or (verdict and verdict is not Verdict.OK):
            chosen.append(item)
    make_out(out)
    path = out / "registry.xlsx"
    _workbook(desk, chosen, path, lang)
    _logged(desk, by, "registry", [path], len(chosen))
    return [path]


def table(desk: Desk, out: Path, by: str) -> list[Path]:
    """Everybody as CSV, in the words of programs; `import decisions` reads it back.

    It has the byte order mark without which Excel takes Chinese for another encoding.

    Raises:
        StoreError: The file cannot be written.
    """
    make_out(out)
    path = out / "decisions.csv"
    items = list(desk.items())
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8-sig", newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(CSV_COLUMNS)
        writer.writerows([harmless(text) for text in _line(desk, item)] for item in items)
    _logged(desk, by, "csv", [path], len(items))
    return [path]


def _line(desk: Desk, item: Item) -> list[str]:
    answers = desk.answers(item)
    outcome = desk.settled(item, answers)
    final = outcome.final
    return [
        *(desk.mask(item.answers_key), item.photo_sha256, item.college, item.class_name),
        *(item.decision.value, ";".join(item.codes)),
        ";".join(a.who for a in standing(answers)),
        *(outcome.verdict or "", outcome.remedy or "", item.state),
        *(_said(answers, "student"), _said(answers, "registry")),
        *((desk.mask(final.comment), local_second(final.at)) if final else ("", "")),
    ]


def _workbook(desk: Desk, items: Iterable[Item], path: Path, lang: Language) -> None:
    """These cases in the columns of the college table, with what people decided."""
    cases: list[Case] = []
    decided: dict[int, Mapping[str, str]] = {}
    for item in items:
        case = masked_case(desk.case(item), desk.mask)
        cases.append(case)
        decided[id(case)] = _people(desk, item, lang)
    counted = _counted(desk, cases)
    write_xlsx(counted, cases, path, lang, lambda case: decided[id(case)])


def _people(desk: Desk, item: Item, lang: Language) -> dict[str, str]:
    answers = desk.answers(item)
    outcome = desk.settled(item, answers)
    student = _said(answers, "student")
    told = {
        "reviewer": "、".join(a.who for a in standing(answers)),
        "verdict": _category(outcome.verdict, lang),
        "measure": word("remedy", outcome.remedy, lang) if outcome.remedy else "",
        "state": words("state", lang).get(item.state, ""),
        "student_verdict": _category(Verdict(student) if student else None, lang),
        "date": _day(outcome.final),
    }
    if item.state is State.FILE and not told["measure"]:
        told["measure"] = word("remedy", Remedy.FILE, lang)
    return told


def _category(verdict: Verdict | None, lang: Language) -> str:
    return word("category", CATEGORY[verdict], lang) if verdict else ""


def _day(answer: Answer | None) -> str:
    """The local day of an answer."""
    return local_day(answer.at) if answer else ""


def _counted(desk: Desk, cases: list[Case]) -> RunSummary:
    """The run's summary with what the workbook's second sheet counts."""
    found = [case.assessment for case in cases]
    codes = Counter(code for a in found for code in {f.code for f in a.findings})
    counts = Counts(
        decision=dict(Counter(a.decision.value for a in found)),
        category=dict(Counter(a.category for a in found)),
        reasons=dict(codes.most_common()),
    )
    return replace(desk.run, students=len(cases), counts=counts)


def _only_seeded(desk: Desk, item: Item) -> bool:
    """Whether a case is in the queue to measure reviewers only, and nobody found fault with it."""
    if not item.seeded:
        return False
    answers = desk.answers(item)
    outside = any(a.kind in ("registry", "student") for a in answers)
    return not outside and desk.settled(item, answers).verdict in (None, Verdict.OK)


def _said(answers: list[Answer], kind: str) -> str:
    return next((a.value for a in reversed(answers) if a.kind == kind), "")


def file_name(college: str) -> str:
    """A college's name as a file's: letters, digits and hyphens only, and not too many."""
    name = _UNFIT.sub("_", college).strip("_") or "_"
    if len(name) <= _LONGEST:
        return name
    # Two long names that begin alike stay two files.
    return f"{name[:_LONGEST]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def make_out(out: Path) -> None:
    """Make the folder of an export. Raises StoreError where it cannot be made."""
    try:
        make_folder(out)
    except OSError as error:
        raise StoreError("export_unmakable", out=out, why=cause(error)) from error


def _logged(desk: Desk, by: str, kind: str, paths: list[Path], students: int) -> None:
    names = [path.name for path in paths]
    desk.ledger.record(by, "exported", table=kind, files=names, students=students)
