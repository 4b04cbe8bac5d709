"""`photoproof diff RUN_A RUN_B`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pipeline.assurance.drift import Change, Drift, causes_text, diff, write_drift
from pipeline.cli.console import AsJson, out_console, plain
from pipeline.cli.of_site import run_folder

_DETAILS = 3  # of each cause, on the screen; CSV and JSON have all


def diff_command(
    run_a: Annotated[
        Path,
        typer.Argument(parser=run_folder),
    ],
    run_b: Annotated[Path, typer.Argument(parser=run_folder)],
    csv: Annotated[Path | None, typer.Option("--csv")] = None,
    as_json: AsJson = False,
) -> None:
    """Say who changed between two runs, and why; both are only read."""
    drift = diff(run_a, run_b)
    if csv is not None:
        write_drift(drift, csv)
    if as_json:
        typer.echo(json.dumps(drift.as_json(), ensure_ascii=False))
    else:
        _tell(drift)


def _tell(drift: Drift) -> None:
    for kind, changed in drift.run.items():
        for delta in (d for d in changed if not d.name.endswith(".provenance")):  # long prose
            out_console.print(f"{kind}: {plain(delta.text)}", highlight=False)
    for which, students in (("first", drift.only_a), ("second", drift.only_b)):
        for student, decision in students:
            line = f"only in the {which} run: {student} ({decision})"
            out_console.print(plain(line), highlight=False)
    if drift.changes:
        table = Table("student", "what changed", "why", box=None, pad_edge=False)
        for change in drift.changes:
            table.add_row(*map(plain, _cells(change)))
        out_console.print(table)
    for transition, count in drift.transitions.items():
        out_console.print(f"{transition}: {count}", highlight=False)
    out_console.print(
        f"{len(drift.changes)} of {drift.common} students in both runs changed;"
        f" {len(drift.only_a)} only in the first run, {len(drift.only_b)} only in the second",
        highlight=False,
    )


def _cells(change: Change) -> tuple[str, str, str]:
    what = "; ".join(delta.text for delta in change.deltas)
    return change.student, what, causes_text(change, _DETAILS)
