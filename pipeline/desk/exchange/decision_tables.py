"""Decisions made elsewhere: the college's table filled in by hand, or `decisions.csv`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.core.errors import RosterError
from pipeline.core.types import Subject
from pipeline.core.words import Language, languages, word
from pipeline.desk.accounts import imported
from pipeline.desk.cases.answers import Given, give
from pipeline.desk.cases.desk import Desk
from pipeline.desk.cases.verdicts import CATEGORY, Need, Remedy, Verdict, standing
from pipeline.desk.exchange.replies import Finder
from pipeline.source.columns import Columns, load_columns
from pipeline.source.tables import Row, Sheet, cell_text, read_sheets
from pipeline.source.text import squashed
from pipeline.store.items import Item

HEADER_ROWS = 20
_KEYS = ("student_no", "candidate_no", "id_number")


@dataclass(slots=True)
class Decided:
    """What became of a file's rows; lists hold row numbers, `needs_lead` of recorded ones.

    Attributes:
        overtaken: The same person has answered since.
    """

    recorded: int = 0
    unchanged: int = 0
    unknown: list[int] = field(default_factory=list)
    changed_photo: list[int] = field(default_factory=list)
    overtaken: list[int] = field(default_factory=list)
    needs_lead: list[int] = field(default_factory=list)


def decisions(desk: Desk, path: Path, by: str, reviewer: str = "") -> Decided:
    """Record the verdicts of a table, each under the name of who is said to have given it.

    Args:
        desk: Of the run.
        path: The college table, or `decisions.csv`; a row without a verdict says nothing.
        by: Who imports.
        reviewer: Who decided, where the table does not say.

    Raises:
        RosterError: The file cannot be read, has no such columns, or a cell has an unknown word.
    """
    where, first, rows, columns, titles = _open(path)
    result, finder = Decided(), Finder(desk)
    parsed = [
        (number, subject, given, fields)
        for number, cells in enumerate(rows, first)
        for fields in [_fields(cells, columns)]
        if (given := _given(fields, f"{where}, row {number}", titles))
        for subject in [_subject(number, fields)]
    ]
    for number, subject, given, fields in parsed:
        who = imported(fields.get("reviewer") or reviewer or by)
        try:
            item = desk.student(fields.get("subject_id", "")) or finder.find(subject)
        except LookupError:
            item = None
        if item is None:
            result.unknown.append(number)
        elif fields.get("photo_sha256", item.photo_sha256) != item.photo_sha256:
            result.changed_photo.append(number)
        elif already(desk, item, who, given):
            result.unchanged += 1
        else:
            give(desk, item, who, None, given)
            result.recorded += 1
            if desk.settled(item).need is Need.LEAD:
                result.needs_lead.append(number)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    desk.ledger.record(by, "imported", table="decisions", rows=len(parsed), sha256=sha256)
    return result


def _open(path: Path) -> tuple[str, int, list[Row], dict[str, int], dict[str, str]]:
    """Where the rows are, the first one's number, the rows, columns and their titles by field."""
    known = load_columns()
    with closing(read_sheets(path)) as sheets:
        for sheet in sheets:
            for index, cells in enumerate(sheet.rows[:HEADER_ROWS]):
                columns = _columns(cells, known)
                if "verdict" in columns and not columns.keys().isdisjoint({*_KEYS, "subject_id"}):
                    titles = {name: cell_text(cells[place]) for name, place in columns.items()}
                    return _place(path, sheet), index + 2, sheet.rows[index + 1 :], columns, titles
    raise RosterError("decisions_no_header", path=path)


def _place(path: Path, sheet: Sheet) -> str:
    return f"{path}, sheet {sheet.name}" if sheet.name else str(path)


def _columns(cells: Row, known: Columns) -> dict[str, int]:
    found: dict[str, int] = {}
    own = _headers()
    for index, cell in enumerate(cells):
        title = cell_text(cell)
        hit = known.find(title) if title else None
        name = own.get(squashed(title)) or (hit[1] if hit else "")
        if name:
            found.setdefault(name, index)
    return found


