"""What an office asks between two nights: newly in order, newly wrong, still waiting since when.

A student is in order where people have concluded so, or nobody is asked to look. Who waits for a
re-shoot, a correction, proof on file or the student's own look is not.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core.moments import local_minute
from pipeline.core.types import Decision, Severity
from pipeline.core.words import Language, word
from pipeline.desk.cases.desk import Desk
from pipeline.desk.cases.verdicts import State, Verdict
from pipeline.night.folder import LEDGER, RESULTS, database_of
from pipeline.store import Store
from pipeline.store.items import Item
from pipeline.store.masking import mask_of

_IN_ORDER = (State.NONE, State.DONE)


@dataclass(frozen=True, slots=True)
class Standing:
    """One student in one night; texts without ID numbers.

    Attributes:
        reasons: Codes, the machine's.
        sound: In order.
    """

    student: str
    name: str
    college: str
    class_name: str
    reasons: tuple[str, ...]
    sound: bool


@dataclass(frozen=True, slots=True)
class Night:
    """Everybody of one night.

    Attributes:
        at: When it ended, as people read it, or its day.
    """

    at: str
    students: Mapping[str, Standing]


@dataclass(frozen=True, slots=True)
class Changes:
    """What the last of several nights changed.

    Attributes:
        waiting: Not in order in both, with the first night since which that is so.
        gone: In the roster of the night before alone.
    """

    before: str
    after: str
    newly_sound: tuple[Standing, ...]
    newly_wrong: tuple[Standing, ...]
    waiting: tuple[tuple[Standing, str], ...]
    gone: tuple[Standing, ...]

    def as_json(self, lang: Language) -> dict[str, Any]:
        """The lists with names and reasons."""
        return {
            "before": self.before,
            "after": self.after,
            "newly_in_order": [_json(one, lang) for one in self.newly_sound],
            "newly_wrong": [_json(one, lang) for one in self.newly_wrong],
            "still_waiting": [{**_json(one, lang), "since": at} for one, at in self.waiting],
            "gone": [_json(one, lang) for one in self.gone],
        }


def _json(one: Standing, lang: Language) -> dict[str, Any]:
    return {
        "student": one.student,
        "name": one.name,
        "college": one.college,
        "class": one.class_name,
        "reasons": {code: word("reason", code, lang) for code in one.reasons},
    }


def changes(nights: Sequence[Night]) -> Changes:
    """The last night against the one before.

    Args:
        nights: Two or more, oldest first; the earlier ones say since when somebody waits.
    """
    before, after = nights[-2], nights[-1]
    wrong = [one for one in after.students.values() if not one.sound]
    old = before.students
    return Changes(
        before.at,
        after.at,
        tuple(
            one
            for key, one in after.students.items()
            if one.sound and key in old and not old[key].sound
        ),
        tuple(one for one in wrong if one.student not in old or old[one.student].sound),
        tuple(
            (one, _since(one.student, nights))
            for one in wrong
            if one.student in old and not old[one.student].sound
        ),
        tuple(one for key, one in old.items() if key not in after.students),
    )


def _since(student: str, nights: Sequence[Night]) -> str:
    """The first night of those without a break in which a student was not in order."""
    since = nights[-1].at
    for night in reversed(nights):
        one = night.students.get(student)
        if one is None or one.sound:
            break
        since = night.at
    return since


def night_of_run(run: Path) -> Night:
    """A run as it stands, with what people have answered; nothing is written.

    Raises:
        StoreError: There is no finished run in the folder.
    """
    if not (run / LEDGER).is_file():
        return _unreviewed(run)
    with closing(Desk(run)) as desk:
        students = {}
        for item in desk.cases_of_store():
            if item.student_key == item.answers_key:  # not a photo of nobody
                sound = _sound(desk, item)
                one = _standing(item, sound)
                students[one.student] = one
        return Night(local_minute(desk.run.finished), students)


def _standing(item: Item, sound: bool) -> Standing:
    """The key as it is shown: the first of the numbers."""
    shown = item.numbers.split(" ")[0]
    return Standing(shown, item.name, item.college, item.class_name, item.codes, sound)


def _sound(desk: Desk, item: Item) -> bool:
    outcome = desk.settled(item)
    if outcome.state is State.TODO and item.seeded and outcome.verdict is None:
        outside = (a.value for a in desk.answers(item) if a.kind in ("registry", "student"))
        return item.decision is Decision.ACCEPT and not any(v and v != Verdict.OK for v in outside)
    return outcome.state in _IN_ORDER


def _unreviewed(run: Path) -> Night:
    """A run that nobody has looked at: the machine's word alone."""
    with Store(database_of(run), readonly=True) as store:
        mask, students = mask_of(store), {}
        for key, subject, _, found in store.decided():
            if subject.student_key:
                above = (f.code for f in found.findings if f.severity > Severity.ADVICE)
                students[mask(key)] = Standing(
                    mask(key),
                    mask(subject.name),
                    mask(subject.college),
                    mask(subject.class_name),
                    tuple(dict.fromkeys(above)),
                    found.decision is Decision.ACCEPT,
                )
        return Night(local_minute(store.finished().finished), students)


def night_of_reports(folder: Path, accepted: Mapping[str, str]) -> Night:
    """A night of which the reports are kept.

    Args:
        folder: Named by its day; with `results.csv`.
        accepted: Since when people have called a student's photo right, by the student's number.
    """
    students = {}
    with (folder / RESULTS).open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            key = row["subject_id"].lstrip("'")
            if not key:
                continue
            known = accepted.get(key, "")
            sound = row["decision"] == Decision.ACCEPT or bool(known and known[:10] <= folder.name)
            codes = tuple(filter(None, row["reasons"].split(";")))
            name, college, group = (
                row.get(n, "").lstrip("'") for n in ("name", "college", "class")
            )
            students[key] = Standing(key, name, college, group, codes, sound)
    return Night(folder.name, students)


def accepted_since(desk: Desk) -> dict[str, str]:
    """By the number that is shown, when people concluded that a photo is right; ISO 8601."""
    found = {}
    for item in desk.items():
        outcome = desk.settled(item) if item.queued else None
        if outcome and outcome.final and outcome.verdict is Verdict.OK:
            found[item.numbers.split(" ")[0]] = outcome.final.at
    return found
