"""The public API, offered by `import pipeline`; the commands call it too. See `docs/api.md`.

The caller brings paths and a policy. Digests, engines, worker processes and closing are done here.
A bad photo is never an error: it is data, and becomes a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models import manifest
from pipeline.core import policy as policies
from pipeline.core.cores import usable_cores
from pipeline.core.errors import (
    ConfigError,
    IntakeStopped,
    ModelError,
    PhotoproofError,
    RosterError,
    SourceError,
    StoreError,
)
from pipeline.core.policy import Policy, Profile
from pipeline.core.reasons import sentence
from pipeline.core.types import (
    Assessment,
    Case,
    Comparison,
    Decision,
    Finding,
    Measurement,
    Severity,
    Subject,
)
from pipeline.core.words import DEFAULT_LANGUAGE, Language
from pipeline.night.executors.apart import Apart
from pipeline.night.executors.choosing import executor_of
from pipeline.night.folder import database_of
from pipeline.night.intake import Sources
from pipeline.night.looking import Progress
from pipeline.night.nightly import Outputs, redecide, run_sources
from pipeline.night.rules import rules_of
from pipeline.single.checked import Checked
from pipeline.store import RunSummary, Store
from pipeline.student.engine import Engine, network_engine

if TYPE_CHECKING:
    from PIL import Image

# The names of `import pipeline`, each described in docs/api.md.
__all__ = ["Assessment", "Case", "Checked", "Comparison", "Decision", "Finding", "Language"]
__all__ += ["Measurement", "Outputs", "Policy", "Run", "RunSummary", "Severity", "Subject"]
__all__ += ["annotate", "check_photo", "check_photos", "decide_anew", "load_policy"]
__all__ += ["open_run", "run_cohort", "sentence"]
__all__ += ["ConfigError", "ModelError", "PhotoproofError", "RosterError", "SourceError"]
__all__ += ["IntakeStopped", "StoreError"]

StrPath = str | PathLike[str]
OneOrMore = StrPath | Iterable[StrPath]


def load_policy(path: StrPath | None = None, overrides: Mapping[str, Any] | None = None) -> Policy:
    """The shipped policy with a file's keys on top, and single keys on top of those.

    Args:
        path: TOML file; only the keys that differ from `data/policy.toml`.
        overrides: Nested as in the file: `{"orientation": {"min_confidence": 0.8}}`.

    Raises:
        ConfigError: The file cannot be read or is no TOML; a key is unknown or its value bad.
    """
    return policies.load_policy(None if path is None else Path(path), overrides)


def check_photo(
    photo: StrPath, *, policy: Policy | StrPath | None = None, profile: str | None = None
) -> Checked:
    """Check one photo against a photo standard, without a roster and without references.

    The networks are loaded for it; `check_photos` loads them once for many.

    Args:
        photo: Picture file; it is only read. One that is no picture has the finding `UNREADABLE`.
        policy: A policy or its TOML file; the shipped one by default.
        profile: Photo standard, a shipped name or a TOML file; the policy's by default.

    Returns:
        Measurements in the units of `docs/measures.md`, and the findings, worst first.

    Raises:
        ConfigError: Policy or profile is wrong.
        ModelError: Weights are not whole, or a network cannot run on this machine.
        SourceError: There is no such file.
    """
    (checked,) = check_photos([photo], policy=policy, profile=profile)
    return checked


def check_photos(
    photos: Iterable[StrPath],
    *,
    policy: Policy | StrPath | None = None,
    profile: str | None = None,
    apart: bool = False,
) -> Iterator[Checked]:
    """Check photos one after the other; each is looked at when it is asked for.

    Args:
        photos: Picture files.
        policy: As `check_photo`'s.
        profile: As `check_photo`'s.
        apart: In a worker process, whose limits of time hold. Your main module is imported there.

    Yields:
        What `check_photo` returns, in the order of `photos`.

    Raises:
        SourceError: A file is not there; nothing is looked at then. Others as `check_photo`.
    """
    rules, standard = _rules(policy, profile)
    manifest.digests()  # weights are whole, or nothing is looked at
    # Late: a night with nothing to do loads no picture library.
    from pipeline.single.check import check_files

    files = [Path(photo) for photo in photos]
    factory = partial(network_engine, rules.input, manifest.DEFAULT_RECOGNISERS)
    engine: Engine = Apart(factory, files) if apart else factory()
    try:
        yield from check_files(files, engine, rules, standard)
    finally:
        engine.close()


def annotate(
    checked: Checked, *, policy: Policy | StrPath | None = None, profile: str | None = None
) -> Image.Image | None:
    """The upright photo with guide lines and boxes, its findings below it.

    Args:
        checked: From `check_photo` or `check_photos`. The photo's own file is read once more.
        policy: As given to the check.
        profile: As well.

    Returns:
        A new RGB picture; None if the photo cannot be read.

    Raises:
        ConfigError: Policy or profile is wrong.
    """
    from pipeline.single import check

    return check.annotate(checked, *_rules(policy, profile))


def run_cohort(
    roster: OneOrMore,
    photos: OneOrMore,
    out: StrPath,
    *,
    references: Mapping[str, OneOrMore] | None = None,
    policy: Policy | StrPath | None = None,
    profile: str | None = None,
    columns: StrPath | None = None,
    reshoot: OneOrMore = (),
    assign: OneOrMore = (),
    opt_out: OneOrMore = (),
    earlier: OneOrMore = (),
    force: bool = False,
    search_owner: bool = False,
    workers: int = 0,
    engine: str = "processes",
    address: str = "",
    carry_files: bool = False,
    rehash: bool = False,
    lang: Language = DEFAULT_LANGUAGE,
    on_progress: Progress = lambda *_: None,
) -> Outputs:
    """Check a cohort's photos and write results.csv, report.html, report.xlsx and run.json.

    A run into the same folder continues it: only what has changed is looked at.

    Args:
        roster: .xlsx, .xls, .ods, .csv or .dbf file, or several that are one roster.
        photos: Folder or zip archive with the photos, or several.
        out: Output folder.
        references: By kind (`idcard`, `admission`, ...), best first, folders or zip archives.
        policy: A policy or its TOML file; the shipped one by default.
        profile: Photo standard, a shipped name or a TOML file; the policy's by default.
        columns: TOML file that maps roster headers to fields.
        reshoot: Sources of photos that count before all others.
        assign: Tables (file, student); kept beside the run, honoured while the bytes are the same.
        opt_out: Lists of students who refuse comparison, a student number a line.
        earlier: Output folders of earlier runs, whose photos are known again.
        force: Go on where the safety catch would stop.
        search_owner: Search the cohort for the owner of a photo that is not its student's.
        workers: Processes; 0 takes the cores this process may use, or all that a cluster has.
        engine: `processes`, or `ray`: a cluster's nodes (docs/scale.md).
        address: Of a running Ray cluster, `host:port` or `auto`; "" starts one on this machine.
        carry_files: Files travel with the tasks to nodes that do not see the folders.
        rehash: Read every file again, whatever its size and times say of it.
        lang: Of the reports, `zh` or `en`.
        on_progress: Called with students done and students in all, in this process.

    Returns:
        Where the files are, and the summary that `run.json` holds.

    Raises:
        ConfigError: Policy, profile, columns or `workers` are wrong, or no cluster answers.
        InstallationError: Ray is wanted and not installed.
        IntakeStopped: The safety catch: what was found is too far from what was to be expected.
        ModelError: Weights are needed and not whole, or a network cannot run on this machine.
        RosterError: The roster cannot be read or does not tell students apart.
        SourceError: A folder or archive cannot be used.
        StoreError: `out` is in use, holds something else or cannot be written.
    """
    executor = executor_of(engine, address, workers, carry_files)
    rules, standard = _rules(policy, profile, search_owner)
    kinds = {kind: _paths(given) for kind, given in (references or {}).items()}
    own = None if columns is None else Path(columns)
    people = _paths(reshoot), _paths(assign), _paths(opt_out), _paths(earlier)
    given = Sources(_paths(roster), _paths(photos), kinds, own, *people)
    return run_sources(
        *(given, Path(out), rules, standard),
        force=force,
        workers=workers or usable_cores(),
        executor=executor,
        lang=lang,
        on_progress=on_progress,
        rehash=rehash,
    )


def decide_anew(
    run: StrPath,
    *,
    policy: Policy | StrPath | None = None,
    profile: str | None = None,
    search_owner: bool = False,
    lang: Language = DEFAULT_LANGUAGE,
) -> Outputs:
    """Judge a finished run by another policy and write its reports anew; no photo is read.

    Args:
        run: Output folder of the run.
        policy: The shipped one by default, not the run's own; else as `check_photo`'s.
        profile: As `check_photo`'s.
        search_owner: As the run was told; nothing is searched anew.
        lang: Of the reports, `zh` or `en`.

    Raises:
        ConfigError: Policy or profile is wrong, or the policy compares by another recogniser.
        StoreError: There is no finished run in the folder, or it is in use.
    """
    return redecide(Path(run), *_rules(policy, profile, search_owner), lang)


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run in its folder, read and never written; `summary` is what `run.json` has."""

    folder: Path
    summary: RunSummary

    def cases(self) -> Iterator[Case]:
        """Every student in the roster's order, then the photos of nobody; one at a time.

        Raises:
            StoreError: The run was changed since it was opened, or cannot be read.
        """
        with Store(database_of(self.folder), readonly=True) as store:
            if store.summary() != self.summary:
                raise StoreError("run_changed", folder=self.folder)
            yield from store.cases()


def open_run(run: StrPath) -> Run:
    """Open a finished run to read what was found.

    Args:
        run: Output folder of `run_cohort` or `photoproof run`.

    Raises:
        StoreError: The folder holds no run, or one that was cut off, or one of another version.
    """
    folder = Path(run)
    with Store(database_of(folder), readonly=True) as store:
        return Run(folder, store.finished())


def _rules(
    policy: Policy | StrPath | None, profile: str | None, search_owner: bool = False
) -> tuple[Policy, Profile]:
    """Policy and photo standard of a call, which may name a file by a string."""
    own = policy if isinstance(policy, Policy | None) else Path(policy)
    return rules_of(own, profile, search_owner)


def _paths(given: OneOrMore) -> list[Path]:
    """One path or several; a string is one."""
    if isinstance(given, str | PathLike):
        return [Path(fspath(given))]
    return [Path(path) for path in given]
