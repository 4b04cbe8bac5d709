"""Roster, photos and references put together: one job a student, and the fate of every file."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from pipeline.core import measurements as names
from pipeline.core.delivery import Delivered, Fate
from pipeline.core.said import counted, recognised, said
from pipeline.core.types import PHOTO, SET_ASIDE, Cohort, Job, Measurement, Reference, Subject
from pipeline.source import id_number
from pipeline.source.assigned import assignments
from pipeline.source.choice import Choice, choose, same_bytes
from pipeline.source.columns import load_columns
from pipeline.source.files import collect
from pipeline.source.found import JUNK, NOT_PICTURES, Found
from pipeline.source.kinds import by_kind
from pipeline.source.match import Claim, Index, Matches, match_files
from pipeline.source.numbers import Key
from pipeline.source.pdf_pages import FIRST_PAGES, MAX_PAGES, PAGES_OF_MANY, PDF, pages
from pipeline.source.refusals import refusing
from pipeline.source.roster import Roster, read_roster
from pipeline.source.text import listed

MOST_NAMED = 200  # of files that somebody has to hand in again each is named, up to so many
MAX_ASIDE = 3  # of one student's set-aside files so many are looked at


def gather(
    roster: Path | Sequence[Path],
    photos: Sequence[Path],
    references: Mapping[str, Sequence[Path]],
    columns: Path | None = None,
    *,
    reshoot: Sequence[Path] = (),
    assigned: Sequence[Path] = (),
    opt_out: Sequence[Path] = (),
    settled_before: float = math.inf,
    whole: Sequence[Path] = (),
    keep_files: Callable[[Iterator[Delivered]], Sequence[Delivered]] = tuple,
    keep_jobs: Callable[[Iterator[Job]], Sequence[Job]] = tuple,
) -> Cohort:
    """Read a roster and find every student's photo and reference portraits by file name.

    Args:
        roster: .xlsx, .xls, .ods, .csv or .dbf file, or several that are one roster.
        photos: Folders and zip archives with the photos to check; of two files of one student the
            one from the later source counts.
        references: Per kind (`idcard`, `admission`, ...), best first, folders and zip archives;
            kind "" where folders and names say which kind it is.
        columns: TOML file with roster headers of one's own, laid over `data/columns.toml`.
        reshoot: Sources of photos that count before all others.
        assigned: Tables of files that people have given to students.
        opt_out: Lists of students who refuse that a machine compares faces.
        settled_before: As for `collect`.
        whole: As well; a photo from one of these takes an earlier source's place without a doubt.
        keep_files: Makes the cohort's delivered files of these; it reads them to their end.
        keep_jobs: Makes its jobs of these, afterwards.

    Returns:
        One job a roster row, in the roster's order. Facts of each job: `source.photo_files` and
        `source.reference_files` (counts), and what was noticed (`pipeline.core.measurements`).

    Raises:
        ConfigError: If the columns file is wrong.
        RosterError: If a roster or a table of assignments cannot be read, or does not tell
            students apart.
        SourceError: If a folder or archive cannot be used.
    """
    table = read_roster(roster, load_columns(columns))
    refused = refusing(opt_out, table.subjects)
    index = Index(table.subjects)
    intake = collect([*photos, *reshoot], settled_before, whole)
    given = assignments(assigned, table.subjects, intake)
    matches = match_files(index, (f for f in intake.found if f.picture), given.owners)
    choices = {key: choose(owned, given.of(key)) for key, owned in matches.owned.items()}
    batches = {
        kind: (found, match_files(index, (f for f in found if f.picture)))
        for kind, found in by_kind(references, settled_before, whole)
    }
    remarks = [*table.remarks, *intake.remarks, *given.remarks]
    for kind, (found, own) in batches.items():
        remarks += _reference_remarks(kind, own, found)
    shown: dict[str, list[Reference]] = defaultdict(list)
    photos_told = (_left_out(PHOTO, intake.found), _photos(choices), _unclaimed(PHOTO, matches))
    delivered = keep_files(chain(*photos_told, _references_told(batches, shown)))
    jobs = keep_jobs(
        _job(subject, table, matches, choices.get(subject.student_key), shown, refused, whole)
        for subject in table.subjects
    )
    strays = tuple(_stray(claim, found) for claim, found in matches.unclaimed)
    return Cohort(
        *(jobs, strays, tuple(remarks), delivered, table.sheets, given.rows), tuple(batches)
    )


def _references_told(
    batches: Mapping[str, tuple[Sequence[Found], Matches]], shown: dict[str, list[Reference]]
) -> Iterator[Delivered]:
    """Every file of the references; those that are used are entered into `shown`, by student."""
    for kind, (found, own) in batches.items():
        yield from _left_out(kind, found)
        yield from _unclaimed(kind, own)
        for key, owned in own.owned.items():
            for one in _references(kind, key, owned):
                if one.fate is Fate.USED and one.file:
                    shown[key] += (Reference(kind, page) for page in pages(one.file, one.pages))
                yield one


def _job(
    subject: Subject,
    table: Roster,
    matches: Matches,
    choice: Choice | None,
    shown: Mapping[str, Sequence[Reference]],
    refused: Collection[str],
    whole: Sequence[Path],
) -> Job:
    references = tuple(shown.get(subject.student_key, ()))
    files = len(matches.owned.get(subject.student_key, ()))
    facts = [
        Measurement(names.PHOTO_FILES, float(files), "files"),
        Measurement(names.REFERENCE_FILES, float(len(references)), "files"),
    ]
    words = {
        names.PHOTO_CLASH: _clash(choice, set(map(str, whole))),
        names.FITS_SEVERAL: _fitting(subject.student_key, matches) if choice is None else "",
        names.NEARLY_MATCHED: _near(subject.student_key, matches) if choice is None else "",
        names.WEAK_MATCH: choice.used[0].weak if choice else "",
        names.ID_NUMBER_FAULT: _id_fault(subject, table),
        names.REFUSED: "yes" if subject.student_key in refused else "",
        names.ROSTER_CLASH: table.conflicts.get(subject.student_key, ""),
    }
    others = (
        [found.picture for (_, found), why in choice.aside if why != "same_bytes"] if choice else []
    )
    shown_aside = [file for file in others if file][:MAX_ASIDE]
    words[names.SET_ASIDE_FILES] = "/".join(file.name for file in shown_aside)
    facts += [Measurement(name, word) for name, word in words.items() if word]
    aside = tuple(Reference(SET_ASIDE, file) for file in shown_aside)
    photo = choice.used[1].picture if choice else None
    return Job(subject, photo, (*references, *aside), tuple(facts))


def _clash(choice: Choice | None, whole: Collection[str]) -> str:
    """Why the photo may be another's, "" when file and student belong together.

    What came whole was seen and accepted by somebody, as a photo in the place of earlier ones: that
    is no doubt by itself. The earlier ones are looked at all the same.
    """
    if choice is None:
        return ""
    claims = [choice.used[0], *(claim for (claim, _), _ in choice.aside)]
    if any(claim.mismatch for claim in claims):
        return "number_name_mismatch"
    replaced = all(why in ("from_an_earlier_source", "same_bytes") for _, why in choice.aside)
    if replaced and choice.used[1].source in whole:
        return ""
    return f"several_files_{choice.why}" if choice.in_doubt else ""


def _fitting(key: str, matches: Matches) -> str:
    """Files that fit this student and others, and whom."""
    told = (
        f"{found.name.rpartition('/')[-1]} → {', '.join(claim.owners)}"
        for claim, found in matches.unclaimed
        if claim and key in claim.owners
    )
    return "; ".join(told) if key in matches.fits else ""


def _near(key: str, matches: Matches) -> str:
    """Files whose names come near this student."""
    if key not in matches.near:
        return ""
    return "; ".join(found.name.rpartition("/")[-1] for found in matches.near[key])


def _stray(claim: Claim | None, found: Found) -> Job:
    """A photo that is nobody's or nobody's in particular, to be looked at by itself."""
    name = found.name.rpartition("/")[-1]
    if claim and claim.owners:
        fact = Measurement(names.FITS_SEVERAL, f"{name} → {', '.join(claim.owners)}")
    elif claim and claim.near:
        fact = Measurement(names.NEARLY_MATCHED, f"{name} → {', '.join(claim.near)}")
    else:
        fact = Measurement(names.EXTRA_PHOTO, "yes")
    return Job(Subject("", 0), found.picture, facts=(fact,))


def _id_fault(subject: Subject, table: Roster) -> str:
    if subject.student_key in table.damaged:
        return "excel_damaged"
    return id_number.fault(subject.id_number, subject.sex, subject.birth_date)


def _left_out(kind: str, found: Iterable[Found]) -> Iterator[Delivered]:
    """Files that are no pictures, or cannot be read."""
    for file in found:
        if file.picture is None:
            plain = file.reason in (NOT_PICTURES, JUNK)
            fate = Fate.NOT_A_PICTURE if plain else Fate.UNREADABLE
            yield Delivered(file.path, file.name, kind, fate, why=file.reason, file=file.content)


def _photos(choices: Mapping[str, Choice]) -> Iterator[Delivered]:
    for key, choice in choices.items():
        yield _delivered(PHOTO, Fate.USED, key, choice.used, choice.why)
        for owned, why in choice.aside:
            yield _delivered(PHOTO, Fate.SET_ASIDE, key, owned, why)


def _references(kind: str, key: str, owned: Sequence[tuple[Claim, Found]]) -> Iterator[Delivered]:
    """A student's references of one kind: plainest first, the same bytes once."""
    used: list[Found] = []
    for one in sorted(owned, key=lambda one: (one[0].mismatch, one[0].key, one[0].copy)):
        if any(same_bytes(one[1], other) for other in used):
            yield _delivered(kind, Fate.SET_ASIDE, key, one, "same_bytes")
        else:
            used.append(one[1])
            why = FIRST_PAGES if one[1].pages > MAX_PAGES else ""
            yield _delivered(kind, Fate.USED, key, one, why)


