"""What every command shares: consoles, common options, progress, how a run's result is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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

from pipeline.cli.speech import tell, term, tongue
from pipeline.core.catalogue import LOG_LANGUAGE
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


def line(key: str, /, *, console: Console = out_console, **values: object) -> None:
    """Print a sentence of `[line]` in the terminal's language."""
    console.print(plain(tell(said(f"line.{key}", **values))), highlight=False, soft_wrap=True)


def table(*names: str) -> Table:
    """An empty table with heads of `[column]`; "" for none, and a head without words as it is."""
    made = Table(*(term("column", name) for name in names), box=None, pad_edge=False)
    for column in made.columns:
        column.overflow = "fold"  # Chinese has no spaces to be broken at
    return made


def plain(text: str) -> str:
    """Text as it is, not as Rich markup."""
    return text.replace("[", r"\[")


def say(quiet: bool) -> OnEvent:
    """Tells what is being fetched on standard error, or keeps still."""
    return (
        (lambda _: None)
        if quiet
        else lambda text: err_console.print(tell(text), highlight=False, markup=False)
    )


def code_words(of_table: str, code: str) -> str:
    """A code, before it its word where the terminal does not speak the codes' language."""
    return code if tongue() == LOG_LANGUAGE else f"{term(of_table, code)} {code}"


class RateColumn(ProgressColumn):
    """Photos a second over the last seconds; nothing until it is known."""

    def render(self, task: Task) -> Text:
        """The rate as "8.6/s" in the terminal's language."""
        rate = tell(said("line.rate", rate=task.speed)) if task.speed else ""
        return Text(rate, style="progress.data.speed")


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
    task = bar.add_task(tell(said("line.checking")))

    def show(done: int, total: int) -> None:
        if not bar.live.is_started:
            shown.enter_context(bar)
        bar.update(task, completed=done, total=total)

    return show


def _plain_progress() -> OnProgress:
    last = -1

    def tell(done: int, total: int) -> None:
        nonlocal last
        tenth = 10 * done // max(1, total)
        if tenth != last:
            last = tenth
            line("checked", console=err_console, done=done, total=total)

    return tell


def tell_result(outputs: Outputs, as_json: bool) -> None:
    """The run's result: counts, what was noticed at intake, where the report is."""
    summary = outputs.summary
    if as_json:
        told = summary.as_json() | {"report": str(outputs.html)}
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    from pipeline.cli.intake import tell_balance
    from pipeline.core.words import remark_text

    tell_balance(summary.intake)
    decisions = table("decision", "students", "")
    for decision, share in summary.counts.shares.items():
        count = summary.counts.decision[decision]
        decisions.add_row(code_words("decision", decision), str(count), f"{share:.1f} %")
    out_console.print(decisions)
    reasons = table("reason", "students")
    for code, count in summary.counts.reasons.items():
        reasons.add_row(code_words("reason", code), str(count))
    if summary.counts.reasons:
        out_console.print(reasons)
    for remark in summary.remarks:
        line("note", text=remark_text(remark, tongue()))
    line(
        "run_done",
        students=summary.students,
        assessed=summary.assessed,
        seconds=summary.seconds,
        workers=summary.workers,
    )
    for name, path in (("report", outputs.html), ("table", outputs.xlsx), ("data", outputs.csv)):
        line(name, path=path)
