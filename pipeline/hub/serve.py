"""Serving the hub on an address, by the rules of a desk's."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from pipeline.core.errors import ConfigError
from pipeline.desk.heads import Heads, doubt_at_start
from pipeline.desk.web.serve import Address, check_address, configured, listening
from pipeline.hub.app import create_hub
from pipeline.site.config import Site
from pipeline.site.people import site_ledger
from pipeline.site.taking import Taken, take_over


@dataclass(frozen=True, slots=True)
class Service:
    """A hub ready to be served.

    Attributes:
        taken: What became of accounts that cohorts had by themselves.
        doubt: What the heads that were written outside say against the site's log.
    """

    url: str
    site: Site
    server: uvicorn.Server
    listener: socket.socket
    heads: Heads | None
    taken: Taken
    doubt: str = ""

    def run(self) -> None:
        """Serve until stopped."""
        try:
            with self.listener:
                self.server.run(sockets=[self.listener])
        finally:
            if self.heads:
                with site_ledger(self.site) as ledger:
                    self.heads.keep(ledger, now=True)


def prepare(site: Site, address: Address, head_file: Path | None = None) -> Service:
    """Check site, accounts and address.

    Raises:
        StoreError: The site's ledger cannot be used.
        ConfigError: Nobody has an account, or a thing about the address is wrong, as at a desk.
    """
    check_address(address)
    app = create_hub(site, around=address.around, head_file=head_file)
    heads: Heads | None = app.state.heads
    with site_ledger(site) as ledger:
        taken = take_over(site, ledger)
        if not ledger.accounts.people():
            raise ConfigError("hub_needs_accounts")
        doubt = ""
        if heads and head_file:
            doubt = doubt_at_start(ledger, head_file)
            heads.begin(ledger)
    config = configured(address, app)
    listener = listening(address)
    return Service(address.url, site, uvicorn.Server(config), listener, heads, taken, doubt)
