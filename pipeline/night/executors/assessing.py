"""The duty of a night: students are assessed, each worker by an engine of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import chain
from pathlib import Path

from pipeline.core.cage import together
from pipeline.core.errors import ModelError
from pipeline.core.measurements import ASSESS_ERROR
from pipeline.core.types import Cohort, Evidence, Job, Measurement
from pipeline.night.executors import Afar, Duty
from pipeline.store.packing import Kept, keep
from pipeline.student.engine import Engine

EngineFactory = Callable[[], Engine]


def assessing(
    factory: EngineFactory, reads: tuple[Path, ...] | None = None, afar: Afar[Job] | None = None
) -> Duty[Engine, Job, Evidence]:
    """Jobs become evidence; never raises for a bad photo.

    Args:
        factory: Makes an engine, in each worker; picklable.
        reads: As `Duty.reads`.
        afar: As `Duty.afar`.
    """
    return Duty(partial(_started, factory), assess_one, _failed, _closed, reads, afar)


def assessing_for_store(
    factory: EngineFactory, reads: tuple[Path, ...] | None = None, afar: Afar[Job] | None = None
) -> Duty[Engine, Job, Kept]:
    """As `assessing`; what comes back is as the store keeps it."""
    return Duty(partial(_started, factory), _keep, _failed_kept, _closed, reads, afar)


def files_of(cohort: Cohort) -> tuple[Path, ...]:
    """What looking at a cohort reads: folders of plain files, and archives."""
    places: dict[Path, None] = {}
    for job in chain(cohort.jobs, cohort.strays):
        for file in (job.photo, *(reference.file for reference in job.references)):
            if file:
                places[file.path if file.member is not None else file.path.parent] = None
    return together(places)


def assess_one(engine: Engine, job: Job) -> Evidence:
    """One student; whatever goes wrong becomes a measurement with the reason.

    Raises:
        ModelError: A network cannot run: it would fail on everybody's photo.
    """
    try:
        return engine.assess(job)
    except ModelError:
        raise
    except Exception as error:  # noqa: BLE001 - the other of the two: a failing photo is data
        # The type alone: a message could quote a path, and a path could quote an ID number.
        return _failed(job, f"internal error ({type(error).__name__})")


def _failed(job: Job, reason: str) -> Evidence:
    return Evidence(measurements=(*job.facts, Measurement(ASSESS_ERROR, reason)))


def _keep(engine: Engine, job: Job) -> Kept:
    return keep(assess_one(engine, job))


def _failed_kept(job: Job, reason: str) -> Kept:
    return keep(_failed(job, reason))


def _started(factory: EngineFactory) -> Engine:
    engine = factory()
    engine.start()
    return engine


def _closed(engine: Engine) -> None:
    engine.close()
