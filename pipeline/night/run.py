"""The nightly run: the only place that knows the order of the stages across students."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

from models.arithmetic import ARITHMETIC
from pipeline import __version__
from pipeline.cohort.conclude import conclude_all, effective, histograms
from pipeline.cohort.neighbours import check_size, remarks_of
from pipeline.core.delivery import Delivered, Fate
from pipeline.core.digest import digest_of, digest_of_table
from pipeline.core.errors import StoreError
from pipeline.core.extensions import installed
from pipeline.core.measurements import REFUSED
from pipeline.core.memory import give_back
from pipeline.core.policy import InputLimits, Policy, Profile
from pipeline.core.said import said
from pipeline.core.types import SET_ASIDE, Cohort, Job, Subject
from pipeline.night.cards import Cards
from pipeline.night.earlier import remember
from pipeline.night.executors import Executor
from pipeline.night.executors.afar import afar_of
from pipeline.night.executors.assessing import EngineFactory, assessing_for_store, files_of
from pipeline.night.executors.here import Here
from pipeline.night.folder import DATABASE, locked
from pipeline.night.looking import Progress, Results, look, places_due
from pipeline.night.roll import Prints, Roll, photo_name
from pipeline.night.rules import parts_of
from pipeline.night.tally import decided
from pipeline.source.balance import balance
from pipeline.source.contents import Contents
from pipeline.store import RunSummary, Store
from pipeline.store.summary import Counts
from pipeline.student import measures

# Written to run.json.
_PACKAGES = ("opencv-contrib-python", "mediapipe", "openvino", "numpy", "pillow", "pillow-heif")

HASHED_BYTES = 4 << 30  # a college's archive that cannot be opened, a film beside the photos


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run needs to know beside the cohort.

    Attributes:
        out: Output folder; holds the store, so a run into the same folder continues it.
        digests: sha256 by weight id, part of every fingerprint.
        workers: As `run.json` names it.
        executor: Where students are looked at.
        caged: Workers may read the cohort's files and the program, and do nothing else.
        rehash: Read every file again, whatever its size and times say.
        earlier: Output folders of earlier runs, whose photos are known again.
        verify: Called before the first student is looked at; raises where the weights are not
            what `digests` says.
    """

    out: Path
    policy: Policy
    profile: Profile
    digests: Mapping[str, str] = field(default_factory=dict)
    workers: int = 1
    executor: Executor = field(default_factory=Here)
    caged: bool = False
    rehash: bool = False
    earlier: Sequence[Path] = ()
    verify: Callable[[], object] = lambda: None


def assess_cohort(
    cohort: Cohort, plan: Plan, factory: EngineFactory, on_progress: Progress = lambda *_: None
) -> RunSummary:
    """Assess and decide a cohort; what was already done for the same files is not done again.

    Args:
        cohort: From `pipeline.source.gather`.
        plan: Where to, and by which policy.
        factory: Makes the engine in each worker.
        on_progress: Called with students done and students in all.

    Returns:
        The run's summary, as it goes into `run.json`.

    Raises:
        InstallationError: There are too many students to compare all with all, and the extra that
            needs not is not installed.
        StoreError: The folder is locked by another run, foreign or not writable, or was renamed
            meanwhile; two students have one key.
    """
    started, clock = datetime.now(UTC), perf_counter()
    check_size(len(cohort.jobs))
    with locked(plan.out) as held, Store(plan.out / DATABASE) as store:
        store.own_key.unlock()
        if not plan.policy.privacy.keep_templates:
            store.cohort.hold_templates_in_memory(len(cohort.jobs))
        gathered = _gather_evidence(store, cohort, plan, factory, on_progress)
        if gathered.stale:
            conclude_all(store, plan.policy)
            give_back()  # templates of all and what was compared
        remember(store, plan.out, plan.earlier)
        judged, calibration = effective(store, plan.policy)
        way = remarks_of(len(cohort.jobs))
        tally = decided(store, judged, plan.profile)
        with store.transaction():
            store.note("cohort_key", gathered.cohort_key)
        seconds = perf_counter() - clock
        summary = RunSummary(
            photoproof=__version__,
            started=started.isoformat(timespec="seconds"),
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=round(seconds, 3),
            students=len(cohort.jobs),
            assessed=gathered.assessed,
            students_per_second=round(gathered.assessed / seconds, 2),
            workers=plan.workers,
            counts=tally.counts,
            intake=balance(cohort),
            stages=gathered.stages,
            versions=_versions(),
            models=dict(plan.digests),
            arithmetic=ARITHMETIC,
            instructions=tally.instructions,
            policy=plan.policy.model_dump(mode="json"),
            profile=plan.policy.profile,
            thresholds={
                kind: judged.comparison.of(kind).model_dump() for kind in sorted(_kinds(cohort))
            },
            calibration=calibration,
            non_mated=histograms(store),
            remarks=(*cohort.remarks, *gathered.remarks, *tally.remarks, *way),
        )
        _nobody_is_missing(cohort, tally.counts)
        held.still_there()
        store.finish(summary)
    return summary


