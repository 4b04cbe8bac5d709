"""Everybody whom a night knows, by place in the roster; of each, 32 bytes are held.

A job is read from the cohort when it is needed, and not kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.core.types import Cohort, Job


class Roll:
    """Every student's job with its key, then a job for every photo that nobody claims.

    Args:
        cohort: From `pipeline.source.gather`.
    """

    def __init__(self, cohort: Cohort) -> None:
        self._jobs, self._strays = cohort.jobs, cohort.strays

    def __len__(self) -> int:
        """How many there are."""
        return len(self._jobs) + len(self._strays)

    def __iter__(self) -> Iterator[tuple[str, Job]]:
        """Everybody, in order."""
        for job in self._jobs:
            yield job.subject.student_key, job
        for number, job in enumerate(self._strays, 1):
            yield _stray(number, job), job

    def at(self, place: int) -> tuple[str, Job]:
        """Who is at a place, from 0."""
        beyond = place - len(self._jobs)
        if beyond < 0:
            job = self._jobs[place]
            return job.subject.student_key, job
        return _stray(beyond + 1, self._strays[beyond]), self._strays[beyond]


class Prints:
    """Everybody's fingerprint, by place.

    Args:
        prints: In order, each 64 hexadecimal digits.
    """

    def __init__(self, prints: Iterable[str]) -> None:
        self._bytes = bytearray()
        for one in prints:
            self._bytes += bytes.fromhex(one)

    def __getitem__(self, place: int) -> str:
        """The fingerprint of who is at a place."""
        return self._bytes[32 * place : 32 * place + 32].hex()


def photo_name(job: Job) -> str:
    """What the photo's file is called; "" without one."""
    return job.photo.name if job.photo else ""


def _stray(number: int, job: Job) -> str:
    return f"extra:{number}:{photo_name(job)}"
