"""Giving a file to a student: what is set aside, or is nobody's, becomes the photo next night.

What is given stands in `assign.csv` beside the run, where nights read it and honour it as long as
the bytes are the same (`pipeline.source.assigned`). The ledger says who gave it, and takes it back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.core.delivery import Delivered, Fate
from pipeline.core.measurements import ALIKE, LIKELY_OWNER
from pipeline.core.reasons import STRAY
from pipeline.core.types import PHOTO, SET_ASIDE, Case
from pipeline.desk.cases.desk import Desk
from pipeline.desk.cases.verdicts import Answer
from pipeline.night.intake import assign
from pipeline.store.items import Item, Wanted

MOST_FOUND = 8


class NotOfferedError(Exception):
    """The file is not, or no longer, one that can be given to this student."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A file that can become the student's photo.

    Attributes:
        file: As it was delivered.
        case: Of whom its picture is kept, with the slot; "" and "" where it has none.
        stray: The file's own case, where it is nobody's.
    """

    file: Delivered
    case: Item | None
    slot: str
    stray: Item | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A student to whom a file can be given.

    Attributes:
        why: `alike`, `fits` (its name, and others too), `near` (its name) or `found` (searched).
        score: What face and reference score, with the reference's kind; None where not compared.
    """

    item: Item
    why: str
    has_photo: bool
    score: tuple[str, float] | None = None


def offers(desk: Desk, item: Item) -> list[Offer]:
    """Files that were set aside for this student, and those of nobody's whose names come near."""
    if item.answers_key.startswith(STRAY):
        return []
    aside = [
        file
        for file in desk.store.deliveries.of(item.student_key)
        if file.kind == PHOTO and file.fate is Fate.SET_ASIDE and file.why != "same_bytes"
    ]
    found = [
        Offer(file, item, SET_ASIDE if place == 1 else f"{SET_ASIDE}#{place}")
        for place, file in enumerate(aside, 1)
    ]
    # A file of nobody's may be another college's: who sees some colleges only is not offered it.
    for file in () if desk.scoped else desk.store.deliveries.near(item.student_key):
        stray = desk.of_photo(f"{STRAY}{file.sha256[:16]}", file.sha256)
        found.append(Offer(file, stray, PHOTO, stray))
    return found


def candidates(desk: Desk, item: Item, case: Case, asked: str) -> list[Candidate]:
    """To whom a photo of nobody's may be given: by its face, by its name, and whom one asks for."""
    found: dict[str, Candidate] = {}
    for student_key, score, why in (*_alike(case), *_near(desk, item)):
        student = desk.student(student_key)
        if student is not None and student.id not in found:
            found[student.id] = _candidate(student, why, score)
    if asked:
        for student in desk.ledger.items.page(Wanted(search=asked), MOST_FOUND, 1):
            if not student.answers_key.startswith(STRAY):
                known = found.pop(student.id, None)
                score = known.score if known else None
                found = {student.id: _candidate(student, "found", score)} | found
    return list(found.values())


def give(
    desk: Desk, who: str, student: Item, file: Delivered, stray: Item | None, shown: Item
) -> None:
    """Give a file to a student.

    Args:
        desk: Of the cases.
        who: Gives it.
        student: Gets it.
        file: As it was delivered.
        stray: The file's own case, where it is nobody's.
        shown: Which of the two cases is on the desk; the other is told of first.

    Raises:
        StoreError: `assign.csv` cannot be written; nothing is on record then.
    """
    row = (file.path, student.student_key, file.sha256)
    stamp, name = desk.store.stamp(), desk.mask(file.name)
    with desk.ledger.transaction():
        before = assign(desk.store.path.parent, student.student_key, row)
        content = {"file": name, "row": row, "before": before, "run": stamp}
        number = 0
        others = [one for one in (student, stray) if one is not None and one.id != shown.id]
        for one in (*others, shown):
            more = {"beside": number} if number else {}
            number = desk.ledger.answers.add(
                who, one.answers_key, one.photo_sha256, "assigned", {**content, **more}
            )
            desk.update(one)


def returned(desk: Desk, who: str, item: Item, answer: Answer) -> None:
    """Take an assignment back from `assign.csv`, and from the other case; in a transaction."""
    rows = desk.ledger.answers.of(item.answers_key, item.photo_sha256)
    content = next(row.content for row in rows if row.id == answer.id)
    _, student_key, _ = content["row"]
    before = tuple(content["before"]) if content["before"] else None
    assign(desk.store.path.parent, student_key, before)
    if answer.beside:
        other = desk.ledger.answers.place(answer.beside)
        with desk.ledger.items.whole():
            case = desk.of_photo(*other) if other else None
        if case is not None:
            desk.ledger.answers.add(
                who, case.answers_key, case.photo_sha256, "undo", {"undoes": answer.beside}
            )
            desk.update(case)


def offered(desk: Desk, item: Item, sha256: str) -> Offer:
    """The offer of these bytes. Raises NotOfferedError where there is none."""
    for offer in offers(desk, item):
        if offer.file.sha256 == sha256:
            return offer
    raise NotOfferedError


def stray_file(desk: Desk, item: Item) -> Delivered:
    """The file of a case that is nobody's. Raises NotOfferedError for another case."""
    files = unclaimed(desk, item)
    if not files or not item.answers_key.startswith(STRAY):
        raise NotOfferedError
    return files[0]


def unclaimed(desk: Desk, item: Item) -> list[Delivered]:
    """The files of nobody's with a case's bytes, the one that the case is called by first."""
    files = desk.store.deliveries.unclaimed(item.photo_sha256)
    return sorted(files, key=lambda file: desk.mask(file.name.rpartition("/")[2]) != item.name)


def _alike(case: Case) -> Iterator[tuple[str, tuple[str, float] | None, str]]:
    known = case.measurements.get(ALIKE)
    if known is not None and isinstance(known.value, str):
        for student_key, kind, score in json.loads(known.value):
            yield student_key, (kind, score), "alike"
    owner = case.measurements.get(LIKELY_OWNER)
    if owner is not None and isinstance(owner.value, str):
        yield owner.value, None, "alike"


def _near(desk: Desk, item: Item) -> Iterator[tuple[str, None, str]]:
    for file in unclaimed(desk, item):
        for student_key in file.near:
            yield student_key, None, "fits" if file.why == "fits_several" else "near"


def _candidate(student: Item, why: str, score: tuple[str, float] | None) -> Candidate:
    return Candidate(student, why, bool(student.photo_sha256), score)
