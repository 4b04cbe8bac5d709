"""`photoproof export | import`: tables that leave the desk, and what comes back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.console import Lang, code_words, language, line, out_console, table
from pipeline.cli.of_site import RunFolder
from pipeline.cli.review import operator
from pipeline.cli.speech import term
from pipeline.desk.cases import oversight
from pipeline.desk.cases.desk import Desk, opened
from pipeline.desk.exchange import exports, replies
from pipeline.desk.exchange.decision_tables import decisions
from pipeline.desk.exchange.report_decisions import offline
from pipeline.source.text import listed

Out = Annotated[Path, typer.Option()]
TableFile = Annotated[Path, typer.Argument(metavar="FILE")]
ColumnsFile = Annotated[Path | None, typer.Option("--columns")]

export_app = typer.Typer(no_args_is_help=True)
import_app = typer.Typer(no_args_is_help=True)


@export_app.command("college")
def export_college(run: RunFolder, out: Out, lang: Lang = "zh") -> None:
    """One workbook a college, with pictures."""
    with opened(run) as desk:
        _tell(exports.college(desk, out, operator(), language(lang)))


@export_app.command("registry")
def export_registry(run: RunFolder, out: Out, lang: Lang = "zh") -> None:
    """One workbook of those the registry doubts and those found faulty."""
    with opened(run) as desk:
        _tell(exports.registry(desk, out, operator(), language(lang)))


@export_app.command("csv")
def export_csv(run: RunFolder, out: Out) -> None:
    """Everybody, for programs; `import decisions` reads it back."""
    with opened(run) as desk:
        _tell(exports.table(desk, out, operator()))


@import_app.command("bz")
def import_bz(file: TableFile, run: RunFolder, columns: ColumnsFile = None) -> None:
    """The registry's roster with its doubts in column bz."""
    with opened(run) as desk:
        _report(replies.registry(desk, file, operator(), columns))
        _reconciled(desk)


@import_app.command("answers")
def import_answers(file: TableFile, run: RunFolder, columns: ColumnsFile = None) -> None:
    """Students' own answers."""
    with opened(run) as desk:
        _report(replies.students(desk, file, operator(), columns))
        _reconciled(desk)


@import_app.command("decisions")
def import_decisions(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    run: RunFolder,
    reviewer: Annotated[str, typer.Option()] = "",
) -> None:
    """Decisions made elsewhere: in report.html, in the college table, or decisions.csv."""
    read = offline if file.suffix.lower() == ".json" else decisions
    with opened(run) as desk:
        _report(read(desk, file, operator(), reviewer))


def _tell(paths: list[Path]) -> None:
    for path in paths:
        out_console.print(str(path), highlight=False, markup=False, soft_wrap=True)


def _report(result: object) -> None:
    """Counts as they are, row numbers as the first few."""
    for name, value in asdict(result).items():  # type: ignore[call-overload]
        told = term("imported", name)
        if isinstance(value, list) and value:
            line("rows", name=told, count=len(value), rows=listed(value))
        elif isinstance(value, tuple) and value:
            line("only_counts", name=told, value=listed(value, 20))
        elif isinstance(value, int):
            line("only_counts", name=told, value=value)


def _reconciled(desk: Desk) -> None:
    """Who says what, and how much work that leaves."""
    who = table("machine", "registry", "staff", term("desk", "student_says"), "students")
    for (machine, *said), count in oversight.confusion(desk):
        answers = (term("verdict", value) for value in said)
        who.add_row(code_words("decision", machine), *answers, str(count))
    out_console.print(who)
    work = len(oversight.worklist(desk, operator()))
    line("work", work=work)
