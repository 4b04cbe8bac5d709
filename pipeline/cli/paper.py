"""`photoproof dossier | reshoot`: what leaves on paper."""

from __future__ import annotations

from contextlib import ExitStack, closing
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.console import Lang, err_console, language, out_console
from pipeline.cli.of_site import RunFolder, run_folder
from pipeline.cli.review import operator
from pipeline.core.words import word
from pipeline.desk.cases.desk import opened
from pipeline.desk.exchange.dossier_folder import chosen, doubted, file_dossiers
from pipeline.desk.exchange.exports import make_out
from pipeline.desk.exchange.reshoot import Appointment, papers
from pipeline.report.files import replacing

if TYPE_CHECKING:
    from pipeline.student.engine import Engine

Out = Annotated[Path, typer.Option()]
School = Annotated[str, typer.Option()]


def dossier_command(
    students_and_run: Annotated[
        list[str],
        typer.Argument(metavar="STUDENT... RUN"),
    ],
    out: Out,
    all_doubted: Annotated[bool, typer.Option("--doubted")] = False,
    proofs: Annotated[
        list[Path] | None,
        typer.Option(),
    ] = None,
    school: School = "",
    lang: Lang = "zh",
) -> None:
    """Print the dossier of students whose identity is doubted, with the files that go with it."""
    said = language(lang)
    *students, run = students_and_run
    if bool(students) == all_doubted:
        raise typer.BadParameter(word("paper", "students_or_doubted", said))
    folders = tuple(proofs or ())
    with opened(run_folder(run)) as desk, ExitStack() as stack:
        items = doubted(desk) if all_doubted else chosen(desk, students)
        engine = stack.enter_context(closing(_engine())) if folders else None
        for filed in file_dossiers(
            *(desk, items, out, operator(), said),
            day=date.today(),
            school=school,
            folders=folders,
            engine=engine,
        ):
            tell(filed.pdf)
            tell(filed.folder)
            tell_lacking(filed.lacking, said)
        if not items:
            out_console.print(word("paper", "nobody_doubted", said), highlight=False)


def _engine() -> Engine:
    """The networks, proven to run."""
    from models import manifest
    from pipeline.core.policy import load_policy
    from pipeline.student.engine import network_engine

    manifest.digests()  # weights are whole, or nothing is looked at
    engine = network_engine(load_policy().input, manifest.DEFAULT_RECOGNISERS)
    engine.start()
    return engine


def tell(path: Path) -> None:
    """A path on a line of its own."""
    out_console.print(str(path), highlight=False, markup=False, soft_wrap=True)


def tell_lacking(characters: str, lang: str) -> None:
    """Which characters must be written by hand."""
    if characters:
        text = word("paper", "lacking", lang).format(characters=" ".join(characters))
        err_console.print(text, highlight=False, markup=False, soft_wrap=True)


def reshoot_command(
    run: RunFolder,
    out: Out,
    when: Annotated[str, typer.Option()] = "",
    where: Annotated[str, typer.Option()] = "",
    by: Annotated[str, typer.Option()] = "",
    contact: Annotated[str, typer.Option()] = "",
    school: School = "",
    lang: Lang = "zh",
) -> None:
    """Print the list, notices to colleges and slips for students of a re-shoot day."""
    chosen_lang = language(lang)
    said = Appointment(when, where, by, school, contact)
    with opened(run) as desk:
        count = 0
        for paper in papers(desk, said, chosen_lang, date.today()):
            if not count:
                make_out(out)
            with replacing(out / paper.name) as temporary:
                temporary.write_bytes(paper.content)
            count += 1
            tell(out / paper.name)
            tell_lacking(paper.lacking, chosen_lang)
        desk.ledger.record(operator(), "printed", paper="reshoot", files=count)
