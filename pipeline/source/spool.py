"""Jobs and delivered files of a large cohort on the disk, read as they are needed.

A record is a tuple of plain values, packed in blocks: a tenth of the time that the classes' own
way of travelling takes. The file has no name, so that nothing is left of it, however the
process ends.
"""

from __future__ import annotations

import pickle
import tempfile
import weakref
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

from pipeline.core.delivery import Delivered, Fate
from pipeline.core.types import ImageFile, Job, Measurement, Reference, Subject

BLOCK = 256  # records
Record = tuple[Any, ...]
T = TypeVar("T")

_SUBJECT = tuple(field.name for field in fields(Subject))


class Spool(Sequence[T], Generic[T]):
    """Records in their order, each made anew whenever it is asked for.

    Args:
        unpacked: Makes what a record stands for.
        blocks: As `blocks` gives them; each is written and let go.
    """

    def __init__(self, unpacked: Callable[[Record], T], blocks: Iterable[bytes]) -> None:
        self._unpacked, self._length, self._ends = unpacked, 0, array("q", [0])
        self._file = tempfile.TemporaryFile(prefix="photoproof-")  # noqa: SIM115 - closed below
        weakref.finalize(self, self._file.close)
        self._read: tuple[int, list[Record]] = -1, []
        last = b""
        for block in blocks:
            self._file.write(block)
            self._ends.append(self._ends[-1] + len(block))
            last = block
        self._file.flush()
        if last:
            self._length = (len(self._ends) - 2) * BLOCK + len(pickle.loads(last))  # noqa: S301 - ours

    def __len__(self) -> int:
        """How many there are."""
        return self._length

    def __iter__(self) -> Iterator[T]:
        """All, in order."""
        for number in range(len(self._ends) - 1):
            yield from map(self._unpacked, self._block(number))

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...
    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        """What stands at a place, or those that stand at several."""
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        number, row = divmod(place % len(self), BLOCK)
        if self._read[0] != number:
            self._read = number, self._block(number)
        return self._unpacked(self._read[1][row])

    def _block(self, number: int) -> list[Record]:
        start, end = self._ends[number], self._ends[number + 1]
        self._file.seek(start)
        records: list[Record] = pickle.loads(self._file.read(end - start))  # noqa: S301 - ours
        return records


def blocks(records: Iterable[Record]) -> Iterator[bytes]:
    """Records packed, `BLOCK` together, the last ones fewer."""
    waiting = iter(records)
    while together := list(islice(waiting, BLOCK)):
        yield pickle.dumps(together, pickle.HIGHEST_PROTOCOL)


def packed_job(job: Job) -> Record:
    """A job as a record."""
    return (
        tuple(getattr(job.subject, name) for name in _SUBJECT),
        _packed_file(job.photo),
        tuple((reference.kind, _packed_file(reference.file)) for reference in job.references),
        tuple(map(tuple, job.facts)),
    )


def unpacked_job(record: Record) -> Job:
    """The job of `packed_job`."""
    subject, photo, references, facts = record
    return Job(
        Subject(*subject),
        None if photo is None else _unpacked_file(photo),
        tuple(Reference(kind, _unpacked_file(file)) for kind, file in references),
        tuple(map(Measurement._make, facts)),
    )


def packed_delivered(file: Delivered) -> Record:
    """A delivered file as a record."""
    return (
        *(file.path, file.name, file.kind, file.fate.value, file.student_key, file.matched_by),
        *(file.why, file.weak, file.near, _packed_file(file.file), file.sha256, file.pages),
    )


def unpacked_delivered(record: Record) -> Delivered:
    """The delivered file of `packed_delivered`."""
    path, name, kind, fate, key, matched_by, why, weak, near, file, sha256, pages = record
    content = None if file is None else _unpacked_file(file)
    return Delivered(
        *(path, name, kind, Fate(fate), key, matched_by, why, weak, near, content, sha256, pages)
    )


def _packed_file(file: ImageFile | None) -> Record | None:
    if file is None:
        return None
    return str(file.path), file.member, file.member_name, file.inside, file.page


def _unpacked_file(record: Record) -> ImageFile:
    path, *rest = record
    return ImageFile(Path(path), *rest)
