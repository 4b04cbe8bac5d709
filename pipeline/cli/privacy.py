"""`photoproof privacy`: what an impact assessment asks, from the runs as they are."""

from __future__ import annotations

import json

import typer

from pipeline.assurance.privacy_sheet import FILING_AT, held_by, persons, sheet
from pipeline.cli.console import AsJson, Lang, language, out_console, plain
from pipeline.cli.of_site import AnyRunFolders, runs_of_site


def privacy_command(
    runs: AnyRunFolders = None,
    lang: Lang = "zh",
    as_json: AsJson = False,
) -> None:
    """Print what a privacy impact assessment asks: purposes, data, places, persons stored."""
    chosen = language(lang)
    held = [held_by(run) for run in runs or runs_of_site()]
    if as_json:
        table = {
            "persons": persons(held),
            "filing_at": FILING_AT,
            "runs": {
                one.folder: {"pictures": len(one.pictures), "templates": len(one.templates)}
                for one in held
            },
        }
        typer.echo(json.dumps(table, ensure_ascii=False))
        return
    for line in sheet(held, chosen):
        out_console.print(plain(line), highlight=False, soft_wrap=True)
