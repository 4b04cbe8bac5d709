"""Reports written one after the other or, of a large run, several at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline.core.cores import usable_cores
from pipeline.core.delivery import Delivered
from pipeline.core.errors import StoreError
from pipeline.core.privacy import Mask
from pipeline.core.words import Language
from pipeline.night.colleges import pages_of
from pipeline.night.executors import Duty
from pipeline.night.executors.here import Here
from pipeline.night.executors.processes import Processes
from pipeline.night.folder import COLLEGES, FILES, PAGE, RESULTS, WORKBOOK
from pipeline.report import write_csv, write_files, write_html, write_xlsx
from pipeline.report.by_college import write_index_html, write_index_xlsx
from pipeline.report.view import masked_case, masked_file
from pipeline.store import RunSummary, Store
from pipeline.store.by_college import bare_cases
from pipeline.store.masking import mask_of

_Tool = tuple[Store, Mask]


@dataclass(frozen=True, slots=True)
class Writing:
    """A report to be written.

    Attributes:
        name: Of its file, for faults.
        write: Called with the run's store and the mask of its ID numbers; picklable.
    """

    name: str
    write: Callable[[Store, Mask], None]


def write_reports(
    store: Store,
    summary: RunSummary,
    folder: Path,
    lang: Language,
    due: Collection[str],
    most: int,
) -> None:
    """Write those that are due into a folder; of a large run as many at once as it has workers.

    Args:
        store: With every decision; nobody writes to it meanwhile.
        summary: Of the run, with its identity.
        folder: Where to.
        lang: Of the reports.
        due: Of `REPORTS`. With `COLLEGES` among them page and workbook are indexes of those.
        most: Students a page of a college.

    Raises:
        StoreError: A file cannot be written.
    """
    mask = mask_of(store)
    writings = [  # the longest first
        Writing(name, partial(write, folder / name, lang))
        for name, write in ((RESULTS, _results), (FILES, _files))
        if name in due
    ]
    if COLLEGES in due:
        pages = pages_of(store, summary, folder / COLLEGES, mask, lang, most)
        with pages as (parts, of_parts):
            ready = [Writing(name, write) for name, write in of_parts]
            workers = min(summary.workers, usable_cores())
            _write_all(store, mask, [*writings, *ready], workers)
        write_index_html(summary, parts, folder / PAGE, lang)
        left = _left(store, mask)
        write_index_xlsx(summary, parts, folder / WORKBOOK, lang, left)
        return
    for name, whole in ((PAGE, _page), (WORKBOOK, _workbook)):
        if name in due:
            writings.append(Writing(name, partial(whole, folder / name, lang, summary)))
    _write_all(store, mask, writings)


def _results(path: Path, _: Language, store: Store, mask: Mask) -> None:
    write_csv((masked_case(case, mask) for case in bare_cases(store)), path)


def _files(path: Path, lang: Language, store: Store, mask: Mask) -> None:
    write_files((masked_file(file, mask) for file in store.deliveries.all()), path, lang)


def _page(path: Path, lang: Language, summary: RunSummary, store: Store, mask: Mask) -> None:
    write_html(summary, (masked_case(case, mask) for case in store.cases()), path, lang)


def _workbook(path: Path, lang: Language, summary: RunSummary, store: Store, mask: Mask) -> None:
    cases = (masked_case(case, mask) for case in store.cases())
    write_xlsx(summary, cases, path, lang, files=_left(store, mask))


def _left(store: Store, mask: Mask) -> Iterator[Delivered]:
    """Files that are not in use."""
    return (masked_file(file, mask) for file in store.deliveries.left())


def _write_all(store: Store, mask: Mask, writings: Sequence[Writing], workers: int = 1) -> None:
    """In their order; with several workers each process reads the store and makes its own mask."""
    here = workers <= 1 or len(writings) <= 1
    duty: Duty[_Tool, Writing, None] = Duty(
        begin=(lambda: (store, mask)) if here else partial(_opened, store.path),
        work=_write,
        given_up=_given_up,
        end=(lambda _: None) if here else _closed,
    )
    executor = Here() if here else Processes(workers)
    for _ in executor.work_off(enumerate(writings), duty):
        pass


def _write(tool: _Tool, writing: Writing) -> None:
    writing.write(*tool)


def _opened(path: Path) -> _Tool:
    """What a worker reads of."""
    store = Store(path, readonly=True)
    return store, mask_of(store)


def _closed(tool: _Tool) -> None:
    tool[0].close()


def _given_up(writing: Writing, reason: str) -> None:
    raise StoreError("report_unwritable", name=writing.name, why=reason)
