"""Who is looked at in a night, and of whom no more than the templates are made anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import replace

from pipeline.core.types import Evidence, Job
from pipeline.store import Store

Progress = Callable[[int, int], None]
Results = Generator[tuple[str, Evidence], None, None]


def look(
    store: Store,
    jobs: Mapping[str, Job],
    prints: Mapping[str, str],
    work: Callable[[list[tuple[str, Job]]], Results],
    on_progress: Progress,
) -> tuple[list[tuple[str, Job]], dict[str, float]]:
    """Look at who was not looked at, and see that there is everybody's template.

    What is concluded across students needs them all. Of those whose faces are known from an
    earlier look nothing else is made anew; who has no such points on record is looked at.

    Returns:
        Who was looked at, and seconds by stage.
    """
    store.cohort.look_again_for_templates(without_points=True)
    pending = students_due(store, jobs, prints)
    waiting = {student_key for student_key, _ in pending}
    known = {
        student_key: points
        for student_key, points in store.cohort.faces_without_templates().items()
        if student_key not in waiting
    }
    again = [(key, replace(jobs[key], points=points)) for key, points in known.items()]
    seconds: Counter[str] = Counter()

    def work_off(due: list[tuple[str, Job]], known: Mapping[str, Mapping[str, str]]) -> None:
        done = len(jobs) - len(due)
        results = work(due)
        _save(store, results, prints, known, seconds, (done, len(jobs)), on_progress)

    work_off([*again, *pending], known)
    store.cohort.look_again_for_templates()
    if left := students_due(store, jobs, prints):  # a face could not be cut out again
        work_off(left, {})
    return [*pending, *left], {stage: round(spent, 3) for stage, spent in seconds.items()}


def students_due(
    store: Store, jobs: Mapping[str, Job], prints: Mapping[str, str]
) -> list[tuple[str, Job]]:
    """Students of whom the store has no evidence, or evidence of something else."""
    done = store.fingerprints()
    return [
        (student_key, job)
        for student_key, job in jobs.items()
        if done.get(student_key) != prints[student_key]
    ]


def _save(
    store: Store,
    results: Results,
    prints: Mapping[str, str],
    known: Mapping[str, Mapping[str, str]],
    seconds: Counter[str],
    progress: tuple[int, int],
    on_progress: Progress,
) -> None:
    """Save what comes back, templates alone of known faces, and tell how many are done."""
    done, total = progress
    on_progress(done, total)
    with closing(results):
        for student_key, evidence in results:
            if student_key not in known:
                store.save(student_key, prints[student_key], evidence)
            elif evidence.templates.keys() == known[student_key].keys():
                store.cohort.remember(student_key, evidence.templates)
            seconds.update(evidence.seconds)
            done += 1
            on_progress(done, total)
