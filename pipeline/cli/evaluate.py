"""`photoproof evaluate`: how good the judgement is, on labelled pictures and on a finished run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from models import manifest as weights
from pipeline.assurance.evaluate import cohort, orientation, verification
from pipeline.assurance.evaluate.workers import networks
from pipeline.cli.console import AsJson, PolicyFile, Workers, line, out_console, progress, table
from pipeline.cli.of_site import RunFolder
from pipeline.core.cores import usable_cores
from pipeline.core.policy import load_policy

app = typer.Typer(no_args_is_help=True)

Root = Annotated[Path, typer.Option()]
Out = Annotated[Path, typer.Option()]


@app.command("verification")
def verification_command(
    pairs: Annotated[Path, typer.Argument()],
    root: Root,
    out: Out,
    policy: PolicyFile = None,
    workers: Workers = 0,
    as_json: AsJson = False,
) -> None:
    """Compare labelled pairs: FNMR at given FMRs with intervals, EER, DET curve, histograms."""
    rules = load_policy(policy)
    weights.digests(rules.comparison.recognisers)
    with progress(as_json) as on_progress:
        metrics = verification.evaluate(
            pairs,
            root,
            out,
            rules.input,
            workers=workers or usable_cores(),
            on_progress=on_progress,
            factory=networks(rules.input, rules.comparison.recognisers),
        )
    if as_json:
        _tell_json(metrics)
        return
    rates = table("FMR", "threshold", "missed", "FNMR", "95 % interval")
    for row in metrics["fnmr"]:
        if row["fnmr"] is None:
            rates.add_row(f"{row['fmr']:g}", "", "", "", row["why"])
        else:
            # Nothing missed in n trials is no rate of zero: the bound is told instead.
            rate = f"{row['fnmr']:.2%}" if row["missed"] else f"below {row['interval'][1]:.2%}"
            figures = (f"{row['fmr']:g}", f"{row['threshold']:.3f}", str(row["missed"]), rate)
            rates.add_row(*figures, _span(row["interval"]))
    out_console.print(rates)
    _tell(metrics, "mated", "non_mated", "failures", "eer")
    _tell_where(out)


@app.command("orientation")
def orientation_command(
    manifest: Annotated[Path, typer.Argument()],
    root: Root,
    out: Out,
    degrade: Annotated[bool, typer.Option("--degrade")] = False,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    policy: PolicyFile = None,
    workers: Workers = 0,
    as_json: AsJson = False,
) -> None:
    """Lay upright pictures in four turns: wrong, doubtful and silently wrong answers."""
    rules = load_policy(policy)
    weights.digests()
    with progress(as_json) as on_progress:
        metrics = orientation.evaluate(
            manifest,
            root,
            out,
            rules,
            degrade=degrade,
            seed=seed,
            workers=workers or usable_cores(),
            on_progress=on_progress,
        )
    if as_json:
        _tell_json(metrics)
        return
    columns = ("trials", "wrong", "review", "no_face", "silent_wrong")
    turns = table("version", *columns, "95 % bound")
    for name, row in {**metrics.get("versions", {}), "all": metrics}.items():
        bound = f"{row['silent_wrong_bound']:.2g}"
        turns.add_row(name, *(str(row[column]) for column in columns), bound)
    out_console.print(turns)
    _tell(metrics, "pictures", "failures")
    _tell_where(out)


@app.command("cohort")
def cohort_command(
    run: RunFolder,
    truth: Annotated[Path, typer.Argument()],
    out: Annotated[Path | None, typer.Option()] = None,
    as_json: AsJson = False,
) -> None:
    """Score a finished run against the truth, reason by reason."""
    metrics = cohort.evaluate(run, truth, out)
    if as_json:
        _tell_json(metrics)
        return
    columns = ("planted", "found", "missed", "false_alarms")
    reasons = table("reason", *columns, "found, 95 %")
    for code, row in metrics["reasons"].items():
        interval = _span(row["found_interval"]) if row["planted"] else ""
        reasons.add_row(code, *(str(row[column]) for column in columns), interval)
    out_console.print(reasons)
    decisions = table("expected", *cohort.FOUND)
    for expected, row in metrics["decision"]["confusion"].items():
        decisions.add_row(expected, *(str(row[found]) for found in cohort.FOUND))
    out_console.print(decisions)
    for name in ("decision", "turn", "looks_like"):
        row = metrics[name]
        counts = ", ".join(f"{key} {row[key]}" for key in row if isinstance(row[key], int))
        line("right", name=name, counts=counts, interval=_span(row["interval"]))
    if out is not None:
        _tell_where(out)


def _tell_json(metrics: dict[str, Any]) -> None:
    typer.echo(json.dumps(metrics, ensure_ascii=False))


def _tell(metrics: dict[str, Any], *names: str) -> None:
    """Single figures on one line."""
    figures = (
        f"{name} {figure:.4f}" if isinstance(figure, float) else f"{name} {figure}"
        for name, figure in ((name, metrics[name]) for name in names)
    )
    out_console.print(", ".join(figures), highlight=False)


def _tell_where(out: Path) -> None:
    line("written", out=out)


def _span(interval: tuple[float, float]) -> str:
    return f"{interval[0]:.2%} – {interval[1]:.2%}"
