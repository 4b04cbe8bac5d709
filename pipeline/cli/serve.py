"""`photoproof serve`: one door for the staff, to all cohorts of a site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.console import err_console, line, plain
from pipeline.cli.of_site import this_site
from pipeline.cli.serving import serve
from pipeline.cli.speech import tell
from pipeline.core.said import recognised, said


def serve_command(
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8765,
    tls_cert: Annotated[Path | None, typer.Option()] = None,
    tls_key: Annotated[Path | None, typer.Option()] = None,
    proxies: Annotated[
        list[str] | None,
        typer.Option("--trusted-proxy", metavar="ADDRESS"),
    ] = None,
    head_file: Annotated[Path | None, typer.Option()] = None,
    path: Annotated[str, typer.Option()] = "",
    monitors: Annotated[
        list[str] | None,
        typer.Option("--monitor", metavar="ADDRESS"),
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser")] = True,
) -> None:
    """Serve the site's hub in the browser: every cohort, its desk, and who may do what."""
    # The web server takes a quarter of a second to import, which no other command has to spend.
    from pipeline.desk.web.app import MONITORS, Surroundings
    from pipeline.desk.web.serve import Address
    from pipeline.hub.serve import prepare

    site = this_site()
    around = Surroundings(path, (*MONITORS, *(monitors or ())))
    address = Address(host, port, tls_cert, tls_key, tuple(proxies or ()), around)
    service = prepare(site, address, head_file)
    if service.doubt:
        doubt = tell(
            said("line.site_record_doubted", doubt=recognised(service.doubt, "audit_fault"))
        )
        err_console.print(f"[bold red]{plain(doubt)}[/]", highlight=False, soft_wrap=True)
    if service.taken.names:
        line("accounts_taken", console=err_console, names=service.taken.names)
    for name, cohorts in service.taken.clashes:
        line("account_not_taken", console=err_console, name=name, cohorts=cohorts)
    if not address.local and tls_cert is None:
        line("desk_no_tls")
    serve(service, in_browser=browser and address.local)
