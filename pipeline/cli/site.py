"""`photoproof site | nightly | backup | restore`: a school's site, unattended."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.console import AsJson, err_console, line, out_console, plain
from pipeline.cli.of_site import no_cohort, this_site
from pipeline.cli.site_user import user_app
from pipeline.cli.speech import tell, term, tongue
from pipeline.cli.tokens import token_app
from pipeline.core.errors import ConfigError
from pipeline.core.private import make_file
from pipeline.core.said import cause
from pipeline.site.config import Site
from pipeline.site.place import FILE

Only = Annotated[list[str] | None, typer.Argument(metavar="[COHORT]...")]

# The commented file that a site begins with, by the language of its comments.
_EXAMPLES = {"zh": "site.zh.toml", "en": "site.toml"}

site_app = typer.Typer(no_args_is_help=True)
site_app.add_typer(user_app, name="user")
site_app.add_typer(token_app, name="token")


@site_app.command("init")
def init_site(
    folder: Annotated[Path, typer.Argument()] = Path(),
) -> None:
    """Write a commented photoproof.toml; one that is there is kept."""
    path = folder / FILE
    if path.exists():
        raise ConfigError("site_exists", path=path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        make_file(path)
        path.write_bytes(files("data").joinpath(_EXAMPLES[tongue()]).read_bytes())
    except OSError as error:
        raise ConfigError("site_unwritable", path=path, why=cause(error)) from error
    line("site_written", path=path)


@site_app.command("check")
def check_site(as_json: AsJson = False) -> None:
    """Name every fault of the site's file, and all that leaves this machine."""
    # Late: it knows measures and policies.
    from pipeline.site.faults import examine

    site = this_site()
    path, remarks = site.folder / FILE, list(examine(site))
    faults = [remark for remark in remarks if remark.fault]
    if as_json:
        told = [{"key": r.key, "text": r.text, "fault": r.fault} for r in remarks]
        typer.echo(json.dumps({"site": str(path), "remarks": told}, ensure_ascii=False))
    else:
        for remark in remarks:
            mark = f"[red]{term('line', 'fault')}[/]" if remark.fault else term("line", "remark")
            text = f"{mark} {plain(f'[{remark.key}]')} {plain(tell(remark.text))}"
            out_console.print(text, highlight=False, soft_wrap=True)
        if not faults:
            line("site_sound", path=path)
    if faults:
        raise ConfigError("site_faulty", path=path, faults=len(faults))


def nightly_command(
    cohorts: Only = None,
    force: Annotated[bool, typer.Option("--force")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run")] = False,
    record: Annotated[str, typer.Option("--record", metavar="NAME")] = "",
    as_json: AsJson = False,
) -> None:
    """Work through the site's cohorts; exit codes 0, 30 to 33 for a scheduler."""
    from pipeline.site.log import open_log
    from pipeline.site.nights import work_site
    from pipeline.site.outcome import EXIT_CODES, worst
    from pipeline.site.works import recorded

    known = this_site()
    open_log(None if known.log.file is None else known.path(known.log.file), known.log.level)
    only = cohorts or ()
    if dry_run:
        nights = work_site(known, only, force=force, dry_run=True)
    else:
        with recorded(known, only, force, record) as recorder:
            progress = recorder.progress
            nights = recorder.nights = work_site(known, only, force=force, on_progress=progress)
    outcome = worst(nights)
    if as_json:
        told = {"outcome": outcome.value, "cohorts": [night.as_json() for night in nights]}
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        from pipeline.site.messages import in_words

        for line in in_words(nights, known.lang, faults=True):
            out_console.print(plain(line), highlight=False, soft_wrap=True)
    raise typer.Exit(EXIT_CODES[outcome])


def backup_command(
    target: Annotated[Path, typer.Argument()],
    cohorts: Only = None,
) -> None:
    """Copy cohorts into one checked archive; a desk may go on meanwhile."""
    from pipeline.site.backup import back_up
    from pipeline.site.people import ledger_file

    known = this_site()
    names = cohorts or [name for name in known.cohorts if known.run_of(name).is_dir()]
    homes = {name: known.home_of(_known(known, name)) for name in names}
    done = back_up(homes, target, ledger_file(known))
    line(
        "backed_up",
        target=target,
        cohorts=tuple(done.cohorts),
        files=done.files,
        size=done.size / 2**20,
    )


def restore_command(
    source: Annotated[Path, typer.Argument()],
) -> None:
    """Put the cohorts of a backup back; what is there already is never replaced."""
    from pipeline.site.backup import restore

    known = this_site()
    done = restore(source, known.path(known.home))
    for name in done.cohorts:
        line("restored", home=known.home_of(name))
        if name not in known.cohorts:
            line("no_cohort", console=err_console, name=name)


def _known(site: Site, name: str) -> str:
    if name not in site.cohorts:
        raise no_cohort(site, name)
    return name
