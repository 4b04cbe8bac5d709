"""`photoproof site token add | remove | list`: accounts of machines that ask for single checks."""

from __future__ import annotations

import json

import typer

from pipeline.cli.console import AsJson, err_console, line
from pipeline.cli.of_site import this_site
from pipeline.cli.review import operator
from pipeline.core.moments import local_minute

token_app = typer.Typer(no_args_is_help=True)


@token_app.command("add")
def add_token(name: str) -> None:
    """Make a machine's account; its token is shown this once, alone on standard output."""
    from pipeline.hub import machines
    from pipeline.site.people import site_ledger

    with site_ledger(this_site()) as ledger:
        token = machines.add(ledger, name, operator())
    typer.echo(token)
    line("machine_token", console=err_console, name=name)


@token_app.command("remove")
def remove_token(name: str) -> None:
    """Close a machine's account at once."""
    from pipeline.hub import machines
    from pipeline.site.people import site_ledger

    with site_ledger(this_site()) as ledger:
        machines.remove(ledger, name, operator())


@token_app.command("list")
def list_tokens(as_json: AsJson = False) -> None:
    """The machines that have an account, and since when."""
    from pipeline.site.people import site_ledger

    with site_ledger(this_site()) as ledger:
        rows = ledger.machines.listed()
    if as_json:
        typer.echo(json.dumps([{"name": row.name, "made": row.made_at} for row in rows]))
        return
    for row in rows:
        line("machine_since", name=row.name, since=local_minute(row.made_at))
