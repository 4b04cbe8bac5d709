"""The whole nightly job as one call: run, then write what people read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from secrets import token_hex

from models import manifest
from pipeline.cohort.conclude import effective
from pipeline.core.errors import ConfigError, StoreError
from pipeline.core.policy import Policy, Profile
from pipeline.core.types import Cohort
from pipeline.core.words import DEFAULT_LANGUAGE, Language
from pipeline.night import folder
from pipeline.night.cards import owners_of
from pipeline.night.executors import Executor
from pipeline.night.executors.assessing import EngineFactory
from pipeline.night.executors.here import Here
from pipeline.night.executors.processes import Processes
from pipeline.night.folder import database_of, locked
from pipeline.night.intake import Sources, keep_assigned, read_intake
from pipeline.night.looking import Progress
from pipeline.night.publishing import publish
from pipeline.night.rules import parts_of
from pipeline.night.run import Plan, assess_cohort
from pipeline.night.safety import check_intake
from pipeline.night.tally import decide_all
from pipeline.store import RunSummary, Store
from pipeline.store.ledger import Ledger
from pipeline.store.masking import mask_of
from pipeline.student.engine import network_engine


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where a run's files are, and its summary, the record of `run.json`."""

    summary: RunSummary
    csv: Path
    html: Path
    xlsx: Path
    json: Path


def run_sources(
    sources: Sources,
    out: Path,
    policy: Policy,
    profile: Profile,
    *,
    force: bool = False,
    workers: int = 1,
    executor: Executor | None = None,
    rehash: bool = False,
    lang: Language = DEFAULT_LANGUAGE,
    on_progress: Progress = lambda *_: None,
) -> Outputs:
    """Take in what is given, stop where it is too far from what was to be expected, and run.

    Args:
        sources: Roster, photos, references.
        out: Output folder.
        policy: Thresholds and severities.
        profile: The photo standard.
        force: Go on where the safety catch would stop.
        workers: Processes.
        executor: Where students are looked at; as for `run_night`.
        rehash: Read every file again, whatever its size and times say of it.
        lang: Of the reports.
        on_progress: Called with students done and students in all.

    Raises:
        IntakeStopped: The safety catch.
        RosterError: The roster cannot be read or does not tell students apart.
        SourceError: A folder or archive cannot be used.
        StoreError: The folder is in use, foreign or not writable.
        ModelError: Weights are needed and not whole.
    """
    digests = manifest.expected(parts_of(policy))
    cohort = read_intake(sources, out)
    if not force:
        check_intake(cohort, out, policy.intake)
    keep_assigned(out, cohort.assigned)
    return run_night(
        *(cohort, out, policy, profile),
        digests=digests,
        workers=workers,
        lang=lang,
        on_progress=on_progress,
        executor=executor,
        rehash=rehash,
        earlier=sources.earlier,
    )


def run_night(
    cohort: Cohort,
    out: Path,
    policy: Policy,
    profile: Profile,
    *,
    digests: Mapping[str, str],
    workers: int = 1,
    lang: Language = DEFAULT_LANGUAGE,
    on_progress: Progress = lambda *_: None,
    factory: EngineFactory | None = None,
    executor: Executor | None = None,
    rehash: bool = False,
    earlier: Sequence[Path] = (),
) -> Outputs:
    """Assess, decide and report a cohort.

    Args:
        cohort: From `pipeline.source.gather`.
        out: Output folder.
        policy: Thresholds and severities.
        profile: The photo standard.
        digests: From `models.manifest.expected`. The weights are verified before the first photo
            is looked at, and not where none has to be.
        workers: Processes.
        lang: Of the reports.
        on_progress: Called with students done and students in all.
        factory: Another engine than the networks; for tests.
        executor: Where students are looked at; by default processes on this machine, and for
            another engine with one worker this process.
        rehash: Read every file again, whatever its size and times say.
        earlier: Output folders of earlier runs, whose photos are known again.

    Raises:
        StoreError: The folder is in use, foreign or not writable.
        ModelError: Weights are needed and not whole.
    """
    executor = executor or (Here() if factory and workers <= 1 else Processes(workers))
    plan = Plan(out, policy, profile, digests, workers, executor, rehash=rehash, earlier=earlier)
    if factory is None:
        names = policy.comparison.recognisers
        owners = owners_of(cohort) if policy.card.read else None
        factory = partial(network_engine, policy.input, names, owners)
        plan = replace(plan, caged=True, verify=partial(manifest.digests, parts_of(policy)))
    summary = assess_cohort(cohort, plan, factory, on_progress)
    return _publish(out, summary, lang)


