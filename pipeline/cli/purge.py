"""`photoproof purge`: faces, names and answers of runs are deleted."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.console import AsJson, out_console, plain
from pipeline.cli.review import operator
from pipeline.night.purge import Purged, finished, purge_run


def purge_command(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Output folders of runs.")],
    before: Annotated[
        int, typer.Option(metavar="YEAR", help="Only runs that ended before this year.")
    ] = 0,
    everything: Annotated[bool, typer.Option("--all", help="Whenever they ended.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete all that runs hold of their students; who did what stays in the log."""
    if bool(before) == everything:
        raise typer.BadParameter("give --before YEAR or --all")
    due = [run for run in runs if everything or _ended_before(run, before)]
    if due and not yes:
        names = ", ".join(map(str, due))
        typer.confirm(f"Delete all faces, names and answers of {names}?", abort=True)
    told = {}
    try:
        for run in due:
            gone = purge_run(run, operator())
            told[str(run)] = asdict(gone)
            if not as_json:
                _tell(run, gone)
    finally:  # what is deleted is told, whatever stops the next
        if as_json:
            typer.echo(json.dumps(told))
    if as_json:
        return
    for run in runs:
        if run not in due:
            out_console.print(f"{plain(str(run))}: kept", highlight=False, soft_wrap=True)


def _tell(run: Path, gone: Purged) -> None:
    counts = f"{gone.students} students, {gone.pictures} pictures, {gone.answers} answers"
    deleted = ", ".join((counts, *gone.files))
    out_console.print(f"{plain(str(run))}: deleted {deleted}", highlight=False, soft_wrap=True)
    out_console.print(f"head of its log: {gone.head}", highlight=False)


def _ended_before(run: Path, year: int) -> bool:
    ended = finished(run)
    return ended is not None and ended.year < year
