"""`photoproof serve`: one door for the staff, to all cohorts of a site."""

from __future__ import annotations

from pipeline.cli.console import err_console, line
from pipeline.cli.of_site import this_site
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


def serve_command(
    host: Host = "127.0.0.1",
    port: Port = 8765,
    tls_cert: TlsFile = None,
    tls_key: TlsFile = None,
    proxies: Proxies = None,
    head_file: HeadFile = None,
    path: UnderPath = "",
    monitors: Monitors = None,
    browser: InBrowser = True,
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
    warn_of_doubt(service, "line.site_record_doubted")
    if service.taken.names:
        line("accounts_taken", console=err_console, names=service.taken.names)
    for name, cohorts in service.taken.clashes:
        line("account_not_taken", console=err_console, name=name, cohorts=cohorts)
    if not address.local and tls_cert is None:
        line("desk_no_tls")
    serve(service, in_browser=browser and address.local)
