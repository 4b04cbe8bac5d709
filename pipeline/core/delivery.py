"""What was delivered and what became of it: every file once, and every sheet of the roster."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.core.imagefile import ImageFile


class Fate(enum.StrEnum):
    """What became of one file of a delivery."""

    USED = "used"
    SET_ASIDE = "set_aside"
    UNMATCHED = "unmatched"
    NOT_A_PICTURE = "not_a_picture"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Delivered:
    """One file of a delivery.

    Attributes:
        path: Where it lies: the folder or archive as given, and the path inside.
        name: The path inside.
        kind: "photo", or the kind of reference.
        student_key: Whose it is, or whose it would be (set aside); "" for nobody's.
        matched_by: What its name told the student by: "student_no", "name+class".
        why: Why it was chosen or not, a word of `data/words.toml`; "" where nothing is to be said.
        weak: Why somebody should look at the match; such a word too.
        near: Keys of those whom it fits or may mean.
        file: How to read it; None for what cannot be read.
        sha256: Of its content; a word instead where it was not read, "" where it was not tried.
        pages: Of a PDF whose pages are pictures; 0 of other files.
    """

    path: str
    name: str
    kind: str
    fate: Fate
    student_key: str = ""
    matched_by: str = ""
    why: str = ""
    weak: str = ""
    near: tuple[str, ...] = ()
    file: ImageFile | None = None
    sha256: str = ""
    pages: int = 0


@dataclass(frozen=True, slots=True)
class RosterSheet:
    """One sheet of a roster.

    Attributes:
        sheet: Its name; "" where the format has none.
        students: Rows that speak of a student.
        why: Why it was left out; "" if it was read.
        columns: Title of each field's column.
        unknown: Titles that mean no field.
    """

    file: str
    sheet: str
    students: int = 0
    why: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
