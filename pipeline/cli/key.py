"""`photoproof key`: the site's keys, by which stores are encrypted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.console import line
from pipeline.cli.of_site import AnyRunFolders, runs_of_site
from pipeline.core import site_key
from pipeline.core.errors import ConfigError
from pipeline.night.folder import LEDGER, database_of, locked
from pipeline.store import Store
from pipeline.store.ledger import Ledger

app = typer.Typer(no_args_is_help=True)


@app.command("new")
def new_key(file: Annotated[Path, typer.Argument()]) -> None:
    """Write a new key into a file that its owner alone may read."""
    site_key.make(file)
    line("key_named", variable=site_key.FILE, file=file)
    line("key_lost")


@app.command("rotate")
def rotate(runs: AnyRunFolders = None) -> None:
    """Close runs by the first key that is configured, whichever of them closed them before."""
    if not site_key.given():
        raise ConfigError("no_key", file=site_key.FILE)
    due = runs or runs_of_site()
    if not due:
        raise ConfigError("no_run_named")
    for run in due:
        database = database_of(run)
        with locked(run), Store(database) as store, Ledger(run / LEDGER) as ledger:
            closed = [file.own_key.close_anew() for file in (store, ledger)]
        line("key_closed" if any(closed) else "key_none", run=run)
