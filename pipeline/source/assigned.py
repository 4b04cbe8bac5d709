"""Files that people have given to students: `assign.csv`, at the desk or by hand.

A row counts as long as the bytes are those it was made for; a row without a sha256 counts as it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.core.errors import RosterError
from pipeline.core.imagefile import READ_ERRORS
from pipeline.core.said import counted, said
from pipeline.core.types import Subject
from pipeline.core.words import languages, words
from pipeline.source.files import Intake
from pipeline.source.found import Found
from pipeline.source.tables import cell_text, read_sheets
from pipeline.source.text import folded, listed, squashed

COLUMNS = ("file", "student", "sha256")
# What people call them; besides, the words of `[assigned]` in every language.
_HEADERS = {
    "file": ("file", "path", "照片", "照片文件", "文件名"),
    "student": ("student", "student_key", "subject_id", "学生", "考生号"),
    "sha256": ("sha256",),
}
_LIMIT = 1 << 31


@dataclass(frozen=True, slots=True)
class Assigned:
    """What people have given to whom.

    Attributes:
        owners: Student key by the file's place among those found (`Found.path`).
        files: The file by student key; of several rows the last counts.
        remarks: Rows that count no more, or never did.
        rows: What the rows that count say: file, student, sha256.
    """

    owners: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Found] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    rows: tuple[tuple[str, str, str], ...] = ()

    def of(self, student_key: str) -> Found | None:
        """What people have given a student."""
        return self.files.get(student_key)


def assignments(tables: Sequence[Path], subjects: Iterable[Subject], intake: Intake) -> Assigned:
    """Read tables of assignments; a later row overrules an earlier one about the same student.

    Args:
        tables: Tables with the columns file, student and, if it is known, sha256.
        subjects: All students.
        intake: What was found; rows about other files are remarks.

    Raises:
        RosterError: If a table cannot be read, lacks a column, or names a student who is none.
    """
    rows = [row for table in tables for row in rows_of(table)]
    if not rows:
        return Assigned()
    keys = Keys(subjects)
    by_name: dict[str, list[Found]] = defaultdict(list)
    for found in intake.found:
        if found.picture:
            for name in (found.path, found.name, found.name.rpartition("/")[-1]):
                if found not in by_name[folded(name)]:
                    by_name[folded(name)].append(found)
    files: dict[str, Found] = {}
    kept: dict[str, tuple[str, str, str]] = {}
    lost: list[str] = []
    for where, file, student, sha256 in rows:
        key = keys.of(student, where)
        meant, digest = _meant(by_name.get(folded(file), []), sha256, where)
        if meant is None:
            lost.append(file)
            continue
        files[key] = meant
        kept[key] = (meant.path, key, digest)
    owners = {found.path: key for key, found in files.items()}
    remark = said(
        "note.assigned_lost", files=counted(len(lost), "assigned file"), names=listed(lost)
    )
    return Assigned(owners, files, (remark,) if lost else (), tuple(kept.values()))


def rows_of(table: Path) -> Iterator[tuple[str, str, str, str]]:
    """Where a row stands, its file, student and sha256; by headers of any language.

    Raises:
        RosterError: The table cannot be read or lacks a column.
    """
    with closing(read_sheets(table)) as sheets:
        sheet = next(sheets, None)
    header = [squashed(cell_text(cell)) for cell in sheet.rows[0]] if sheet and sheet.rows else []
    places = {
        name: next((header.index(t) for t in map(squashed, _titles(name)) if t in header), -1)
        for name in _HEADERS
    }
    if sheet is None or places["file"] < 0 or places["student"] < 0:
        raise RosterError("assign_no_columns", table=table, header=listed(header) or "none")
    for number, cells in enumerate(sheet.rows[1:], 2):
        texts = {n: cell_text(cells[i]) if 0 <= i < len(cells) else "" for n, i in places.items()}
        if texts["file"] and texts["student"]:
            where = f"{table}, row {number}"
            yield where, texts["file"], texts["student"], texts["sha256"].lower()


def _titles(name: str) -> Iterator[str]:
    yield from (words("assigned", lang)[name] for lang in languages())
    yield from _HEADERS[name]


class Keys:
    """Students by what a table of people may call them."""

    def __init__(self, subjects: Iterable[Subject]) -> None:
        self._keys: dict[str, set[str]] = defaultdict(set)
        for s in subjects:
            for name in (s.student_key, s.student_no, s.candidate_no, s.id_number, s.name):
                if name:
                    self._keys[squashed(name)].add(s.student_key)

    def of(self, student: str, where: str) -> str:
        """The student's key. Raises RosterError where there is none, or more than one."""
        keys = self._keys.get(squashed(student), set())
        if len(keys) != 1:
            how = "nobody in the roster is" if not keys else f"{len(keys)} students are"
            raise RosterError("assign_no_student", where=where, how=how)
        return next(iter(keys))


def _meant(candidates: Sequence[Found], sha256: str, where: str) -> tuple[Found | None, str]:
    """The file a row is about and its sha256; None where none has the bytes.

    Raises:
        RosterError: If several files are called so, and no sha256 tells which.
    """
    known = [(found, _sha256(found)) for found in candidates]
    right = [(found, digest) for found, digest in known if not sha256 or digest == sha256]
    if len({digest for _, digest in right}) > 1:
        paths = listed([found.path for found, _ in right])
        raise RosterError("assign_several_files", where=where, paths=paths)
    return right[0] if right else (None, "")


def _sha256(found: Found) -> str:
    try:
        return found.picture.sha256(_LIMIT) if found.picture else ""
    except READ_ERRORS:
        return ""
