"""The intake of a night: roster, files, what people have given to whom; no pixel is looked at."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.core.errors import StoreError
from pipeline.core.private import make_file, make_folder
from pipeline.core.said import cause
from pipeline.core.types import Cohort
from pipeline.night.folder import ASSIGNED
from pipeline.source import gather
from pipeline.source.assigned import COLUMNS


@dataclass(frozen=True, slots=True)
class Sources:
    """What is given to a night.

    Attributes:
        roster: Files that are one roster.
        photos: Folders and zip archives; the later one counts.
        references: By kind, best first; kind "" for what says by folders and names which it is.
        columns: TOML file with roster headers of one's own.
        reshoot: Photos that count before all others.
        assign: Tables of files that people have given to students.
        opt_out: Lists of students who refuse that a machine compares faces.
        earlier: Output folders of earlier runs, whose photos are known again.
        settled_before: Files of folders that changed later are still arriving, and left out;
            seconds since 1970.
    """

    roster: Sequence[Path]
    photos: Sequence[Path]
    references: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    columns: Path | None = None
    reshoot: Sequence[Path] = ()
    assign: Sequence[Path] = ()
    opt_out: Sequence[Path] = ()
    earlier: Sequence[Path] = ()
    settled_before: float = math.inf


def read_intake(sources: Sources, out: Path | None) -> Cohort:
    """What a night would understand; the output folder's `assign.csv` counts, newer tables more.

    Raises:
        ConfigError: The columns file is wrong.
        RosterError: A roster or table cannot be read or does not tell students apart.
        SourceError: A folder or archive cannot be used.
    """
    kept = [] if out is None else [out / ASSIGNED]
    return gather(
        sources.roster,
        sources.photos,
        sources.references,
        sources.columns,
        reshoot=sources.reshoot,
        assigned=[*(path for path in kept if path.is_file()), *sources.assign],
        opt_out=sources.opt_out,
        settled_before=sources.settled_before,
    )


def keep_assigned(out: Path, rows: Sequence[tuple[str, str, str]]) -> None:
    """Write `assign.csv`: what people have given to whom, with the sha256 it holds for.

    Rows whose file is not there this night stay: the file may come back.

    Args:
        out: The run's folder; made where it is not there.
        rows: File, student, sha256.

    Raises:
        StoreError: The file cannot be written.
    """
    path = out / ASSIGNED
    known = {row[1]: row for row in assigned_rows(path)}
    merged = known | {row[1]: row for row in rows}
    if merged == known:
        return
    try:
        make_folder(out)
        aside = path.with_name(f".{path.name}.tmp")
        make_file(aside)
        with aside.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(merged.values())
        aside.replace(path)
    except OSError as error:
        raise StoreError("list_unwritable", path=path, why=cause(error)) from error


def assigned_rows(path: Path) -> list[tuple[str, str, str]]:
    """The rows of a folder's own `assign.csv`: file, student, sha256; none where there is none."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error):
        return []
    return [
        (row["file"], row["student"], row.get("sha256") or "")
        for row in rows
        if row.get("file") and row.get("student")
    ]
