"""Roster, photos and references put together: one job a student."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pipeline.core.measurements import (
    ID_NUMBER_FAULT,
    PHOTO_CLASH,
    PHOTO_FILES,
    REFERENCE_FILES,
    ROSTER_CLASH,
)
from pipeline.core.types import Cohort, Job, Measurement, Reference, Subject
from pipeline.source import id_number
from pipeline.source.columns import load_columns
from pipeline.source.files import collect
from pipeline.source.match import Index, Matches, match_files
from pipeline.source.roster import Roster, read_roster
from pipeline.source.text import counted, listed


def gather(
    roster: Path | Sequence[Path],
    photos: Sequence[Path],
    references: Mapping[str, Sequence[Path]],
    columns: Path | None = None,
) -> Cohort:
    """Read a roster and find every student's photo and reference portraits by file name.

    Args:
        roster: .xlsx, .xls, .ods, .csv or .dbf file, or several that are one roster.
        photos: Folders and zip archives with the photos to check.
        references: Per kind (`idcard`, `admission`, ...), best first, folders and zip archives.
        columns: TOML file with roster headers of one's own, laid over `data/columns.toml`.

    Returns:
        One job a roster row, in the roster's order. Facts of each job: `source.photo_files` and
        `source.reference_files` (counts); where it applies `source.photo_clash`
        (`number_name_mismatch`, `several_files`, `same_name`) and `source.id_number_fault` (a
        word of `id_number.fault`).

    Raises:
        ConfigError: If the columns file is wrong.
        RosterError: If a roster cannot be read or does not tell students apart.
        SourceError: If a folder or archive cannot be used.
    """
    table = read_roster(roster, load_columns(columns))
    index = Index(table.subjects)
    intake = collect(photos)
    remarks = [*table.remarks, *intake.remarks]
    found = match_files(index, intake.files)
    by_kind: dict[str, Matches] = {}
    for kind, sources in references.items():
        batch = collect(sources)
        by_kind[kind] = match_files(index, batch.files)
        remarks += [*batch.remarks, *_reference_remarks(kind, by_kind[kind])]
    jobs = tuple(_job(subject, table, found, by_kind) for subject in table.subjects)
    return Cohort(jobs, tuple(found.unclaimed), tuple(remarks))


def _job(subject: Subject, table: Roster, found: Matches, by_kind: Mapping[str, Matches]) -> Job:
    photos = found.owned.get(subject.student_key, [])
    references = tuple(
        Reference(kind, file)
        for kind, matches in by_kind.items()
        for _, file in matches.owned.get(subject.student_key, [])
    )
    facts = [
        Measurement(PHOTO_FILES, float(len(photos)), "files"),
        Measurement(REFERENCE_FILES, float(len(references)), "files"),
    ]
    words = {
        PHOTO_CLASH: _clash(subject, found),
        ID_NUMBER_FAULT: _id_fault(subject, table),
        ROSTER_CLASH: table.conflicts.get(subject.student_key, ""),
    }
    facts += [Measurement(name, word) for name, word in words.items() if word]
    return Job(subject, photos[0][1] if photos else None, references, tuple(facts))


def _clash(subject: Subject, found: Matches) -> str:
    """Why the photo may be another's, "" when file and student belong together."""
    photos = found.owned.get(subject.student_key, [])
    if any(claim.mismatch for claim, _ in photos):
        return "number_name_mismatch"
    if len(photos) > 1:
        return "several_files"
    return "same_name" if not photos and subject.student_key in found.namesakes else ""


def _id_fault(subject: Subject, table: Roster) -> str:
    if subject.student_key in table.damaged:
        return "excel_damaged"
    return id_number.fault(subject.id_number, subject.sex, subject.birth_date)


def _reference_remarks(kind: str, matches: Matches) -> Iterable[str]:
    strangers = [file.name for file in matches.unclaimed]
    if strangers:
        yield f"{counted(len(strangers), f'{kind} file')} without a student: {listed(strangers)}."
    mixed = [f.name for owned in matches.owned.values() for claim, f in owned if claim.mismatch]
    if mixed:
        yield (
            f"{counted(len(mixed), f'{kind} file')} with one student's number and another name, "
            f"used for the number: {listed(mixed)}."
        )