def _headers() -> dict[str, str]:
    """Our own headers in comparable form: those of the workbook in both languages, of the CSV."""
    fields = ("verdict", "measure", "reviewer")
    headers = {squashed(word("sheet", name, lang)): name for name in fields for lang in languages()}
    plain = (*fields, "subject_id", "photo_sha256", "comment")
    return headers | {squashed(name): name for name in plain}


def _fields(cells: Row, columns: Mapping[str, int]) -> dict[str, str]:
    texts = {n: cell_text(cells[i]) for n, i in columns.items() if i < len(cells)}
    return {name: text for name, text in texts.items() if text}


def _given(fields: Mapping[str, str], where: str, titles: Mapping[str, str]) -> Given | None:
    """The row's answer; None for a row without one."""
    if "verdict" not in fields:
        return None
    lang = next((one for one in languages() if titles["verdict"] == _title("verdict", one)), None)
    verdict = _meant(fields["verdict"], _verdicts(), f"{where}: {titles['verdict']}", lang)
    remedy = None
    if "measure" in fields:
        meant = _meant(fields["measure"], _remedies(), f"{where}: {titles['measure']}", lang)
        remedy = Remedy(meant)
    return Given(Verdict(verdict), remedy=remedy, comment=fields.get("comment", "")[:2000])


def _title(field: str, lang: Language) -> str:
    return word("sheet", field, lang)


def _meant(text: str, known: Mapping[str, str], where: str, lang: Language | None) -> str:
    """What a cell means.

    Args:
        text: The cell.
        known: What every word means.
        where: The cell's place.
        lang: Of the table's own headers, whose words are told where this one is not known; None
            for a table in the words of programs.
    """
    if squashed(text) not in known:
        means = dict.fromkeys(known.values())
        allowed = ", ".join(_told(value, lang) if lang else value for value in means)
        raise RosterError("decision_unknown", where=where, text=text[:20], allowed=allowed)
    return known[squashed(text)]


def _told(value: str, lang: Language) -> str:
    """A verdict or remedy as the college table writes it."""
    if value in (own.value for own in Remedy):
        return word("remedy", value, lang)
    category = CATEGORY[Verdict(value)]
    plain = Verdict(value) in (Verdict.CANNOT_TELL, Verdict.NOBODYS)
    return word("verdict", value, lang) if plain else word("category", category, lang)


def _verdicts() -> dict[str, str]:
    """Every word a verdict goes by."""
    known = {squashed(verdict): verdict.value for verdict in Verdict}
    for verdict, category in CATEGORY.items():
        for lang in languages():
            known[squashed(word("verdict", verdict, lang))] = verdict.value
            known.setdefault(squashed(word("category", category, lang)), verdict.value)
        known.setdefault(squashed(category), verdict.value)
    return known


def _remedies() -> dict[str, str]:
    known = {squashed(remedy): remedy.value for remedy in Remedy}
    for remedy in Remedy:
        known |= {squashed(word("remedy", remedy, lang)): remedy.value for lang in languages()}
    return known


def _subject(number: int, fields: Mapping[str, str]) -> Subject:
    return Subject(
        student_key="",
        row=number,
        student_no=fields.get("student_no", ""),
        candidate_no=fields.get("candidate_no", ""),
    )


def already(desk: Desk, item: Item, who: str, given: Given) -> bool:
    """Whether the case is concluded so, or this person's standing answer says the same."""
    known = desk.answers(item)
    outcome = desk.settled(item, known)
    if outcome.verdict is given.verdict and given.remedy in (None, outcome.remedy):
        return True
    mine = next((a for a in standing(known) if a.who == who), None)
    said = mine and (mine.verdict, mine.remedy, mine.comment)
    return said == (given.verdict, given.remedy, desk.mask(given.comment))
