"""`files.csv`: every file of the delivery once, and what became of it."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from pipeline.core.delivery import Delivered
from pipeline.core.words import Language
from pipeline.report.csv_report import harmless
from pipeline.report.files import replacing
from pipeline.report.view import reason_of_fate

COLUMNS = ("path", "kind", "fate", "subject_id", "matched_by", "sha256", "why")


def write_files(files: Iterable[Delivered], path: Path, lang: Language) -> None:
    r"""Write the list as UTF-8 with a byte order mark, lines ended by ``\n``.

    Paths are as the files give them: those of a night come without ID numbers. `sha256` is empty
    for what is no picture or cannot be read.

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
            writer.writerow([*map(harmless, cells), known, harmless(reason_of_fate(file, lang))])
