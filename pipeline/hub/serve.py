"""Serving the hub on an address, by the rules of a desk's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline.core.errors import ConfigError
from pipeline.desk.heads import Heads, doubt_at_start
from pipeline.desk.web.ending import Server
from pipeline.desk.web.serve import Address, Service, check_address, configured, listening
from pipeline.hub.app import create_hub
from pipeline.site.config import Site
from pipeline.site.people import site_ledger
from pipeline.site.taking import Taken, take_over


@dataclass(frozen=True, slots=True)
class HubService(Service):
    """A hub; `taken` is what became of accounts that cohorts had by themselves."""

    taken: Taken


def prepare(site: Site, address: Address, head_file: Path | None = None) -> HubService:
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
    ledger_of = partial(site_ledger, site)
    return HubService(address.url, Server(config), listener, heads, ledger_of, doubt, taken)
