"""A page and a workbook for each college, where a run is too large for one that people can open."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.core.privacy import Mask
from pipeline.core.private import make_folder
from pipeline.core.types import Case
from pipeline.core.words import Language, word
from pipeline.night.tally import Counting
from pipeline.report import write_html
from pipeline.report.by_college import Part, stem_of
from pipeline.report.pictures import Room
from pipeline.report.view import masked_case
from pipeline.report.xlsx_report import filling
from pipeline.store import RunSummary, Store
from pipeline.store.by_college import cases_at, placed

WritePart = Callable[[Store, Mask], None]


@contextmanager
def pages_of(
    store: Store, summary: RunSummary, folder: Path, mask: Mask, lang: Language, most: int
) -> Iterator[tuple[list[Part], list[tuple[str, WritePart]]]]:
    """The colleges in the order in which they come in the roster; large ones have several parts.

    Args:
        store: With every decision.
        summary: Of the whole run.
        folder: Where to; made.
        mask: Of ID numbers.
        lang: Of the reports.
        most: Students a page.

    Returns:
        The parts, and what writes each, by the name of its page; to be called inside the block.
    """
    make_folder(folder)
    with TemporaryDirectory(prefix=".places-", dir=folder.parent) as places:
        pages = list(_pages(store, summary, Path(places), mask, lang, most))
        yield (
            [page.part for page in pages],
            [(f"{p.part.stem}.html", partial(_write, folder, lang, p)) for p in pages],
        )


@dataclass(frozen=True, slots=True)
class _Page:
    """A page and a workbook to be written.

    Attributes:
        places: File of its students' places in the roster, 8 bytes each.
    """

    part: Part
    places: Path


def _pages(
    store: Store, summary: RunSummary, folder: Path, mask: Mask, lang: Language, most: int
) -> Iterator[_Page]:
    """All, with their numbers; who belongs to each lies in `folder`."""
    rows: dict[str, list[tuple[array[int], Counting]]] = {}
    for one in placed(store):
        own = rows.setdefault(one.college, [])
        if not own or len(own[-1][0]) >= most:
            own.append((array("q"), Counting()))
        own[-1][0].append(one.position)
        own[-1][1].add(one.assessment, one.stray)
    total = 0
    for college, several in rows.items():
        name = mask(college) or word("work", "no_college", lang)
        for number, (positions, counting) in enumerate(several, 1):
            total += 1
            title = f"{name} ({number}/{len(several)})" if len(several) > 1 else name
            places = folder / str(total)
            places.write_bytes(positions.tobytes())
            yield _Page(_part(total, title, summary, counting), places)


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


def _write(folder: Path, lang: Language, page: _Page, store: Store, mask: Mask) -> None:
    """Page and workbook, of students who are read once for both."""
    part, places = page.part, array("q", page.places.read_bytes())
    everyone = Room.of(part.run).everyone
    with filling(part.run, folder / f"{part.stem}.xlsx", lang) as add:

        def shown() -> Iterator[Case]:
            for found in cases_at(store, places, pictures_of_accepted=everyone):
                case = masked_case(found, mask)
                add(case)
                yield case

        write_html(part.run, shown(), folder / f"{part.stem}.html", lang, part.title)
