"""`photoproof privacy`: what an impact assessment asks, from the runs as they are."""

from __future__ import annotations

import json

import typer

from pipeline.assurance.privacy_sheet import FILING_AT, held_by, persons, sheet
from pipeline.cli.console import AsJson, Lang, language, out_console, plain
from pipeline.cli.of_site import AnyRunFolders, runs_of_site, site_if_any
from pipeline.site.disclosure import disclosed
from pipeline.site.leaving import leaving


def privacy_command(
    runs: AnyRunFolders = None,
    lang: Lang = "zh",
    as_json: AsJson = False,
) -> None:
    """Print what a privacy impact assessment asks: purposes, data, places, persons stored."""
    chosen = language(lang)
    site = site_if_any()
    if site and runs and not {*runs} & {site.run_of(name) for name in site.cohorts}:
        site = None  # runs of somewhere else
    held = [held_by(run) for run in runs or runs_of_site()]
    if as_json:
        table: dict[str, object] = {
            "persons": persons(held),
            "filing_at": FILING_AT,
            "runs": {
                one.folder: {"pictures": len(one.pictures), "templates": len(one.templates)}
                for one in held
            },
        }
        if site is not None:
            ends = {name: cohort.kept_until for name, cohort in site.cohorts.items()}
            table["kept_until"] = {name: end and end.isoformat() for name, end in ends.items()}
            table["leaves"] = {one.key: one.where for one in leaving(site)}
        typer.echo(json.dumps(table, ensure_ascii=False))
        return
    told = [*sheet(held, chosen), *(disclosed(site, chosen) if site else ())]
    for line in told:
        out_console.print(plain(line), highlight=False, soft_wrap=True)
