"""`photoproof diff`: what an office asks between two nights, and with `--why` what changed it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pipeline.assurance.drift import Change, Drift, diff, write_drift
from pipeline.assurance.drift.told import causes_told, changes_told, delta_told
from pipeline.cli.console import AsJson, out_console, plain
from pipeline.cli.of_site import run_folder, site_if_any
from pipeline.cli.speech import term, tongue
from pipeline.core.errors import ConfigError
from pipeline.core.words import word
from pipeline.desk.cases.changes import Changes, Standing, changes, night_of_run
from pipeline.night.folder import DATABASE, RESULTS

_DETAILS = 3  # of each cause, on the screen; CSV and JSON have all


def diff_command(
    run_a: Annotated[Path, typer.Argument(metavar="RUN_A", parser=run_folder)],
    run_b: Annotated[Path | None, typer.Argument(metavar="[RUN_B]", parser=run_folder)] = None,
    csv: Annotated[Path | None, typer.Option("--csv")] = None,
    why: Annotated[bool, typer.Option("--why")] = False,
    as_json: AsJson = False,
) -> None:
    """Say who is newly in order, newly wrong and still waiting between two nights."""
    if run_b is None or not _is_run(run_a) or not _is_run(run_b):
        found, drift = _of_nights(run_a, run_b, csv is not None or why), None
    else:
        found = changes([night_of_run(run_a), night_of_run(run_b)])
        drift = diff(run_a, run_b)
    if drift is not None and csv is not None:
        write_drift(drift, csv)
    if as_json:
        told = found.as_json(tongue())
        typer.echo(json.dumps(told | (drift.as_json() if drift else {}), ensure_ascii=False))
        return
    _tell(found)
    if drift is not None and why:
        _tell_why(drift)


def _is_run(folder: Path) -> bool:
    return (folder / DATABASE).is_file() or not (folder / RESULTS).is_file()


def _of_nights(run_a: Path, run_b: Path | None, causes_wanted: bool) -> Changes:
    """Nights of which the reports alone are kept: who, but not why."""
    from pipeline.site.compared import last_nights, two_nights

    if causes_wanted:
        raise ConfigError("nights_without_causes")
    if run_b is not None:
        return two_nights(run_a, run_b)
    site = site_if_any()
    names = [name for name in site.cohorts if site.run_of(name) == run_a] if site else []
    if site is None or not names:
        raise ConfigError("diff_of_one", run=run_a)
    return last_nights(site, names[0])


def _tell(found: Changes) -> None:
    out_console.print(f"{found.before} → {found.after}", highlight=False)
    for key, rows in (
        ("newly_sound", [(one, "") for one in found.newly_sound]),
        ("newly_wrong", [(one, "") for one in found.newly_wrong]),
        ("still_waiting", found.waiting),
        ("gone", [(one, "") for one in found.gone]),
    ):
        if rows or key != "gone":
            _tell_list(key, rows)


def _tell_list(key: str, rows: Sequence[tuple[Standing, str]]) -> None:
    """One list under its headline; reasons where something is wrong."""
    out_console.print(term("diff", key).format(n=len(rows)), highlight=False, style="bold")
    if not rows:
        return
    wrong, waiting = key in ("newly_wrong", "still_waiting"), key == "still_waiting"
    names = ["student", "name", "college", "class", *["reasons"] * wrong, *["since"] * waiting]
    table = Table(*(term("diff", name) for name in names), box=None, pad_edge=False)
    for one, since in rows:
        cells = [one.student, one.name, one.college, one.class_name]
        cells += [_reasons(one.reasons)] * wrong + [since] * waiting
        table.add_row(*map(plain, cells))
    out_console.print(table)


def _reasons(codes: Iterable[str]) -> str:
    comma = word("style", "comma", tongue())
    return comma.join(word("reason", code, tongue()) for code in codes) or term("diff", "people")


def _tell_why(drift: Drift) -> None:
    for kind, changed in drift.run.items():
        for delta in (d for d in changed if not d.name.endswith(".provenance")):  # long prose
            out_console.print(
                f"{term('diff', kind)}: {plain(delta_told(delta, tongue()))}", highlight=False
            )
    for which, students in (("only_first", drift.only_a), ("only_second", drift.only_b)):
        for student, decision in students:
            line = term("diff", which).format(student=student, decision=_decision(decision))
            out_console.print(plain(line), highlight=False)
    if drift.changes:
        heads = (term("diff", name) for name in ("student", "what", "why"))
        table = Table(*heads, box=None, pad_edge=False)
        for change in drift.changes:
            table.add_row(*map(plain, _cells(change)))
        out_console.print(table)
    for transition, count in drift.transitions.items():
        told = " → ".join(map(_decision, transition.split("→")))
        out_console.print(f"{told}: {count}", highlight=False)
    told = term("diff", "counts").format(
        changed=len(drift.changes),
        common=drift.common,
        first=len(drift.only_a),
        second=len(drift.only_b),
    )
    out_console.print(told, highlight=False)


def _decision(decision: str) -> str:
    return word("decision", decision, tongue())


def _cells(change: Change) -> tuple[str, str, str]:
    what = changes_told(change, tongue())
    return change.student, what, causes_told(change, tongue(), _DETAILS)
