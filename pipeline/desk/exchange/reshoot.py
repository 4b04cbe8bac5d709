"""A re-shoot day on paper: whom to call, what each college is told, what each student is given.

A college's papers name its own students, a student's slip nobody else. Telephones are on the
list for the office alone.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from pipeline.core.errors import ConfigError, StoreError
from pipeline.core.policy import Profile, load_profile
from pipeline.core.privacy import masked_sentence
from pipeline.core.types import Case
from pipeline.core.words import Language, word, words
from pipeline.desk.cases.desk import Desk
from pipeline.desk.cases.verdicts import Outcome, State, Verdict
from pipeline.desk.exchange.exports import file_name
from pipeline.desk.exchange.own import shows_own
from pipeline.report.list_xlsx import list_xlsx
from pipeline.report.printed import Told, faults_of, picture_of, print_pdf, require_press, told_of
from pipeline.report.view import masked_case
from pipeline.store.items import Item

_MOST_REASONS = 2  # of one student on a list
_WIDTHS = (6, 16, 16, 12, 14, 26, 16)


@dataclass(frozen=True, slots=True)
class Appointment:
    """When and where to come, and by when a college must have seen to it; as people write it.

    Attributes:
        school: In the heads of papers.
        contact: Whom to ask.
    """

    when: str = ""
    where: str = ""
    by: str = ""
    school: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """One file: its name, its content, and characters to be written by hand."""

    name: str
    content: bytes
    lacking: str = ""


@dataclass(frozen=True, slots=True)
class _Student:
    """One who is to come again."""

    item: Item
    case: Case
    outcome: Outcome
    phone: str


def papers(desk: Desk, said: Appointment, lang: Language, day: date) -> Iterator[Paper]:
    """The list as workbook and PDF; of each college a notice, and a slip for each student.

    Args:
        desk: Of the run; whose case is to be photographed again by people's answers is on it.
        said: When and where.
        lang: Of the papers.
        day: They bear.

    Raises:
        ConfigError: When, where or by when is missing.
        InstallationError: The extra `print` is not installed.
        StoreError: Nobody is to be photographed again.
    """
    require_press()
    _whole(said)
    students = _students(desk)
    if not students:
        raise StoreError("reshoot_nobody", run=desk.store.path.parent)
    return _papers(students, said, _profile(desk), lang, day)


def _whole(said: Appointment) -> None:
    for name in ("when", "where", "by"):
        if not getattr(said, name).strip():
            raise ConfigError("reshoot_missing", name=name)


def counted(desk: Desk) -> list[tuple[str, int]]:
    """Colleges and how many of their students are to come."""
    return list(Counter(one.item.college for one in _students(desk)).items())


def _students(desk: Desk) -> list[_Student]:
    """By college and class, in the roster's order."""
    found = []
    for item in desk.queued():
        if item.state is State.RESHOOT and (case := desk.case(item)).subject.student_key:
            phone = masked_sentence(case.subject.phone)
            found.append(_Student(item, masked_case(case, desk.mask), desk.settled(item), phone))
    return sorted(found, key=lambda one: (one.item.college, one.item.class_name))


def _papers(
    students: Sequence[_Student],
    said: Appointment,
    profile: Profile | None,
    lang: Language,
    day: date,
) -> Iterator[Paper]:
    t = words("reshoot", lang)
    rows = [_row(number, one, lang) for number, one in enumerate(students, 1)]
    headers = [t[name] for name in ("no", "college", "class", "number", "name", "phone", "reason")]
    headers.append(t["came"])
    out = io.BytesIO()
    list_xlsx(out, t["list_title"], _about(said, lang), headers, rows)
    yield Paper(f"{t['file_list']}.xlsx", out.getvalue())
    yield _list(students, rows, said, lang, day)
    for college, group in groupby(students, key=lambda one: one.item.college):
        own = list(group)
        name = file_name(college) if college else t["no_college"]
        yield _notice(name, own, said, lang, day)
        yield _slips(name, own, said, profile, lang, day)


def _row(number: int, one: _Student, lang: Language) -> list[str]:
    item, subject = one.item, one.case.subject
    key = subject.student_no or item.student_key
    group = (item.college, item.class_name)
    return [str(number), *group, key, item.name, one.phone, _reason(one, lang), ""]


def _reason(one: _Student, lang: Language) -> str:
    """Short names of what is wrong: people's verdict where it says more than the machine."""
    verdict = one.outcome.verdict
    if verdict in (Verdict.NOT_ME, Verdict.SIDEWAYS, Verdict.UPSIDE_DOWN, Verdict.CANNOT_TELL):
        return word("verdict", verdict, lang)
    codes = list(dict.fromkeys(f.code for f in faults_of(one.case, advice=True)))[:_MOST_REASONS]
    comma = word("style", "comma", lang)
    return comma.join(word("reason", code, lang) for code in codes) or word(
        "verdict", Verdict.OTHER, lang
    )


def _about(said: Appointment, lang: Language) -> str:
    told = (f"{label}{word('style', 'colon', lang)}{text}" for label, text in _told(said, lang))
    return "   ".join(told)


