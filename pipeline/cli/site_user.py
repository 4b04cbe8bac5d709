"""`photoproof site user`: the people of a site, from the terminal; the first of them at least."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from pipeline.cli.console import AsJson, code_words, line
from pipeline.cli.of_site import this_site
from pipeline.cli.review import FromStdin, new_password, operator
from pipeline.core.moments import local_minute
from pipeline.desk.accounts import Role
from pipeline.site import people

user_app = typer.Typer(no_args_is_help=True)
Colleges = Annotated[list[str] | None, typer.Option("--college", metavar="NAME")]
BySchool = Annotated[bool, typer.Option("--school")]


@user_app.command("add")
def add_person(
    name: str,
    role: Annotated[Role, typer.Option()] = Role.REVIEWER,
    colleges: Colleges = None,
    by_school: BySchool = False,
    from_stdin: FromStdin = False,
) -> None:
    """Make an account of the site; the password is asked for."""
    site = this_site()  # before anybody types a password
    password = None if by_school else new_password(from_stdin)
    with people.site_ledger(site) as ledger:
        people.add(ledger, name, role, colleges or (), password, operator())
    line("account", name=name, role=code_words("role", role.value))


@user_app.command("password")
def change_password(name: str, by_school: BySchool = False, from_stdin: FromStdin = False) -> None:
    """Give an account another password; its owner is logged out everywhere."""
    site = this_site()
    password = None if by_school else new_password(from_stdin)
    with people.site_ledger(site) as ledger:
        people.set_password(ledger, name, password, operator())


@user_app.command("remove")
def remove_person(name: str) -> None:
    """Close an account of the site at once; what its owner has answered stays."""
    with people.site_ledger(this_site()) as ledger:
        people.remove(ledger, name, operator())


@user_app.command("list")
def list_people(as_json: AsJson = False) -> None:
    """The accounts of the site."""
    with people.site_ledger(this_site()) as ledger:
        known = ledger.accounts.people()
    if as_json:
        typer.echo(json.dumps([one._asdict() for one in known], ensure_ascii=False))
        return
    for one in known:
        role, since = code_words("role", one.role), local_minute(one.made_at)
        if one.colleges:
            line("account_of", name=one.name, role=role, since=since, colleges=one.colleges)
        else:
            line("account_since", name=one.name, role=role, since=since)