def _nobody_is_missing(cohort: Cohort, counts: Counts) -> None:
    """A report with fewer students than the roster is never published."""
    wanted = len(cohort.jobs) + len(cohort.strays)
    decided_on = sum(counts.decision.values()) + sum(counts.strays.values())
    if decided_on != wanted:
        raise StoreError("somebody_missing", decided_on=decided_on, wanted=wanted)


def _versions() -> dict[str, str]:
    """Of the packages whose version can change a result, those of extensions among them."""
    return {name: version(name) for name in (*_PACKAGES, *(one.package for one in installed()))}


@dataclass(frozen=True, slots=True)
class _Gathered:
    """What came of looking at students.

    Attributes:
        cohort_key: Digest of all that conclusions across students depend on.
        stale: Conclusions have to be drawn anew.
        stages: Seconds by stage.
        remarks: For those who read the report.
    """

    cohort_key: str
    stale: bool
    assessed: int
    stages: dict[str, float]
    remarks: tuple[str, ...]


def _gather_evidence(
    store: Store, cohort: Cohort, plan: Plan, factory: EngineFactory, on_progress: Progress
) -> _Gathered:
    """See that the store has everybody's evidence; what this takes in memory is free again then."""
    roll = Roll(cohort)
    refused = _enrol(store, roll)
    store.cohort.forget_templates(refused)
    remarks = _arithmetic(store)
    cards = Cards(cohort, plan.digests, store)
    store.cohort.look_again(cards.outdated())
    prints = _fingerprints(roll, cohort, plan, store, cards)
    rules = plan.policy.cohort.model_dump(), plan.policy.comparison.model_dump()
    printed = ((key, prints[place]) for key, place in store.cohort.places_by_key())
    cohort_key = digest_of_table(printed, rules)
    pending = len(places_due(store, prints))
    stale = bool(pending) or store.noted("cohort_key") != cohort_key
    if stale:
        plan.verify()
        store.begin()
        afar = afar_of(plan.policy.input, parts_of(plan.policy), plan.digests)
        duty = assessing_for_store(factory, files_of(cohort) if plan.caged else None, afar)

        def work(due: Iterable[tuple[str, Job]]) -> Results:
            return plan.executor.work_off(cards.handed_on(due), duty)

        pending, stages = look(store, roll, prints, work, on_progress)
    else:
        stages = {}
        on_progress(len(roll), len(roll))
    return _Gathered(cohort_key, stale, pending, stages, remarks)


def _arithmetic(store: Store) -> tuple[str, ...]:
    """Note the arithmetic of what the store holds from now on; a remark where that was another.

    It is part of every fingerprint, so nothing of the other is left when the run ends.
    """
    before = store.noted("arithmetic")
    if before == ARITHMETIC:
        return ()
    measured = sum(map(bool, store.fingerprints().values()))
    with store.transaction():
        store.note("arithmetic", ARITHMETIC)
    if not measured:
        return ()
    known = before or said("note.arithmetic_unknown")
    return (said("note.arithmetic", students=measured, before=known, now=ARITHMETIC),)


def _enrol(store: Store, roll: Roll) -> list[str]:
    """Make the store's students those of the roll; who refuses comparison.

    Of these, what an earlier night kept goes at once.
    """
    refused: list[str] = []

    def enrolled() -> Iterator[tuple[str, Subject, str]]:
        for student_key, job in roll:
            if any(fact.name == REFUSED for fact in job.facts):
                refused.append(student_key)
            yield student_key, job.subject, photo_name(job)

    store.enrol(enrolled())
    return refused


def _kinds(cohort: Cohort) -> set[str]:
    """Kinds of reference that anybody has."""
    return {r.kind for job in cohort.jobs for r in job.references} - {SET_ASIDE}


def _fingerprints(roll: Roll, cohort: Cohort, plan: Plan, store: Store, cards: Cards) -> Prints:
    """By place, everything the evidence depends on; the store keeps what files are."""
    limits = plan.policy.input
    contents = Contents(store.files, limits.max_bytes, 0 if plan.rehash else limits.reread_days)
    common = digest_of(
        cards.other_networks,
        plan.policy.comparison.recogniser,
        limits.model_dump(exclude={"reread_days"}),
        *measures.versions(),
        ARITHMETIC,
        __version__,
    )
    with store.files.hashing():
        prints = Prints(
            digest_of(
                contents.of(job.photo),
                [(reference.kind, contents.of(reference.file)) for reference in job.references],
                job.facts,
                common,
                *cards.print_of(student_key, job, contents.of),
            )
            for student_key, job in roll
        )
        store.deliveries.replace(
            (file, contents.of(file.file, _limit_of(file, limits))) for file in cohort.delivered
        )
        store.files.replace()
    return prints


def _limit_of(file: Delivered, limits: InputLimits) -> int:
    """Bytes up to which a file's content is looked at; what is no picture is only hashed."""
    looked_at = file.fate in (Fate.USED, Fate.SET_ASIDE, Fate.UNMATCHED)
    return limits.max_bytes if looked_at else HASHED_BYTES
