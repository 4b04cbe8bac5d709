"""`photoproof run | decide`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline import decide_anew, run_cohort
from pipeline.cli.console import (
    AsJson,
    Lang,
    PolicyFile,
    Workers,
    language,
    progress,
    tell_result,
)
from pipeline.cli.stopping import Count, telling


def run(
    roster: Annotated[
        list[Path], typer.Option(help="Roster: .xlsx, .xls, .ods, .csv or .dbf; repeatable.")
    ],
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
    rehash: Annotated[
        bool, typer.Option("--rehash", help="Read every file again, unchanged or not.")
    ] = False,
    lang: Lang = "zh",
    as_json: AsJson = False,
) -> None:
    """Check a cohort's photos and write results.csv, report.html, report.xlsx and run.json."""
    chosen = language(lang)
    kinds = _kinds(references or [])
    count = Count()
    with telling(count, out), progress(as_json, count) as on_progress:
        outputs = run_cohort(
            roster,
            photos,
            out,
            references=kinds,
            policy=policy,
            profile=profile,
            columns=columns,
            search_owner=search,
            workers=workers,
            rehash=rehash,
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
    tell_result(decide_anew(out, policy=policy, lang=language(lang)), as_json)


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
