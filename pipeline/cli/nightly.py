"""`photoproof run | decide`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from models import manifest
from pipeline.cli.console import (
    AsJson,
    Lang,
    PolicyFile,
    Workers,
    language,
    progress,
    tell_result,
)
from pipeline.core.cores import usable_cores
from pipeline.core.policy import load_policy, load_profile
from pipeline.night.nightly import nightly, redecide
from pipeline.source import gather
from pipeline.student.measures import measures


def run(
    roster: Annotated[Path, typer.Option(help="Roster: .xlsx, .csv or .dbf.")],
    photos: Annotated[list[Path], typer.Option(help="Folder or zip of photos; repeatable.")],
    out: Annotated[Path, typer.Option(help="Output folder; a run into it again continues it.")],
    references: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND=PATH", help="Folder or zip of references; repeatable."),
    ] = None,
    policy: PolicyFile = None,
    profile: Annotated[
        str | None, typer.Option(help="Photo standard: a shipped name or a .toml file.")
    ] = None,
    columns: Annotated[
        Path | None, typer.Option(help="TOML file that maps roster headers to fields.")
    ] = None,
    search: Annotated[
        bool, typer.Option("--search-owner", help="Search the cohort for a flagged photo's owner.")
    ] = False,
    workers: Workers = 0,
    lang: Lang = "zh",
    as_json: AsJson = False,
) -> None:
    """Check a cohort's photos and write results.csv, report.html, report.xlsx and run.json."""
    chosen = language(lang)
    options: dict[str, Any] = {"profile": profile} if profile else {}
    if search:
        options["cohort"] = {"one_to_many": True}
    rules = load_policy(policy, options)
    standard = load_profile(rules.profile, measures())
    digests = manifest.expected(rules.comparison.recognisers)
    kinds = _kinds(references or [])
    cohort = gather(roster, photos, kinds, columns)
    with progress(as_json) as on_progress:
        outputs = nightly(
            cohort,
            out,
            rules,
            standard,
            digests=digests,
            workers=workers or usable_cores(),
            lang=chosen,
            on_progress=on_progress,
        )
    tell_result(outputs, as_json)


def decide_command(
    out: Annotated[Path, typer.Argument(help="Output folder of an earlier run.")],
    policy: PolicyFile = None,
    lang: Lang = "zh",
    as_json: AsJson = False,
) -> None:
    """Judge a finished run anew by another policy, without touching a photo."""
    rules = load_policy(policy)
    standard = load_profile(rules.profile, measures())
    tell_result(redecide(out, rules, standard, language(lang)), as_json)


def _kinds(given: list[str]) -> dict[str, list[Path]]:
    """`KIND=PATH` options as paths by kind."""
    kinds: dict[str, list[Path]] = {}
    for text in given:
        kind, equals, path = text.partition("=")
        if not (kind and equals and path):
            raise typer.BadParameter(
                f"{text!r} is not KIND=PATH, for instance idcard=cards/", param_hint="--references"
            )
        kinds.setdefault(kind, []).append(Path(path))
    return kinds
