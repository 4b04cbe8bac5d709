"""A page and a workbook for each college, where a run is too large for one that people can open."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.core.errors import StoreError
from pipeline.core.privacy import Mask
from pipeline.core.private import make_folder
from pipeline.core.words import Language, word
from pipeline.night.executors import Duty
from pipeline.night.executors.here import Here
from pipeline.night.executors.processes import Processes
from pipeline.night.tally import Counting
from pipeline.report import write_html, write_xlsx
from pipeline.report.by_college import Part, stem_of
from pipeline.report.view import masked_case
from pipeline.store import RunSummary, Store
from pipeline.store.by_college import cases_at, placed
from pipeline.store.masking import mask_of


def write_colleges(
    store: Store,
    summary: RunSummary,
    folder: Path,
    mask: Mask,
    lang: Language,
    most: int,
    workers: int = 1,
) -> list[Part]:
    """Write them, in the order in which colleges come in the roster; large ones have several.

    Args:
        store: With every decision; nobody writes to it meanwhile.
        summary: Of the whole run.
        folder: Where to; made.
        mask: Of ID numbers.
        lang: Of the reports.
        most: Students a page.
        workers: Processes that write at once.

    Raises:
        StoreError: A file cannot be written.
    """
    make_folder(folder)
    with TemporaryDirectory(prefix=".places-", dir=folder.parent) as places:
        pages = list(_pages(store, summary, Path(places), mask, lang, most))
        here = workers <= 1 or len(pages) <= 1
        duty: Duty[tuple[Store, Mask], _Page, None] = Duty(
            begin=(lambda: (store, mask)) if here else partial(_opened, store.path),
            work=partial(_write, folder, lang),
            given_up=_given_up,
            end=(lambda _: None) if here else _closed,
        )
        executor = Here() if here else Processes(workers)
        for _ in executor.work_off(enumerate(pages), duty):
            pass
    return [page.part for page in pages]


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


def _write(folder: Path, lang: Language, tool: tuple[Store, Mask], page: _Page) -> None:
    store, mask = tool
    part, positions = page.part, array("q", page.places.read_bytes())
    shown = (masked_case(case, mask) for case in cases_at(store, positions))
    write_html(part.run, shown, folder / f"{part.stem}.html", lang, part.title)
    bare = cases_at(store, positions, accepted_bare=True)  # the workbook shows no more of them
    table = (masked_case(case, mask) for case in bare)
    write_xlsx(part.run, table, folder / f"{part.stem}.xlsx", lang)


def _opened(path: Path) -> tuple[Store, Mask]:
    """What a worker reads of."""
    store = Store(path, readonly=True)
    return store, mask_of(store)


def _closed(tool: tuple[Store, Mask]) -> None:
    tool[0].close()


def _given_up(page: _Page, reason: str) -> None:
    raise StoreError("report_unwritable", name=f"{page.part.stem}.html", why=reason)
