"""What one person may see of a case: the machine's answer only after their own, where it is blind.

Everything that pages and answers show of a case comes from here, so that this is the one place
where the machine's answer could slip out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.core.eyes import eyes_of
from pipeline.core.reasons import value_name
from pipeline.core.types import Case
from pipeline.core.words import Language, word
from pipeline.desk.cases import giving
from pipeline.desk.cases.answers import first_answer_given
from pipeline.desk.cases.beside import (
    Changed,
    Picture,
    Score,
    caption,
    changed,
    pictures_of,
    score_of,
    scores,
    slots,
)
from pipeline.desk.cases.desk import Desk
from pipeline.desk.cases.giving import Candidate
from pipeline.desk.cases.kinds import Choice, Kind, choices, comparable, kind_of
from pipeline.desk.cases.scope import veiled
from pipeline.desk.cases.verdicts import Answer, Outcome, assignment, standing
from pipeline.report.score import on_scale
from pipeline.report.view import card, masked_case, masked_file, reason_of_fate
from pipeline.store.items import Item

_FOLDERS = 3  # so many of those that lead to a file say where it was
# What a card says of the student; the rest is the machine's.
_STUDENT = ("id", "also", "name", "number", "college", "major", "class", "photo", "files")


@dataclass(frozen=True, slots=True)
class OtherFile:
    """A file that can become the student's photo.

    Attributes:
        case: The case that has its picture, "" where it has none.
        number: Of that picture.
        why: What became of the file, and why.
        slot: Of the picture.
    """

    name: str
    why: str
    sha256: str
    case: str = ""
    number: int = 0
    slot: str = ""


@dataclass(frozen=True, slots=True)
class ShownCase:
    """One case as one person sees it.

    Attributes:
        pictures: Number in the address, slot, and words under each picture.
        eyes: Where the eyes lie in a picture, by slot (`pipeline.core.eyes`), where known.
        student: Entries of the report's card that say who it is.
        machine: The card's other entries; empty as long as they are hidden.
        mine: The viewer's own standing answer.
        others: Standing answers of others; none before the viewer's own first answer.
        named: Students and files that the machine's reasons name, each with what it is called.
        beside: Pictures of those students, or of those whose the photo may be.
        scores: How alike photo and references are; none as long as they are hidden.
        changed: What this photo has changed against the one of before; None while hidden.
        kind: What is asked.
        choices: The answers offered.
        offers: Other files that can become the photo.
        candidates: Students whose the photo may be, where it is nobody's, each with its points.
        given: The assignment that the next night will see to.
        place: Folder of a photo that is nobody's.
        twins: Name and folder of further files with the same bytes, which are nobody's either.
        able: There are pictures to lay over each other.
        outcome: State and whose answer is missing; the concluding answer only with `others`.
    """

    item: Item
    hidden: bool
    student: dict[str, Any]
    pictures: list[tuple[int, str, str]]
    eyes: dict[str, str]
    machine: dict[str, Any] = field(default_factory=dict)
    mine: Answer | None = None
    others: tuple[Answer, ...] = ()
    named: tuple[tuple[str, str], ...] = ()
    outcome: Outcome | None = None
    outside: tuple[Answer, ...] = ()
    beside: tuple[Picture, ...] = ()
    scores: tuple[Score, ...] = ()
    changed: Changed | None = None
    kind: Kind = Kind.STANDARD
    choices: tuple[Choice, ...] = ()
    offers: tuple[OtherFile, ...] = ()
    candidates: tuple[tuple[Candidate, int | None], ...] = ()
    given: Answer | None = None
    place: str = ""
    twins: tuple[tuple[str, str], ...] = ()
    able: bool = False


def hidden_from(desk: Desk, item: Item, who: str) -> bool:
    """Whether the machine's answer, and other people's, must not be shown to this person yet."""
    return item.blind and not first_answer_given(desk, item, who)


def show(desk: Desk, item: Item, who: str, lang: Language, asked: str = "") -> ShownCase:
    """What this person may see now.

    Args:
        desk: Of the case.
        item: The case.
        who: The person.
        lang: Of the words.
        asked: Part of a name or number, where somebody looks for a photo's student.

    Raises:
        StoreError: A run is at work on the case.
    """
    kept = desk.case(item)
    case = masked_case(kept, desk.mask)
    told = card(on_scale(case, desk.run.thresholds), lang)
    known = [replace(a, comment=desk.mask(a.comment)) for a in desk.answers(item)]
    hidden = hidden_from(desk, item, who)
    offers = tuple(_offers(desk, item, lang))
    aside = {offer.slot for offer in offers if offer.case == item.id}
    pictures = [
        (number, slot, caption(slot, lang))
        for number, slot in enumerate(slots_of(desk, item, case, hidden))
        if slot not in aside
    ]
    standing_now = standing(known)
    kind = kind_of(item)
    files = list(_places(desk, item)) if kind is Kind.STRAY else []
    named = () if hidden else tuple(_named(desk, case))
    candidates = giving.candidates(desk, item, kept, asked) if kind is Kind.STRAY else []
    theirs = (desk.student(number) for number in named)
    others = [one.item for one in candidates] or [one for one in theirs if one is not None]
    return ShownCase(
        item=item,
        hidden=hidden,
        student={key: told[key] for key in _STUDENT if key in told},
        pictures=pictures,
        eyes=eyes_of(case.measurements),
        machine={} if hidden else {k: v for k, v in told.items() if k not in _STUDENT},
        mine=next((a for a in standing_now if a.who == who), None),
        others=() if hidden else tuple(a for a in standing_now if a.who != who),
        named=tuple((number, value_name(number, lang)) for number in named),
        outcome=None if hidden else desk.settled(item, known),
        outside=() if hidden else tuple(a for a in known if a.kind in ("registry", "student")),
        beside=tuple(pictures_of(desk, others, lang)),
        scores=() if hidden else tuple(scores(desk, case, lang)),
        changed=None if hidden else changed(desk, item, case),
        kind=kind,
        choices=choices(kind, case),
        offers=offers,
        candidates=tuple((one, _points(desk, one)) for one in candidates),
        given=assignment(known, desk.store.stamp()),
        place=files[0][1] if files else "",
        twins=tuple(files[1:]),
        able=comparable(slot for _, slot, _ in pictures) or bool(others),
    )


def slots_of(desk: Desk, item: Item, case: Case, hidden: bool) -> list[str]:
    """The slots of a case's pictures in the order of their numbers."""
    return slots(case, desk.store.large.former(item.student_key) is not None, hidden)


