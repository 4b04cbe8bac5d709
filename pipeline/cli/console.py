"""What every command shares: consoles, common options, progress, how a run's result is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from pipeline.core.said import said

if TYPE_CHECKING:
    from models.fetch import OnEvent
    from pipeline import Language, Outputs
    from pipeline.night.looking import Progress as OnProgress

out_console = Console()
err_console = Console(stderr=True)

Lang = Annotated[str, typer.Option("--lang")]
PolicyFile = Annotated[Path | None, typer.Option("--policy")]
AsJson = Annotated[bool, typer.Option("--json")]
Workers = Annotated[int, typer.Option(min=0)]


def language(text: str) -> Language:
    """The `--lang` option's value, checked."""
    from pipeline.core.words import languages  # late: `--help` needs no catalogue

    if text not in languages():
        raise typer.BadParameter(
            said("fault.not_allowed", text=text, allowed=languages()), param_hint="--lang"
        )
    return text


def plain(text: str) -> str:
    """Text as it is, not as Rich markup."""
    return text.replace("[", r"\[")


def say(quiet: bool) -> OnEvent:
    """Tells what is being fetched on standard error, or keeps still."""
    return (lambda _: None) if quiet else partial(err_console.print, highlight=False, markup=False)


class RateColumn(ProgressColumn):
    """Photos a second over the last seconds; nothing until it is known."""

    def render(self, task: Task) -> Text:
        """The rate as "8.6/s"."""
        return Text(f"{task.speed:.1f}/s" if task.speed else "", style="progress.data.speed")


@contextmanager
def progress(quiet: bool, count: OnProgress = lambda *_: None) -> Iterator[OnProgress]:
    """A bar with rate and time left on a terminal; a plain line every tenth elsewhere.

    Args:
        quiet: Show nothing.
        count: Is told what is shown, shown or not.
    """
    with _shown(quiet) as show:

        def tell(done: int, total: int) -> None:
            count(done, total)
            show(done, total)

        yield tell


@contextmanager
def _shown(quiet: bool) -> Iterator[OnProgress]:
    if quiet:
        yield lambda _done, _total: None
    elif err_console.is_terminal:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            RateColumn(),
            TimeRemainingColumn(),
        )
        with ExitStack() as shown:
            yield _bar(Progress(*columns, console=err_console), shown)
    else:
        yield _plain_progress()


def _bar(bar: Progress, shown: ExitStack) -> OnProgress:
    """The bar, on the screen from the first count on: before that, roster and files are read."""
    task = bar.add_task("checking photos")

    def tell(done: int, total: int) -> None:
        if not bar.live.is_started:
            shown.enter_context(bar)
        bar.update(task, completed=done, total=total)

    return tell


def _plain_progress() -> OnProgress:
    last = -1

    def tell(done: int, total: int) -> None:
        nonlocal last
        tenth = 10 * done // max(1, total)
        if tenth != last:
            last = tenth
            err_console.print(f"checked {done} of {total}", highlight=False)

    return tell


def tell_result(outputs: Outputs, as_json: bool) -> None:
    """The run's result: counts, what was noticed at intake, where the report is."""
    summary = outputs.summary
    if as_json:
        told = summary.as_json() | {"report": str(outputs.html)}
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    from pipeline.cli.intake import tell_balance

    tell_balance(summary.intake)
    table = Table("decision", "students", "", box=None, pad_edge=False)
    for decision, share in summary.counts.shares.items():
        count = summary.counts.decision[decision]
        table.add_row(decision, str(count), f"{share:.1f} %")
    out_console.print(table)
    reasons = Table("reason", "students", box=None, pad_edge=False)
    for code, count in summary.counts.reasons.items():
        reasons.add_row(code, str(count))
    if summary.counts.reasons:
        out_console.print(reasons)
    for remark in summary.remarks:
        out_console.print(f"note: {plain(remark)}", highlight=False)
    out_console.print(
        f"{summary.students} students; {summary.assessed} photos looked at now, in"
        f" {summary.seconds:.1f} s with {summary.workers} workers",
        highlight=False,
    )
    for name, path in (("report", outputs.html), ("table", outputs.xlsx), ("data", outputs.csv)):
        out_console.print(f"{name}: {path}", highlight=False, soft_wrap=True)