def _told(said: Appointment, lang: Language) -> list[tuple[str, str]]:
    """What is said of the appointment, by label."""
    t = words("reshoot", lang)
    return [
        (t[name], text)
        for name in ("when", "where", "by", "contact")
        if (text := getattr(said, name).strip())
    ]


def _list(
    students: Sequence[_Student],
    rows: Sequence[Sequence[str]],
    said: Appointment,
    lang: Language,
    day: date,
) -> Paper:
    """Everybody on a line, the colleges one after the other."""
    t, groups = words("reshoot", lang), []
    pairs = zip(students, rows, strict=True)
    for college, own in groupby(pairs, key=lambda pair: pair[0].item.college):
        lines = [[row[0], *row[2:]] for _, row in own]
        count = t["persons"].format(count=len(lines))
        groups.append({"title": college or t["no_college"], "count": count, "rows": lines})
    names = ("no", "class", "number", "name", "phone", "reason", "came")
    data = _frame(said, lang, day) | {
        "title": t["list_title"],
        "about": _about(said, lang),
        "columns": [t[name] for name in names],
        "widths": list(_WIDTHS),
        "groups": groups,
    }
    printed = print_pdf("list", data, day, lang)
    return Paper(f"{t['file_list']}.pdf", printed.pdf, printed.lacking)


def _notice(
    college: str, own: Sequence[_Student], said: Appointment, lang: Language, day: date
) -> Paper:
    """What one college is asked to do."""
    t = words("reshoot", lang)
    reasons = Counter(_reason(one, lang) for one in own).most_common()
    comma = word("style", "comma", lang)
    count = {
        "count": len(own),
        "classes": len({one.item.class_name for one in own}),
        "reasons": comma.join(t["reason_count"].format(reason=r, count=n) for r, n in reasons),
        "by": said.by,
    }
    rows = [_row(number, one, lang) for number, one in enumerate(own, 1)]
    names = ("no", "class", "number", "name", "reason")
    data = _frame(said, lang, day) | {
        "title": t["notice_title"],
        "college": own[0].item.college or t["no_college"],
        "paragraphs": [t["notice_why"].format(**count), t["notice_what"].format(**count)],
        "steps": [t[f"step_{number}"].format(**count) for number in range(1, 5)],
        "list_title": t["notice_list"].format(**count),
        "columns": [t[name] for name in names],
        "widths": [7, 20, 20, 16, 40],
        "rows": [[row[0], *row[2:5], row[6]] for row in rows],
    }
    printed = print_pdf("notice", data, day, lang)
    name = t["file_notice"].format(college=college)
    return Paper(f"{name}.pdf", printed.pdf, printed.lacking)


def _slips(
    college: str,
    own: Sequence[_Student],
    said: Appointment,
    profile: Profile | None,
    lang: Language,
    day: date,
) -> Paper:
    """A quarter of a page for each student of a college."""
    slips = [_slip(one, profile, lang) for one in own]
    printed = print_pdf("slips", _frame(said, lang, day) | {"slips": slips}, day, lang)
    name = words("reshoot", lang)["file_slips"].format(college=college)
    return Paper(f"{name}.pdf", printed.pdf, printed.lacking)


def _slip(one: _Student, profile: Profile | None, lang: Language) -> dict[str, Any]:
    """One student's own: nothing of it is anybody else's."""
    t, subject, shown = words("reshoot", lang), one.case.subject, None
    told = _faults(one, lang)
    has_photo = "photo" in one.case.pictures
    if has_photo and shows_own(one.item, one.outcome, doubted=False):
        shown = picture_of(one.case.pictures["photo"], one.case, profile)
    return {
        "name": one.item.name,
        "number": subject.student_no or one.item.student_key,
        "group": " ".join(filter(None, (one.item.college, one.item.class_name))),
        "photo": shown,
        "absent": t["not_shown"] if has_photo else t["no_photo"],
        "wrong": told[0].wrong,
        "right": " ".join(filter(None, (t["slip_general"], told[0].right))),
        "also": [more.wrong for more in told[1:]],
    }


def _faults(one: _Student, lang: Language) -> list[Told]:
    """People's verdict first, where it is about whose photo it is; else what was found."""
    own = words("slip", lang)
    if one.outcome.verdict in (Verdict.NOT_ME, Verdict.CANNOT_TELL):
        return [Told(own[one.outcome.verdict.upper()])]
    if one.outcome.verdict in (Verdict.SIDEWAYS, Verdict.UPSIDE_DOWN):
        return [Told(own["reason"].format(reason=word("verdict", one.outcome.verdict, lang)))]
    return told_of(one.case, lang, advice=True) or [Told(own["OTHER"])]


def _frame(said: Appointment, lang: Language, day: date) -> dict[str, Any]:
    """What every paper of the day has."""
    t: Mapping[str, str] = words("reshoot", lang)
    return {
        "words": dict(t),
        "school": said.school,
        "day": day.isoformat(),
        "foot": " · ".join(filter(None, (said.school, t["made"].format(day=day.isoformat())))),
        "appointment": [list(pair) for pair in _told(said, lang)],
    }


def _profile(desk: Desk) -> Profile | None:
    """The run's photo standard; None where it was a file that is gone."""
    try:
        return load_profile(desk.run.profile)
    except ConfigError:
        return None