def _offers(desk: Desk, item: Item, lang: Language) -> Iterator[OtherFile]:
    """Files to choose from, with their names masked."""
    for offer in giving.offers(desk, item):
        file = masked_file(offer.file, desk.mask)
        fate = word("fate", file.fate.value, lang), reason_of_fate(file, lang)
        why = word("style", "colon", lang).join(filter(None, fate))
        told = OtherFile(file.name, why, offer.file.sha256)
        case = desk.store.case(offer.case.student_key) if offer.case else None
        known = slots(case, False, True) if case else []
        if offer.case and offer.slot in known:
            told = replace(
                told, case=offer.case.id, number=known.index(offer.slot), slot=offer.slot
            )
        yield told


def _points(desk: Desk, one: Candidate) -> int | None:
    return score_of(desk, *one.score) if one.score else None


def _places(desk: Desk, item: Item) -> Iterator[tuple[str, str]]:
    """Name, and the last folders on the way, of each file with a case's bytes."""
    for file in giving.unclaimed(desk, item):
        *folders, name = file.path.replace("\\", "/").split("/")
        yield desk.mask(name), desk.mask("/".join(folders[-_FOLDERS:]))


def fitting_files(desk: Desk, item: Item) -> str:
    """Which file fits whom, where one fits several students or nearly one; "" for other cases."""
    codes = ("FITS_SEVERAL", "NEARLY_MATCHED")
    case = None if set(codes).isdisjoint(item.codes) else desk.store.case(item.student_key)
    case = veiled(desk, case) if case and desk.scoped else case
    found = case.assessment.findings if case else ()
    return "; ".join(desk.mask(str(f.value)) for f in found if f.code in codes)


def _named(desk: Desk, case: Case) -> Iterator[str]:
    """Students that findings name, each once, themselves left out."""
    found = case.assessment
    values = (f.value for f in found.findings if isinstance(f.value, str))
    for number in dict.fromkeys((found.looks_like, *values)):
        if number and number != case.subject.student_key and desk.student(number):
            yield number
