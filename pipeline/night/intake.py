"""The intake of a night: roster, files, what people have given to whom; no pixel is looked at."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from filelock import FileLock

from pipeline.core.aside import replacing
from pipeline.core.errors import RosterError, StoreError
from pipeline.core.private import make_folder, umask
from pipeline.core.said import cause
from pipeline.core.types import Cohort
from pipeline.night.folder import ASSIGNED, ASSIGNING
from pipeline.night.intake_apart import gathered_apart, is_large
from pipeline.source import gather
from pipeline.source.assigned import COLUMNS, rows_of

Assigned = tuple[str, str, str]  # file, student, sha256


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
        whole: Sources that came whole: in these nothing is still arriving.
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
    whole: Sequence[Path] = ()


def read_intake(sources: Sources, out: Path | None) -> Cohort:
    """What a night would understand; the output folder's `assign.csv` counts, newer tables more.

    Raises:
        ConfigError: The columns file is wrong.
        RosterError: A roster or table cannot be read or does not tell students apart.
        SourceError: A folder or archive cannot be used.
    """
    kept = [] if out is None else [out / ASSIGNED]
    asked = partial(
        gather,
        sources.roster,
        sources.photos,
        sources.references,
        sources.columns,
        reshoot=sources.reshoot,
        assigned=[*(path for path in kept if path.is_file()), *sources.assign],
        opt_out=sources.opt_out,
        settled_before=sources.settled_before,
        whole=sources.whole,
    )
    return gathered_apart(asked) if is_large(sources.roster) else asked()


def keep_assigned(out: Path, rows: Sequence[Assigned]) -> None:
    """Write `assign.csv`: what people have given to whom, with the sha256 it holds for.

    Rows whose file is not there this night stay: the file may come back.

    Args:
        out: The run's folder; made where it is not there.
        rows: File, student, sha256.

    Raises:
        StoreError: The file cannot be written.
    """
    new = {row[1]: row for row in rows}
    if new:
        _change(out, lambda known: known | new)


def assign(out: Path, student_key: str, row: Assigned | None) -> Assigned | None:
    """Give one student another file, or take what was given back; the row that held before.

    Args:
        out: The run's folder.
        student_key: Whose row.
        row: File, student, sha256; None for no row.

    Raises:
        StoreError: The file cannot be written.
    """
    before: list[Assigned] = []

    def changed(known: dict[str, Assigned]) -> dict[str, Assigned]:
        before.extend(filter(None, [known.get(student_key)]))
        others = {key: kept for key, kept in known.items() if key != student_key}
        return {**others, student_key: row} if row else others

    _change(out, changed)
    return before[0] if before else None


def _change(out: Path, change: Callable[[dict[str, Assigned]], dict[str, Assigned]]) -> None:
    """Write `assign.csv` anew as a change makes it; a night and the desk do so one by one."""
    path = out / ASSIGNED
    try:
        make_folder(out)
        with FileLock(out / ASSIGNING, mode=0o666 & ~umask()):
            known = {row[1]: row for row in assigned_rows(path)}
            merged = change(known)
            if merged == known:
                return
            with (
                replacing(path) as aside,
                aside.open(
                    "w", encoding="utf-8-sig", errors="backslashreplace", newline=""
                ) as file,
            ):
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(COLUMNS)
                writer.writerows(merged.values())
    except OSError as error:
        raise StoreError("list_unwritable", path=path, why=cause(error)) from error


def assigned_rows(path: Path) -> list[Assigned]:
    """The rows of a folder's own `assign.csv`: file, student, sha256; none where there is none."""
    try:
        found = rows_of(path) if path.is_file() else ()
        return [(file, student, sha256) for _, file, student, sha256 in found]
    except RosterError:
        return []
