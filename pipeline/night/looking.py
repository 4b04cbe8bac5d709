"""Who is looked at in a night, and of whom no more than the templates are made anew."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from time import monotonic
from typing import TypeAlias

from pipeline.core.types import Job
from pipeline.night.roll import Prints, Roll
from pipeline.store import Store
from pipeline.store.packing import Kept

Progress = Callable[[int, int], None]
Results = Generator[tuple[str, Kept], None, None]
Work = Callable[[Iterable[tuple[str, Job]]], Results]
Places: TypeAlias = "array[int]"  # in the roll; 8 bytes each

# What comes within so short a time of the last saving waits for the next, so that many are saved in
# one transaction where they come fast: one each would take the store half as long again.
_TOGETHER, _TOGETHER_S = 64, 0.02


def look(
    store: Store, roll: Roll, prints: Prints, work: Work, on_progress: Progress
) -> tuple[int, dict[str, float]]:
    """Look at who was not looked at, and see that there is everybody's template.

    What is concluded across students needs them all. Of those whose faces are known from an
    earlier look nothing else is made anew; who has no such points on record is looked at.

    Returns:
        How many were looked at, and seconds by stage.
    """
    store.cohort.look_again_for_templates(without_points=True)
    due = places_due(store, prints)
    waiting = bytearray(len(roll))
    for place in due:
        waiting[place] = True
    gone = store.cohort.places_without_templates()
    known = array("q", (place for place in gone if not waiting[place]))
    pass_ = _Pass(store, roll, prints, work, on_progress)
    pass_.work_off(known, due)
    store.cohort.look_again_for_templates()
    if left := places_due(store, prints):  # a face could not be cut out again
        pass_.work_off(array("q"), left)
    return len(due) + len(left), {s: round(spent, 3) for s, spent in pass_.seconds.items()}


def places_due(store: Store, prints: Prints) -> Places:
    """Places of whom the store has no evidence, or evidence of something else."""
    done = store.cohort.prints_in_order()
    return array("q", (place for place, known in done if known != prints[place]))


class _Pass:
    """Jobs handed out, and what comes back saved; held are those that somebody is at.

    Attributes:
        seconds: Spent so far, by stage.
    """

    def __init__(
        self, store: Store, roll: Roll, prints: Prints, work: Work, on_progress: Progress
    ) -> None:
        self._store, self._roll, self._prints = store, roll, prints
        self._work, self._on_progress = work, on_progress
        self._out: dict[str, tuple[int, Mapping[str, str] | None]] = {}
        self._unsaved: list[tuple[str, str, Kept]] = []
        self._saved = 0.0
        self.seconds: Counter[str] = Counter()

    def work_off(self, known: Places, due: Places) -> None:
        """Templates alone of those whose faces are known, everything of those who are due."""
        total = len(self._roll)
        done = total - len(known) - len(due)
        self._on_progress(done, total)
        try:
            with closing(self._work(self._handed_out(known, due))) as results:
                for student_key, kept in results:
                    self._take(student_key, kept)
                    self.seconds.update(kept.seconds)
                    done += 1
                    self._on_progress(done, total)
        finally:
            self._save()

    def _handed_out(self, known: Places, due: Places) -> Iterator[tuple[str, Job]]:
        for place in known:
            student_key, job = self._roll.at(place)
            points = self._store.cohort.points_at(place)
            self._out[student_key] = place, points
            yield student_key, replace(job, points=points)
        for place in due:
            student_key, job = self._roll.at(place)
            self._out[student_key] = place, None
            yield student_key, job

    def _take(self, student_key: str, kept: Kept) -> None:
        """Save what comes back, templates alone of a known face."""
        place, points = self._out.pop(student_key)
        if points is None:
            self._unsaved.append((student_key, self._prints[place], kept))
            if len(self._unsaved) == _TOGETHER or monotonic() - self._saved > _TOGETHER_S:
                self._save()
        elif kept.templates.keys() == points.keys():
            self._store.cohort.remember(student_key, kept.templates)

    def _save(self) -> None:
        waiting, self._unsaved = self._unsaved, []
        if waiting:
            self._store.save(*waiting)
        self._saved = monotonic()
