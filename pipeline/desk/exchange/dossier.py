"""A dossier: all about one student whose identity the registry or we doubt, to print and to file.

Nothing of another student is in it: findings that name one are told by their short names
(`report.printed.told`), and comments, which could, are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pipeline.core.moments import local_minute
from pipeline.core.policy import load_policy
from pipeline.core.reasons import kind_name, value_name
from pipeline.core.scale import LINES, band, points
from pipeline.core.types import OVERLAY, PHOTO, SET_ASIDE, Case, Comparison, Subject
from pipeline.core.words import Language, word, words
from pipeline.desk.cases.desk import Desk
from pipeline.desk.cases.verdicts import CATEGORY, Answer, Verdict
from pipeline.desk.exchange.own import foreign_kinds, shows_own
from pipeline.desk.exchange.proofs import Proof, is_again
from pipeline.report.printed import Printed, picture_of, print_pdf
from pipeline.report.view import masked_case
from pipeline.store.items import Item

_BANDS = {"above": "same", "between": "unsure", "below": "other"}  # words of the catalogue


@dataclass(frozen=True, slots=True)
class Paper:
    """What a dossier shows besides what the run and the ledger know.

    Attributes:
        day: On which it is made.
        school: Its name, "" where nobody said.
        proofs: Brought after the run.
        files: Of the folder that goes with it: name, kind, size, where from; in words.
        names: Their names by slot; those of `proofs` by place. The names that files came with are
            told nowhere, because they could be another's.
    """

    day: date
    school: str = ""
    proofs: Sequence[Proof] = ()
    files: Sequence[tuple[str, str, str, str]] = ()
    names: Mapping[str | int, str] = field(default_factory=dict)


def print_dossier(desk: Desk, item: Item, lang: Language, paper: Paper) -> Printed:
    """One student's dossier.

    Raises:
        InstallationError: The extra `print` is not installed.
        StoreError: A run is at work on the case.
    """
    case = masked_case(desk.case(item), desk.mask)
    t = words("dossier", lang)
    known = desk.answers(item)
    own = shows_own(item, desk.settled(item, known), doubted=True)
    data = {
        "words": dict(t),
        "foot": t["foot"].format(name=case.subject.name, number=case.subject.student_key),
        "subtitle": t["made"].format(day=paper.day.isoformat(), school=paper.school).strip(" ·"),
        "student": _student(case.subject, t),
        "doubt": _doubt(desk, item, known, lang),
        "photo": _picture(desk, item, case, PHOTO if own else ""),
        "absent": t["photo_withheld"] if PHOTO in case.pictures else t["no_picture"],
        "pairs": [*_pairs(desk, item, case, paper, lang), *_later(paper, lang)],
        "people": [_deed(desk, answer, lang) for answer in known],
        "files": [list(row) for row in paper.files],
        "confirm": [
            t[name].format(name=case.subject.name, number=case.subject.student_key)
            for name in ("confirm_self", "confirm_true")
        ],
        "reasons": [t[f"cause_{n}"] for n in range(1, 7)],
        "signatures": [t["sign_student"], t["sign_tutor"], t["sign_college"], t["sign_office"]],
    }
    return print_pdf("dossier", data, paper.day, lang)


def _student(subject: Subject, t: Mapping[str, str]) -> list[tuple[str, str]]:
    rows = (
        ("name", subject.name),
        ("student_no", subject.student_no or subject.student_key),
        ("candidate_no", subject.candidate_no),
        ("id_number", subject.id_number),
        ("group", " ".join(filter(None, (subject.college, subject.major, subject.class_name)))),
    )
    return [(t[name], said) for name, said in rows if said]


def _doubt(
    desk: Desk, item: Item, known: Sequence[Answer], lang: Language
) -> list[tuple[str, str]]:
    """What registry, machine, people and student say; where to look and where to file it."""
    t, outcome = words("dossier", lang), desk.settled(item, list(known))
    registry = next((a for a in reversed(known) if a.kind == "registry"), None)
    student = next((a for a in reversed(known) if a.kind == "student"), None)
    machine = [word("decision", item.decision, lang)]
    machine += [word("reason", code, lang) for code in item.codes]
    staff = [word("state", item.state, lang)] if item.state else []
    if outcome.verdict:
        staff = [_verdict(outcome.verdict, lang), *staff]
    said = t["not_said"]
    if registry and registry.value:
        said = t["registry_said"].format(word=registry.value, at=local_minute(registry.at))
    rows = [
        ("registry", said),
        ("seen_at", t["menu_list"]),
        ("machine", word("style", "semicolon", lang).join(machine)),
        ("staff", word("style", "semicolon", lang).join(staff) or t["not_judged"]),
    ]
    if student:
        rows.append(("student_said", _verdict(Verdict(student.value), lang)))
    rows.append(("filed_at", t["menu_filing"]))
    return [(t[name], text) for name, text in rows]


def _verdict(verdict: Verdict, lang: Language) -> str:
    return word("category", CATEGORY[verdict], lang)


def _deed(desk: Desk, answer: Answer, lang: Language) -> tuple[str, str, str]:
    """When, who, what; never the comment, in which another student may be named."""
    what = word("action", answer.kind, lang)
    colon = word("style", "colon", lang)
    if answer.verdict:
        what += colon + _verdict(answer.verdict, lang)
        if not answer.sure:
            what += f" ({word('desk', 'unsure', lang)})"
        if answer.remedy:
            what += f" · {word('remedy', answer.remedy, lang)}"
    elif answer.kind == "student" and answer.value:
        what += colon + _verdict(Verdict(answer.value), lang)
    elif answer.value:
        what += colon + answer.value
    return local_minute(answer.at), desk.mask(answer.who), what


def _picture(desk: Desk, item: Item, case: Case, slot: str) -> dict[str, Any] | None:
    """A picture as sharp as it is kept."""
    return picture_of(desk.picture(item, slot)) if slot in case.pictures else None


def _pairs(
    desk: Desk, item: Item, case: Case, paper: Paper, lang: Language
) -> list[dict[str, Any]]:
    """The photo with each reference of the run, compared or not."""
    rows, seen, t = [], set[str](), words("dossier", lang)
    foreign = foreign_kinds(case)

    def add(comparison: Comparison, limits: Mapping[str, Any] | None, slot: str, note: str) -> None:
        if comparison.kind in foreign:
            shown = _pair(Comparison(comparison.kind, None, ""), None, None, lang)
            rows.append({**shown, "file": "", "meaning": t["of_another"], "note": ""})
            return
        picture = _picture(desk, item, case, slot)
        again = is_again(case.measurements, slot)
        pair = _pair(comparison, limits, picture, lang)
        pair = _same(comparison, picture, lang) if again else pair
        rows.append({**pair, "file": paper.names.get(slot, ""), "note": note})

    for comparison in case.comparisons:
        slot = comparison.slot or comparison.kind
        seen.add(slot)
        if comparison.kind != SET_ASIDE:
            limits = desk.run.thresholds.get(comparison.kind) or desk.run.thresholds.get("default")
            add(comparison, limits, slot, "")
    for slot in case.pictures:
        kind = slot.partition("#")[0]
        if slot not in seen and kind not in (PHOTO, OVERLAY, SET_ASIDE):
            add(Comparison(kind, None, ""), None, slot, t["by_hand"])
    return rows


def _later(paper: Paper, lang: Language) -> list[dict[str, Any]]:
    """Proofs that came after the run, judged by the shipped policy's own lines."""
    t, shipped, rows = words("dossier", lang), load_policy(), []
    for place, proof in enumerate(paper.proofs):
        comparison = proof.comparison or Comparison(proof.kind, None, "")
        limits = shipped.comparison.of(proof.kind).model_dump()
        note = t["by_hand" if comparison.score is None else "came_later"]
        shown = picture_of(proof.picture) if proof.picture else None
        pair = (
            _same(comparison, shown, lang)
            if proof.again
            else _pair(comparison, limits, shown, lang)
        )
        rows.append({**pair, "file": paper.names.get(place, ""), "note": note})
    return rows


