"""A night of the whole site: intake, run, reports and retention of each cohort, then messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from pathlib import Path
from secrets import token_hex
from time import perf_counter
from typing import Any

from filelock import FileLock, Timeout

from pipeline.core.cores import usable_cores
from pipeline.core.errors import ConfigError, IntakeStopped, PhotoproofError, StoreError
from pipeline.core.policy import Policy, Profile
from pipeline.core.private import make_folder
from pipeline.core.said import Said
from pipeline.core.words import words
from pipeline.desk.cases.desk import opened
from pipeline.desk.cases.verdicts import State
from pipeline.night.executors import Executor
from pipeline.night.executors.choosing import executor_of
from pipeline.night.folder import DATABASE
from pipeline.night.intake import read_intake
from pipeline.night.nightly import run_sources
from pipeline.night.purge import purge_run
from pipeline.night.rules import rules_of
from pipeline.night.safety import doubts
from pipeline.site.arriving import unsettled, whole_files
from pipeline.site.auditing import hand_out, tampered, told
from pipeline.site.config import Cohort, Site
from pipeline.site.deliveries import forget_handed_in
from pipeline.site.keeping import forget_all_nights, forget_old_nights, keep_night, nights_of
from pipeline.site.log import Log
from pipeline.site.messages import message, send
from pipeline.site.outcome import CohortNight, Outcome
from pipeline.site.sources import read_by_workers, sources_of
from pipeline.source.found import ARRIVING
from pipeline.store import Store
from pipeline.student.allowance import workers_within

_TURN_S = 1  # a delivery that is taken back holds the site for a moment
BY = "nightly"  # who is on record for what a night deletes
OnProgress = Callable[[str, int, int], None]


def work_site(
    site: Site,
    only: Sequence[str] = (),
    *,
    force: bool = False,
    dry_run: bool = False,
    today: date | None = None,
    on_progress: OnProgress = lambda *_: None,
) -> list[CohortNight]:
    """Work through the cohorts in the file's order, and tell the site's people.

    One that is broken does not stop the others.

    Args:
        site: From its file.
        only: Names of cohorts; all of them by default.
        force: Go on where the safety catch would stop.
        dry_run: Read what has come in, say what would be done, write and send nothing.
        today: The night's date; the machine's by default.
        on_progress: Called with cohort, students done and students in all.

    Raises:
        ConfigError: `only` names a cohort that the file does not have.
        StoreError: Another night is at work on this site.
    """
    unknown = [name for name in only if name not in site.cohorts]
    if unknown:
        known = ", ".join(site.cohorts)
        raise ConfigError("no_cohort", cohort=unknown[0], names=known)
    day = today or date.today()
    log = Log(f"{day.isoformat()}-{token_hex(4)}")
    names = _fairly(site, only or site.cohorts)
    if dry_run:
        return [_tried(site, name, day) for name in names]
    with one_night_at_a_time(site):
        log.info("night_begun")
        found = tampered(site, names)
        with _executor(site) as executor:
            nights = [
                _worked(site, name, day, log, executor, force=force, on_progress=on_progress)
                for name in names
            ]
        nights = told(nights, found, site)
        hand_out(site, names, log)
        _tell(site, log, nights)
    return nights


def _executor(site: Site) -> AbstractContextManager[Executor]:
    """Where all cohorts' students are looked at: workers start once a night, not once a cohort."""
    how = site.nightly
    workers = how.workers if how.address else workers_of(site)
    executor = executor_of(how.engine, how.address, workers, how.carry_files)
    return executor.standing(read_by_workers(site))


def workers_of(site: Site) -> int:
    """As many processes as the file wants, where they fit the memory that it leaves a night."""
    wanted = site.nightly.workers or usable_cores()
    limit = site.nightly.memory_mb
    return min(wanted, workers_within(limit * 10**6)) if limit else wanted


def _fairly(site: Site, names: Iterable[str]) -> list[str]:
    """Those that waited longest come first: after a night that was cut off, those it left out."""
    return sorted(names, key=lambda name: [night.name for night in nights_of(site, name)[-1:]])


@contextmanager
def one_night_at_a_time(site: Site) -> Iterator[None]:
    """The site held by one night, or by what must not meet one.

    Raises:
        StoreError: A night is at work.
    """
    make_folder(site.path(site.home))
    lock = FileLock(site.path(site.home) / ".nightly.lock")
    try:
        lock.acquire(timeout=_TURN_S)
    except Timeout as error:
        raise StoreError("night_at_work") from error
    with lock:
        yield


def _tell(site: Site, log: Log, nights: Sequence[CohortNight]) -> None:
    finished = datetime.now().astimezone().isoformat(timespec="seconds")
    for channel, fault in send(site, message(site, log.night, nights, finished)):
        if fault:
            log.error("message_failed", channel=channel, error=fault)
        else:
            log.info("message_sent", channel=channel)
    log.info("night_ended", nights=len(nights))


def _tried(site: Site, name: str, day: date) -> CohortNight:
    """What a night would do, with nothing written."""
    cohort = site.cohorts[name]
    try:
        if _over(cohort, day):
            return _night(cohort, name, Outcome.WELL, said=(words("night", site.lang)["due"],))
        if waiting := unsettled(whole_files(site, cohort), site.nightly.settle_minutes):
            return _night(cohort, name, Outcome.ARRIVING, arriving=len(waiting))
        rules, _ = _rules(site, name)
        found = read_intake(sources_of(site, name), site.run_of(name))
        said = tuple(doubts(found, site.run_of(name), rules.intake))
    except IntakeStopped as error:
        return _night(cohort, name, Outcome.STOPPED, said=(error.message,))
    except PhotoproofError as error:
        return _broken(site, cohort, name, error)
    outcome = Outcome.STOPPED if said else Outcome.WELL
    arriving = sum(file.why == ARRIVING for file in found.delivered)
    told = tuple(_without_path(site, name, sentence) for sentence in said)
    return _night(cohort, name, outcome, students=len(found.jobs), arriving=arriving, said=told)


