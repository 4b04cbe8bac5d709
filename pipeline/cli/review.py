"""`photoproof review | users | audit | export | import`: the people's side."""

from __future__ import annotations

import enum
import getpass
import json
import sys
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.console import AsJson, code_words, err_console, line, out_console
from pipeline.cli.of_site import RunFolder, RunOption, site_if_any, this_site
from pipeline.cli.serving import (
    HeadFile,
    Host,
    InBrowser,
    Monitors,
    Port,
    Proxies,
    TlsFile,
    UnderPath,
    serve,
    warn_of_doubt,
)
from pipeline.cli.speech import tell
from pipeline.core.errors import ConfigError, StoreError
from pipeline.core.moments import local_minute
from pipeline.core.said import recognised, said
from pipeline.desk import accounts
from pipeline.desk.accounts import Role
from pipeline.night.folder import LEDGER, database_of
from pipeline.store.ledger import Ledger
from pipeline.store.log import Verification

if TYPE_CHECKING:
    from pipeline.desk.exchange.reshoot import Appointment

FromStdin = Annotated[bool, typer.Option("--password-stdin")]


class DeskRole(enum.StrEnum):
    """The roles that a run's desk knows by itself; a site has more."""

    REVIEWER = Role.REVIEWER.value
    LEAD = Role.LEAD.value
    AUDITOR = Role.AUDITOR.value


users_app = typer.Typer(no_args_is_help=True)
audit_app = typer.Typer(no_args_is_help=True)


def review_command(
    run: RunFolder,
    host: Host = "127.0.0.1",
    port: Port = 8765,
    tls_cert: TlsFile = None,
    tls_key: TlsFile = None,
    proxies: Proxies = None,
    head_file: HeadFile = None,
    path: UnderPath = "",
    monitors: Monitors = None,
    night_hours: Annotated[float, typer.Option(min=0)] = 0,
    proofs: Annotated[list[Path] | None, typer.Option()] = None,
    browser: InBrowser = True,
) -> None:
    """Serve the review desk of a run in the browser."""
    # The web server takes a quarter of a second to import, which no other command has to spend.
    from pipeline.desk.web.app import MONITORS, Surroundings
    from pipeline.desk.web.serve import Address, prepare

    watched = (*MONITORS, *(monitors or ()))
    around = Surroundings(path, watched, night_hours, _day_of_site(), tuple(proofs or ()))
    address = Address(host, port, tls_cert, tls_key, tuple(proxies or ()), around)
    service = prepare(run, address, head_file)
    warn_of_doubt(service, "line.record_doubted")
    if not service.accounts:
        line("desk_once")
    elif not address.local and tls_cert is None:
        line("desk_no_tls")
    serve(service, in_browser=browser and address.local)


def _day_of_site() -> Appointment:
    """The re-shoot day that the site's file tells of; empty where there is no site."""
    from pipeline.desk.exchange.reshoot import Appointment

    site = site_if_any()
    return Appointment(**site.reshoot.model_dump(), school=site.name) if site else Appointment()


@users_app.command("add")
def add_user(
    name: str,
    run: RunOption,
    role: Annotated[DeskRole, typer.Option()] = DeskRole.REVIEWER,
    from_stdin: FromStdin = False,
) -> None:
    """Make an account; the password is asked for."""
    with _ledger(run) as ledger:  # is there, before anybody types a password
        accounts.add(ledger, name, Role(role.value), new_password(from_stdin), operator())
    line("account", name=name, role=code_words("role", role.value))


@users_app.command("passwd")
def change_password(name: str, run: RunOption, from_stdin: FromStdin = False) -> None:
    """Give an account another password; its owner is logged out everywhere."""
    with _ledger(run) as ledger:
        accounts.change(ledger, name, new_password(from_stdin), operator())


@users_app.command("remove")
def remove_user(name: str, run: RunOption) -> None:
    """Close an account at once; what its owner has answered stays."""
    with _ledger(run) as ledger:
        accounts.remove(ledger, name, operator())


@users_app.command("list")
def list_users(run: RunOption, as_json: AsJson = False) -> None:
    """The accounts of a run's desk."""
    with _ledger(run) as ledger:
        rows = accounts.listed(ledger)
    if as_json:
        typer.echo(json.dumps([{"name": n, "role": r, "made": m} for n, r, m in rows]))
        return
    for name, role, made in rows:
        line(
            "account_since",
            name=name,
            role=code_words("role", role.value),
            since=local_minute(made),
        )


@audit_app.command("verify")
def verify(
    run: RunFolder,
    head: Annotated[str, typer.Option()] = "",
    head_file: Annotated[Path | None, typer.Option()] = None,
    as_json: AsJson = False,
) -> None:
    """Check that log, answers, accounts, cases and the run's decisions are as they were written."""
    from pipeline.desk import heads
    from pipeline.desk.cases.audit import verified
    from pipeline.desk.cases.desk import Desk

    database_of(run)
    if not (run / LEDGER).is_file():
        raise StoreError("not_reviewed", run=run)
    with closing(Desk(run)) as desk:
        found = verified(desk, head)
        if not found.fault:
            found = replace(found, fault=heads.fault(desk.ledger, head_file))
    _tell(found, as_json)


@audit_app.command("site")
def verify_site(
    head: Annotated[str, typer.Option()] = "",
    head_file: Annotated[Path | None, typer.Option()] = None,
    as_json: AsJson = False,
) -> None:
    """Check that the site's log and accounts are as they were written."""
    from pipeline.desk import heads
    from pipeline.site.people import ledger_file, site_ledger

    site = this_site()
    if not ledger_file(site).is_file():
        raise ConfigError("hub_needs_accounts")
    with site_ledger(site) as ledger:
        found = ledger.verify(head)
        if not found.fault:
            found = replace(found, fault=heads.fault(ledger, head_file))
    _tell(found, as_json)


def operator() -> str:
    """Who gives a command: the account on this machine."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli:unknown"


def _tell(found: Verification, as_json: bool) -> None:
    """What a check has found. Raises StoreError where something is not as it was written."""
    if as_json:
        typer.echo(json.dumps(asdict(found)))
    if found.fault:
        raise StoreError(
            "log_tampered", fault=recognised(found.fault, "audit_fault"), entries=found.entries
        )
    if not as_json:
        line("log_right", entries=found.entries)
        line("head", head=found.head)
        if found.unchecked:
            out_console.print(tell(recognised(found.unchecked, "audit_fault")), highlight=False)


def new_password(from_stdin: bool) -> str:
    """A new password, asked for twice at a terminal."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    while True:
        first = str(typer.prompt(tell(said("line.password")), hide_input=True))
        if first == typer.prompt(tell(said("line.password_again")), hide_input=True):
            return first
        line("password_differs", console=err_console)


def _ledger(run: Path) -> Ledger:
    """The run's ledger; made when it is not there, beside a run only."""
    database_of(run)
    return Ledger(run / LEDGER)
