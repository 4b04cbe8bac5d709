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
from pipeline.cli.intake import (
    Assign,
    ColumnsFile,
    OptOut,
    Photos,
    References,
    Reshoot,
    RosterFiles,
    reference_kinds,
)
from pipeline.cli.of_site import RunFolder, run_folder
from pipeline.cli.stopping import Count, telling

Profile = Annotated[str | None, typer.Option()]
Search = Annotated[bool, typer.Option("--search-owner")]


def run(
    roster: RosterFiles,
    photos: Photos,
    out: Annotated[Path, typer.Option()],
    references: References = None,
    policy: PolicyFile = None,
    profile: Profile = None,
    columns: ColumnsFile = None,
    reshoot: Reshoot = None,
    assign: Assign = None,
    opt_out: OptOut = None,
    earlier: Annotated[
        list[Path] | None,
        typer.Option(parser=run_folder),
    ] = None,
    force: Annotated[bool, typer.Option("--force")] = False,
    search: Search = False,
    workers: Workers = 0,
    engine: Annotated[str, typer.Option()] = "processes",
    address: Annotated[str, typer.Option(metavar="HOST:PORT")] = "",
    carry: Annotated[bool, typer.Option("--carry-files")] = False,
    rehash: Annotated[bool, typer.Option("--rehash")] = False,
    lang: Lang = "zh",
    as_json: AsJson = False,
) -> None:
    """Check a cohort's photos and write results.csv, report.html, report.xlsx and run.json."""
    chosen = language(lang)
    kinds = reference_kinds(references or [])
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
            reshoot=reshoot or (),
            assign=assign or (),
            opt_out=opt_out or (),
            earlier=earlier or (),
            force=force,
            search_owner=search,
            workers=workers,
            engine=engine,
            address=address,
            carry_files=carry,
            rehash=rehash,
            lang=chosen,
            on_progress=on_progress,
        )
    tell_result(outputs, as_json)


def decide_command(
    out: RunFolder,
    policy: PolicyFile = None,
    profile: Profile = None,
    search: Search = False,
    lang: Lang = "zh",
    as_json: AsJson = False,
) -> None:
    """Judge a finished run anew by another policy, without touching a photo."""
    chosen = language(lang)
    tell_result(
        decide_anew(out, policy=policy, profile=profile, search_owner=search, lang=chosen), as_json
    )