def _worked(
    site: Site,
    name: str,
    day: date,
    log: Log,
    executor: Executor,
    *,
    force: bool,
    on_progress: OnProgress,
) -> CohortNight:
    """One cohort's night; whatever goes wrong is told, and ends this one only."""
    cohort, clock = site.cohorts[name], perf_counter()
    try:
        night = _work(site, name, day, executor, force, on_progress)
    except IntakeStopped as error:
        said = _without_path(site, name, error.message)
        night = _night(cohort, name, Outcome.STOPPED, said=(said,))
    except (PhotoproofError, OSError) as error:
        night = _broken(site, cohort, name, error)
        log.error("cohort_broken", cohort=name, error=type(error).__name__, code=_code(error))
    except Exception as error:  # noqa: BLE001 - one broken cohort never stops the others
        night = _broken(site, cohort, name, error)
        log.error("cohort_broken", cohort=name, error=type(error).__name__)
    log.info(
        "cohort_ended",
        cohort=name,
        outcome=night.outcome.value,
        students=night.students,
        assessed=night.assessed,
        waiting=night.waiting,
        arriving=night.arriving,
        seconds=round(perf_counter() - clock, 3),
    )
    return night


def _work(
    site: Site, name: str, day: date, executor: Executor, force: bool, on_progress: OnProgress
) -> CohortNight:
    cohort, run = site.cohorts[name], site.run_of(name)
    if _over(cohort, day):
        return _forget(site, cohort, name)
    if waiting := unsettled(whole_files(site, cohort), site.nightly.settle_minutes):
        return _night(cohort, name, Outcome.ARRIVING, arriving=len(waiting))
    outputs = run_sources(
        *(sources_of(site, name), run, *_rules(site, name)),
        force=force,
        workers=workers_of(site),
        executor=executor,
        lang=site.lang,
        on_progress=lambda done, total: on_progress(name, done, total),
    )
    kept = keep_night(site, name, day)
    forget_old_nights(site, name)
    waits = _waiting(run)
    return _night(
        cohort,
        name,
        Outcome.WAITING if waits else Outcome.WELL,
        students=outputs.summary.students,
        assessed=outputs.summary.assessed,
        decisions=dict(outputs.summary.counts.decision),
        waiting=waits,
        arriving=_arriving(run),
        night=kept.name,
    )


def _forget(site: Site, cohort: Cohort, name: str) -> CohortNight:
    """Delete what is held of a cohort whose time is over; again where that was cut off."""
    run = site.run_of(name)
    gone = forget_all_nights(site, name) + forget_handed_in(site, name)
    if (run / DATABASE).is_file() and (purged := purge_run(run, BY)):
        gone += purged.students
    said = (words("night", site.lang)["purged"],) if gone else ()
    return _night(cohort, name, Outcome.WELL, said=said, purged=True)


def _arriving(run: Path) -> int:
    """Files that were left for the next night."""
    with Store(run / DATABASE, readonly=True) as store:
        return sum(file.why == ARRIVING for file in store.deliveries.left())


def _over(cohort: Cohort, day: date) -> bool:
    return cohort.kept_until is not None and day > cohort.kept_until


def _waiting(run: Path) -> int:
    """Cases that wait for people's answers."""
    with opened(run) as desk:
        return sum(item.state is State.TODO for item in desk.queued())


def _rules(site: Site, name: str) -> tuple[Policy, Profile]:
    """A cohort's policy and photo standard."""
    cohort = site.cohorts[name]
    own = None if cohort.policy is None else site.path(cohort.policy)
    return rules_of(own, site.profile_of(name), cohort.search_owner)


def _without_path(site: Site, name: str, sentence: str) -> str:
    """A sentence of the safety catch without the folder, which is nobody's business in a mail."""
    run = site.run_of(name)

    def named(value: Any) -> Any:
        if isinstance(value, Said):
            return Said(value.key, {field: named(part) for field, part in value.values.items()})
        if isinstance(value, tuple):
            return type(value)(map(named, value))
        return name if value == run else value

    told: str = named(sentence)
    return told


def _broken(site: Site, cohort: Cohort, name: str, error: Exception) -> CohortNight:
    """Told by its code: a message of the error could name a file, and a file a person."""
    code, fault = str(_code(error)), tuple[str, ...]()
    if isinstance(error, PhotoproofError):
        fault = (error.message, error.hint)
    else:  # a fault of ours or of the machine, whose kind helps whoever looks for it
        code = f"{code}, {type(error).__name__}"
    told = words("night", site.lang)["fault"].format(code=code)
    return _night(cohort, name, Outcome.BROKEN, said=(told,), fault=tuple(filter(None, fault)))


def _code(error: Exception) -> int:
    return error.exit_code if isinstance(error, PhotoproofError) else 1


def _night(cohort: Cohort, name: str, outcome: Outcome, **more: object) -> CohortNight:
    return CohortNight(name, cohort.title, outcome, **more)  # type: ignore[arg-type]
