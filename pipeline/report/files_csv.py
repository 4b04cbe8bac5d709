"""`files.csv`: every file of the delivery once, and what became of it."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from pipeline.core.delivery import Delivered
from pipeline.core.words import Language, word
from pipeline.report.csv_report import harmless
from pipeline.report.files import replacing

COLUMNS = ("path", "kind", "fate", "subject_id", "matched_by", "sha256", "why")


def write_files(files: Iterable[Delivered], path: Path, lang: Language) -> None:
    r"""Write the list as UTF-8 with a byte order mark, lines ended by ``\n``.

    Paths are as the files give them: those of a night come without ID numbers. `sha256` is empty for what is
    no picture or cannot be read.

    Raises:
        StoreError: If the file cannot be written.
    """
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as out,
    ):
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        for file in files:
            known = file.sha256 if len(file.sha256) == 64 else ""
            cells = (file.path, file.kind, file.fate.value, file.student_key, file.matched_by)
            writer.writerow([*map(harmless, cells), known, harmless(told(file, lang))])


def told(file: Delivered, lang: Language) -> str:
    """Why a file has its fate, what is weak about its match, and whom it fits or may mean."""
    parts = [word("value", text, lang) for text in (file.why, file.weak) if text]
    words = "; ".join(dict.fromkeys(parts))
    return f"{words}: {', '.join(file.near)}" if file.near else words