def redecide(out: Path, policy: Policy, profile: Profile, lang: Language) -> Outputs:
    """Judge a finished run by another policy and write its reports anew; no photo is read.

    Raises:
        StoreError: There is no finished run in `out`, or it is in use.
        ConfigError: The policy compares with another recogniser than the run did.
    """
    database = database_of(out)
    with locked(out), Store(database) as store:
        store.own_key.unlock()
        summary = store.finished()
        _same_recogniser(summary, policy, out)
        judged, calibration = effective(store, policy)
        summary = replace(
            summary,
            counts=decide_all(store, judged, profile).counts,
            policy=policy.model_dump(mode="json"),
            profile=policy.profile,
            thresholds={
                kind: judged.comparison.of(kind).model_dump() for kind in summary.thresholds
            },
            calibration=calibration,
        )
        store.finish(summary)
    return _publish(out, summary, lang)


def _same_recogniser(summary: RunSummary, policy: Policy, out: Path) -> None:
    """Refuse to hold one recogniser's scores against another's thresholds."""
    if summary.recogniser != policy.comparison.recogniser:
        raise ConfigError(
            "recogniser_differs",
            out=out,
            recogniser=summary.recogniser,
            wanted=policy.comparison.recogniser,
        )


def _identity(store: Store) -> str:
    """What this folder's reports are known by, so that decisions made in one come back here."""
    known = store.noted("identity") or token_hex(8)
    with store.transaction():
        store.note("identity", known)
    return known


def _masked(store: Store, summary: RunSummary) -> RunSummary:
    """The summary as it may leave: what it says and the files that it names without ID numbers."""
    left = summary.intake.get("left", {})
    lacking = summary.intake.get("missing_references", [])
    if not (summary.remarks or any(left.values()) or lacking):
        return summary
    mask = mask_of(store)
    named = {
        fate: [[mask(name), why, list(map(mask, keys))] for name, why, keys in files]
        for fate, files in left.items()
    }
    intake = {**summary.intake, "left": named} if left else dict(summary.intake)
    if lacking:
        intake["missing_references"] = [[mask(key), mask(name)] for key, name in lacking]
    return replace(summary, remarks=tuple(map(mask, summary.remarks)), intake=intake)


def _publish(out: Path, summary: RunSummary, lang: Language) -> Outputs:
    """See that the four files people and programs read are there and tell what the store does."""
    with locked(out) as held, Store(database_of(out)) as store:
        if store.summary() != summary:
            raise StoreError("run_replaced", out=out)
        outputs = Outputs(
            replace(_masked(store, summary), identity=_identity(store)),
            out / folder.RESULTS,
            out / folder.PAGE,
            out / folder.WORKBOOK,
            out / folder.SUMMARY,
        )
        publish(store, outputs.summary, out, lang)
        if summary.policy.get("cohort", {}).get("one_to_many"):
            from pipeline.night.proposing import write_proposals

            write_proposals(store, summary.thresholds, out, lang)
        held.still_there()
        with Ledger(out / folder.LEDGER) as ledger:
            ledger.decided(store.decisions_digest(), store.stamp())
        outputs.summary.write(outputs.json)
    return outputs
