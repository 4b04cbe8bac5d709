"""What is laid beside a case: scores in words, other students' pictures, the photo of before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.core.eyes import eyes_of
from pipeline.core.reasons import kind_name
from pipeline.core.scale import Band, band, points
from pipeline.core.types import OVERLAY, PHOTO, SET_ASIDE, Assessment, Case, Severity
from pipeline.core.words import Language, words
from pipeline.desk.cases.desk import Desk
from pipeline.desk.cases.verdicts import Facts, Outcome, settle
from pipeline.report.score import lines_of
from pipeline.store.items import Item
from pipeline.store.large_pictures import FORMER

MOST_NAMED = 2  # students whose pictures are laid beside; more would be too small to see


@dataclass(frozen=True, slots=True)
class Score:
    """How alike photo and one reference are.

    Attributes:
        points: 0 to 100, the thresholds at 40 and 60; None where they were not compared.
        raw: The numbers behind it, for who asks.
        used: It decided.
    """

    name: str
    points: int | None
    band: Band | None
    raw: str = ""
    error: str = ""
    used: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of another student's case."""

    case: Item
    number: int
    slot: str
    caption: str
    eyes: str


@dataclass(frozen=True, slots=True)
class Changed:
    """What a new photo has changed, by reason codes, and the scores before and now.

    Attributes:
        concluded: What people had concluded of the photo of before.
    """

    gone: tuple[str, ...]
    still: tuple[str, ...]
    new: tuple[str, ...]
    before: int | None
    now: int | None
    concluded: Outcome


def slots(case: Case, former: bool, hidden: bool) -> list[str]:
    """The slots of a case's pictures in the order of their numbers: photo, references, others.

    Args:
        case: Whose.
        former: There was a photo before this one.
        hidden: Leave the overlay out, which says what the machine found; else it comes last.
    """
    shown = [slot for slot in case.pictures if not (hidden and slot == OVERLAY)]
    order = {PHOTO: 0, SET_ASIDE: 2, FORMER: 3, OVERLAY: 4}
    both = [*shown, *((FORMER,) if former else ())]
    return sorted(both, key=lambda slot: order.get(slot.split("#")[0], 1))


def caption(slot: str, lang: Language) -> str:
    """What a picture is, in words; `idcard#2` is the second of its kind."""
    kind, _, number = slot.partition("#")
    if kind in (PHOTO, FORMER):
        return words("desk", lang)[kind]
    return " ".join(filter(None, (kind_name(kind, lang), number)))


def scores(desk: Desk, case: Case, lang: Language) -> list[Score]:
    """Every comparison of a case on the scale for people."""
    told = words("value", lang)
    found = []
    for one in case.comparisons:
        name, used = kind_name(one.kind, lang), one.kind == case.assessment.reference
        if one.kind == SET_ASIDE:
            continue
        if one.judged is None:
            found.append(Score(name, None, None, "", told.get(one.error, one.error)))
            continue
        low, high = lines_of(desk.run.thresholds, one.kind)
        place = points(one.judged, low, high), band(one.judged, low, high)
        raw = f"{one.judged:.3f} (cos {one.score:.3f}; {low:.3f}, {high:.3f})"
        found.append(Score(name, *place, raw, used=used))
    return found


def score_of(desk: Desk, kind: str, score: float) -> int:
    """A score's place on the scale."""
    return points(score, *lines_of(desk.run.thresholds, kind))


def pictures_of(desk: Desk, others: Iterable[Item], lang: Language) -> list[Picture]:
    """Photo and first reference of other students, so that people see who is meant."""
    return [one for other in list(others)[:MOST_NAMED] for one in _of(desk, other, lang)]


def _of(desk: Desk, other: Item, lang: Language) -> Iterator[Picture]:
    case = desk.store.case(other.student_key)
    if case is None:
        return
    known = slots(case, False, True)
    eyes = eyes_of(case.measurements)
    wanted = [slot for slot in known if slot.split("#")[0] not in (SET_ASIDE, OVERLAY)][:2]
    for slot in wanted:
        whose = words("desk", lang)["of_other"].format(name=other.name, what=caption(slot, lang))
        yield Picture(other, known.index(slot), slot, whose, eyes.get(slot, ""))


def changed(desk: Desk, item: Item, case: Case) -> Changed | None:
    """What the photo of now has changed against the one of before; None where there was none."""
    former = desk.store.large.former(item.student_key)
    if former is None:
        return None
    before, now = _codes(former.assessment), _codes(case.assessment)
    said = desk.said(item.answers_key, former.sha256)
    return Changed(
        tuple(code for code in before if code not in now),
        tuple(code for code in before if code in now),
        tuple(code for code in now if code not in before),
        _points(desk, former.assessment),
        _points(desk, case.assessment),
        settle(Facts(asked=True), said, desk.policy.two_reviewers),
    )


def _codes(found: Assessment) -> list[str]:
    return list(dict.fromkeys(f.code for f in found.findings if f.severity > Severity.ADVICE))


def _points(desk: Desk, found: Assessment) -> int | None:
    score = found.score if found.adjusted is None else found.adjusted
    return None if score is None else score_of(desk, found.reference, score)
