"""A page and a workbook for each college, where a run is too large for one that people can open."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from pipeline.core.privacy import Mask
from pipeline.core.private import make_folder
from pipeline.core.words import Language, word
from pipeline.night.tally import Counting
from pipeline.report import write_html, write_xlsx
from pipeline.report.by_college import Part, stem_of
from pipeline.report.view import masked_case
from pipeline.store import RunSummary, Store
from pipeline.store.by_college import cases_at, placed


def write_colleges(
    store: Store, summary: RunSummary, folder: Path, mask: Mask, lang: Language, most: int
) -> list[Part]:
    """Write them, in the order in which colleges come in the roster; large ones have several.

    Args:
        store: With every decision.
        summary: Of the whole run.
        folder: Where to; made.
        mask: Of ID numbers.
        lang: Of the reports.
        most: Students a page.

    Raises:
        StoreError: A file cannot be written.
    """
    make_folder(folder)
    rows: dict[str, list[tuple[array[int], Counting]]] = {}
    for one in placed(store):
        own = rows.setdefault(one.college, [])
        if not own or len(own[-1][0]) >= most:
            own.append((array("q"), Counting()))
        own[-1][0].append(one.position)
        own[-1][1].add(one.assessment, one.stray)
    parts: list[Part] = []
    for college, several in rows.items():
        name = mask(college) or word("work", "no_college", lang)
        for number, (positions, counting) in enumerate(several, 1):
            title = f"{name} ({number}/{len(several)})" if len(several) > 1 else name
            part = _part(len(parts) + 1, title, summary, counting)
            _write(store, part, positions, folder, mask, lang)
            parts.append(part)
    return parts


def _part(number: int, title: str, summary: RunSummary, counting: Counting) -> Part:
    """One part with its own numbers; files and remarks are told of the whole."""
    counts = counting.counts()
    own = replace(
        summary,
        students=sum(counts.decision.values()),
        counts=counts,
        intake={},
        remarks=(),
    )
    return Part(title, stem_of(number, title), own)


def _write(
    store: Store, part: Part, positions: Iterable[int], folder: Path, mask: Mask, lang: Language
) -> None:
    page = (masked_case(case, mask) for case in cases_at(store, positions))
    write_html(part.run, page, folder / f"{part.stem}.html", lang, part.title)
    table = (masked_case(case, mask) for case in cases_at(store, positions))
    write_xlsx(part.run, table, folder / f"{part.stem}.xlsx", lang)