def _same(comparison: Comparison, picture: dict[str, Any] | None, lang: Language) -> dict[str, Any]:
    """A proof that is the photo itself: its likeness would say nothing."""
    pair = _pair(Comparison(comparison.kind, None, ""), None, picture, lang)
    return pair | {"meaning": words("dossier", lang)["same_picture"]}


def _pair(
    comparison: Comparison,
    limits: Mapping[str, Any] | None,
    picture: dict[str, Any] | None,
    lang: Language,
) -> dict[str, Any]:
    """One comparison in words: the band it lies in, from 0 to 100."""
    t, score = words("dossier", lang), comparison.judged
    shown: dict[str, Any] = {
        "kind": kind_name(comparison.kind, lang),
        "picture": picture,
        "score": None,
        "meaning": value_name(comparison.error, lang) if comparison.error else t["not_compared"],
    }
    if score is None or limits is None:
        return shown
    lines = float(limits["flag_below"]), float(limits["accept_from"])
    place, (flag, accept) = points(score, *lines), LINES
    side = _BANDS[band(score, *lines)]
    return shown | {
        "score": place,
        "flag": flag,
        "accept": accept,
        "band": side,
        "meaning": t[f"band_{side}"],
        "numbers": t["numbers"].format(score=place, accept=accept, flag=flag),
    }