def _delivered(kind: str, fate: Fate, key: str, owned: tuple[Claim, Found], why: str) -> Delivered:
    claim, found = owned
    return Delivered(
        path=found.path,
        name=found.name,
        kind=kind,
        fate=fate,
        student_key=key,
        matched_by="assigned" if claim.key is Key.ASSIGNED else claim.matched_by,
        why=why,
        weak="number_name_mismatch" if claim.mismatch else claim.weak,
        file=found.picture,
        pages=found.pages,
    )


def _unclaimed(kind: str, matches: Matches) -> Iterator[Delivered]:
    for claim, found in matches.unclaimed:
        near = (claim.owners or claim.near) if claim else ()
        why = PAGES_OF_MANY if found.pages > 1 else "matches_nobody"
        if claim and claim.owners:
            why = "fits_several"
        elif claim and claim.near:
            why = claim.weak
        yield Delivered(
            found.path, found.name, kind, Fate.UNMATCHED, why=why, near=near, file=found.picture
        )


def _reference_remarks(kind: str, matches: Matches, found: Iterable[Found]) -> Iterable[str]:
    bad: dict[str, list[str]] = defaultdict(list)
    for file in found:
        if file.reason.startswith(PDF):
            bad[file.reason].append(file.name)
    for reason, told in bad.items():
        yield said(
            "note.scans_unreadable",
            files=counted(len(told), "file"),
            kind=_kind(kind),
            why=said(f"value.{reason}"),
            names=listed(told, MOST_NAMED),
        )
    strangers = [found.name for _, found in matches.unclaimed]
    if strangers:
        yield said(
            "note.references_unclaimed",
            files=counted(len(strangers), "file"),
            kind=_kind(kind),
            names=listed(strangers),
        )
    mixed = [f.name for owned in matches.owned.values() for claim, f in owned if claim.mismatch]
    if mixed:
        yield said(
            "note.references_mixed",
            files=counted(len(mixed), "file"),
            kind=_kind(kind),
            names=listed(mixed),
        )


def _kind(kind: str) -> str:
    """A kind of reference in words; a school's own kind as it is."""
    return recognised(kind, "kind_code")
