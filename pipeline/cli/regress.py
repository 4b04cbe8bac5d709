"""`photoproof regress`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from models import manifest
from pipeline.assurance.regress.golden import SHIPPED, is_shipped, load
from pipeline.assurance.regress.judge import Result, accept, regress
from pipeline.assurance.regress.sheet import SHEET, write_sheet
from pipeline.cli.console import AsJson, PolicyFile, line, out_console, plain, progress, say, table
from pipeline.core.errors import RegressionError
from pipeline.core.policy import load_policy
from pipeline.sample import sources
from pipeline.student.examiner import NetworkEngine


def regress_command(
    golden: Annotated[
        Path,
        typer.Option(envvar="PHOTOPROOF_GOLDEN", show_default="the shipped golden set"),
    ] = SHIPPED,
    accepting: Annotated[bool, typer.Option("--accept")] = False,
    out: Annotated[Path | None, typer.Option()] = None,
    policy: PolicyFile = None,
    as_json: AsJson = False,
) -> None:
    """Measure the golden pictures again; exit code 19 when a floor is missed."""
    known = load(golden)
    rules = load_policy(policy)
    manifest.digests()  # weights are whole, or the command stops here
    if is_shipped(golden):
        fetched = sources.fetch(on_event=say(as_json))
        paths = {image: fetched[image] for image in known.images}
    else:
        paths = {image: golden / image for image in known.images}
    engine = NetworkEngine(rules.input)
    try:
        with progress(as_json) as on_progress:
            result = regress(known, paths, engine, rules, on_progress)
    finally:
        engine.close()
    if out is not None:
        write_sheet(result, out)
    after = accept(result) if accepting else result
    if as_json:
        typer.echo(json.dumps({**result.as_json(), "accepted": accepting}, ensure_ascii=False))
    else:
        _tell(result)
        if accepting:
            line("accepted", file=golden / "measures.csv")
    if after.broken:
        missed = ", ".join(f"{f.name} {f.needed:g}, found {f.found:.4g}" for f in after.broken)
        raise RegressionError("golden_wrong", wrong=len(after.wrong), missed=missed, sheet=SHEET)


def _tell(result: Result) -> None:
    """Wrong rows, silently wrong turns, and how much was tried."""
    told = result.as_json()
    if told["wrong"]:
        columns = ("image", "measure", "expected", "found", "tolerance", "why")
        wrong = table(*columns)
        for row in told["wrong"]:
            tolerance = "equal" if row["tolerance"] is None else f"{row['tolerance']:g}"
            values = (row["expected"] or "no value", row["found"] or f"none: {row['error']}")
            cells = (row["image"], row["measure"], *values, tolerance, row["why"])
            wrong.add_row(*map(plain, cells))
        out_console.print(wrong)
    for turn in told["silent_wrong"]:
        line("turn_wrong", image=turn["image"], expected=turn["expected"], found=turn["found"])
    for image in told["unreadable"]:
        line("not_laid", image=image)
    rows, turns = told["rows"], told["orientation"]
    line(
        "regressed",
        trials=rows["trials"],
        images=told["images"],
        wrong=rows["wrong"],
        bound=rows["wrong_bound"],
        turns=turns["trials"],
        silent=turns["silent_wrong"],
        silent_bound=turns["silent_wrong_bound"],
        review=turns["review"],
    )
