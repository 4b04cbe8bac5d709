"""`photoproof profiles list | show | check`."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table

from pipeline.cli.console import AsJson, line, out_console, plain, table
from pipeline.cli.speech import tongue
from pipeline.core.errors import ConfigError
from pipeline.core.policy import Profile, load_profile, profile_names
from pipeline.core.reasons import measure_name
from pipeline.core.words import DEFAULT_LANGUAGE, clause_text
from pipeline.student.measures import all_measures

app = typer.Typer()


@app.command("list")
def list_command(as_json: AsJson = False) -> None:
    """The shipped standards."""
    profiles = {name: load_profile(name, all_measures()) for name in profile_names()}
    if as_json:
        rows = [
            {"name": name, "title_zh": p.title_zh, "title_en": p.title_en, "source": p.source}
            for name, p in profiles.items()
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    shipped = table("profile", "title", "limits")
    for name, p in profiles.items():
        shipped.add_row(name, plain(_title(p)), str(len(p.limits)))
    out_console.print(shipped)


@app.command("show")
def show_command(
    name: Annotated[str, typer.Argument()],
    as_json: AsJson = False,
) -> None:
    """One standard: every limit, its unit and the clause it rests on."""
    profile = load_profile(name, all_measures())
    if as_json:
        typer.echo(profile.model_dump_json(exclude_defaults=True))
        return
    out_console.print(plain(_title(profile)), highlight=False)
    line("profile_source", source=clause_text(profile.source, tongue()))
    if profile.frame is not None:
        line("profile_frame", width=profile.frame.width_px, height=profile.frame.height_px)
    else:
        line("profile_no_frame")
    out_console.print(_limits(profile))


@app.command("check")
def check_command(
    file: Annotated[str, typer.Argument(metavar="FILE")],
) -> None:
    """Say whether a file is a sound standard; a mistake is named with what is allowed."""
    if not file.endswith(".toml"):
        raise ConfigError("profile_not_toml", file=file)
    profile = load_profile(file, all_measures())
    line("profile_sound", file=file, limits=len(profile.limits))
    out_console.print(_limits(profile))


def _title(profile: Profile) -> str:
    return profile.title_zh if tongue() == DEFAULT_LANGUAGE else profile.title_en


def _limits(profile: Profile) -> Table:
    """Measure, its name for people, limit, unit and clause of every limit."""
    limits = table("measure", "what", "limit", "unit", "clause")
    for name, limit in profile.limits.items():
        measure = all_measures()[name]
        unit = "%" if measure.per and profile.frame is None else measure.unit
        what = measure_name(name, tongue())
        clause = clause_text(limit.clause, tongue())
        limits.add_row(name, what, plain(limit.text), unit, plain(clause))
    return limits
