"""`results.csv`: one line a student, for machines and for a quick look."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from pipeline.core.types import Case, Severity
from pipeline.report.files import replacing
from pipeline.report.view import codes, reasons_of

COLUMNS = (
    "subject_id",
    "decision",
    "category",
    "reasons",
    "turn_cw",
    "roll_deg",
    "reference",
    "score",
    "looks_like",
    "photo",
    "advice",
    "adjusted",
    "name",
    "college",
    "class",
)
_FORMULA = ("=", "+", "-", "@")


def write_csv(cases: Iterable[Case], path: Path) -> None:
    r"""Write the results as UTF-8 with the byte order mark that Excel needs, lines ended by ``\n``.

    No ID number is a column; `photo` is the file name as the cases give it: those of
    a night come without ID numbers.

    Raises:
        StoreError: If the file cannot be written.
    """
    with (
        replacing(path) as temporary,
        # A file name that is not UTF-8 arrives with lone surrogates: spell them out.
        temporary.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as out,
    ):
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(map(_line, cases))


def _line(case: Case) -> tuple[str | int, ...]:
    """One case in the order of `COLUMNS`."""
    found = case.assessment
    return (
        harmless(case.subject.student_key),
        found.decision.value,
        harmless(found.category),
        codes(reasons_of(case)),
        "" if found.turn_cw is None else found.turn_cw,
        "" if found.roll_deg is None else f"{found.roll_deg:.1f}",
        harmless(found.reference),
        "" if found.score is None else f"{found.score:.4f}",
        harmless(found.looks_like),
        harmless(case.photo),
        codes(f for f in found.findings if f.severity is Severity.ADVICE),
        "" if found.adjusted is None else f"{found.adjusted:.4f}",
        harmless(case.subject.name),
        harmless(case.subject.college),
        harmless(case.subject.class_name),
    )


def harmless(text: str) -> str:
    """A leading apostrophe where a spreadsheet would take the text for a formula (OWASP).

    Full-width signs count too, and signs behind what a spreadsheet trims: blanks, line breaks and
    other characters that print nothing.
    """
    if text[:1].isalnum() and "\r" not in text:  # nearly all; none of them is a sign, however read
        return text
    text = text.replace("\r", "\\r")  # csv quotes a line feed, but not a lone carriage return
    seen = next((c for c in text if c.isprintable() and not c.isspace()), "")
    risky = unicodedata.normalize("NFKC", seen)[:1] in _FORMULA or text[:1] == "\t"
    return f"'{text}" if risky else text
