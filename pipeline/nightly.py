"""The whole nightly job as one call: run, then write what people read. The CLI's API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any

from pipeline.across import effective
from pipeline.engines.networks import NetworkEngine
from pipeline.errors import ConfigError, StoreError
from pipeline.night import folder
from pipeline.night.folder import DATABASE, database_of, locked
from pipeline.policy import Policy, Profile
from pipeline.pool import EngineFactory
from pipeline.reasons import DEFAULT_LANGUAGE, Language
from pipeline.report import write_csv, write_html, write_xlsx
from pipeline.run import Plan, Progress, run
from pipeline.store import Store
from pipeline.tally import decide_all
from pipeline.types import Cohort


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where a run's files are, and its summary as in `run.json`."""

    summary: dict[str, Any]
    csv: Path
    html: Path
    xlsx: Path
    json: Path


def nightly(
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
) -> Outputs:
    """Assess, decide and report a cohort.

    Args:
        cohort: From `pipeline.source.gather`.
        out: Output folder.
        policy: Thresholds and severities.
        profile: The photo standard.
        digests: From `models.manifest.digests`, which has verified the weights.
        workers: Processes.
        lang: Of the reports.
        on_progress: Called with students done and students in all.
        factory: Another engine than the networks; for tests.

    Raises:
        StoreError: The folder is in use, foreign or not writable.
    """
    plan = Plan(out, policy, profile, digests, workers)
    networks = partial(NetworkEngine, policy.input, policy.comparison.recognisers)
    summary = run(cohort, plan, factory or networks, on_progress)
    return _publish(out, summary, lang)


def redecide(out: Path, policy: Policy, profile: Profile, lang: Language) -> Outputs:
    """Judge a finished run by another policy and write its reports anew; no photo is read.

    Raises:
        StoreError: There is no finished run in `out`, or it is in use.
        ConfigError: The policy compares with another recogniser than the run did.
    """
    database = database_of(out)
    with locked(out), Store(database) as store:
        noted = store.noted("run")
        if not noted:
            raise StoreError(f"{out}: its run was cut off", "Run it to its end first.")
        summary = json.loads(noted)
        _same_recogniser(summary, policy, out)
        judged, summary["calibration"] = effective(store, policy)
        summary["counts"] = decide_all(store, judged, profile).counts
        summary["policy"] = policy.model_dump(mode="json")
        summary["profile"] = policy.profile
        summary["thresholds"] = {
            kind: judged.comparison.of(kind).model_dump() for kind in summary["thresholds"]
        }
        with store.transaction():
            store.note("run", json.dumps(summary, ensure_ascii=False))
    return _publish(out, summary, lang)


def _same_recogniser(summary: Mapping[str, Any], policy: Policy, out: Path) -> None:
    """Refuse to hold one recogniser's scores against another's thresholds."""
    did = summary["policy"]["comparison"].get("recogniser", "sface")  # older runs knew no other
    if did != policy.comparison.recogniser:
        raise ConfigError(
            f"{out}: its scores are of `{did}`; the policy's `comparison.recogniser` is"
            f" `{policy.comparison.recogniser}`",
            "Run again with this policy: faces have to be compared anew.",
        )


def _identity(store: Store) -> str:
    """What this folder's reports are known by, so that decisions made in one come back here."""
    known = store.noted("identity") or token_hex(8)
    with store.transaction():
        store.note("identity", known)
    return known


def _publish(out: Path, summary: dict[str, Any], lang: Language) -> Outputs:
    """Write the four files people and programs read, from the store."""
    outputs = Outputs(
        summary,
        out / folder.RESULTS,
        out / folder.PAGE,
        out / folder.WORKBOOK,
        out / folder.SUMMARY,
    )
    with locked(out), Store(out / DATABASE) as store:
        summary["identity"] = _identity(store)
        write_csv(store.cases(), outputs.csv)
        write_html(summary, store.cases(), outputs.html, lang)
        write_xlsx(summary, store.cases(), outputs.xlsx, lang)
    outputs.json.write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return outputs
