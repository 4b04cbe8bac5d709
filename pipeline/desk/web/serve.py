"""Running the web application on an address, safely or not at all."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address, ip_network
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from pipeline.core.errors import ConfigError
from pipeline.core.said import cause
from pipeline.desk import accounts, once
from pipeline.desk.cases.desk import Desk, opened
from pipeline.desk.heads import Heads, doubt_at_start
from pipeline.desk.web.app import Surroundings, create_app
from pipeline.desk.web.ending import Ending, Server
from pipeline.night.folder import LEDGER
from pipeline.store.ledger import Ledger
from pipeline.store.people import People

_PATH = re.compile(r"(/[\w-][\w.-]*)*", re.ASCII)
LAST_REQUESTS_S = 20  # a login may wait for others' hashes; then the rest is cut off


@dataclass(frozen=True, slots=True)
class Address:
    """Where the desk is served.

    Attributes:
        certificate: PEM file with the certificate, then `key` holds its private key; without,
            HTTP: for the loopback, or behind a proxy that speaks TLS.
        proxies: Addresses or networks whose X-Forwarded-For and X-Forwarded-Proto are believed.
        around: The path under which it is served, and who watches it.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    certificate: Path | None = None
    key: Path | None = None
    proxies: tuple[str, ...] = ()
    around: Surroundings = field(default_factory=Surroundings)

    @property
    def local(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def url(self) -> str:
        """What to type into the browser."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http{'s' if self.certificate else ''}://{host}:{self.port}{self.around.path}/"


@dataclass(frozen=True, slots=True)
class Service:
    """A web application ready to be served.

    Attributes:
        url: What to type into the browser; carries the one-time token of a desk without accounts.
        heads: Get the log's last hash, where that is wanted.
        ledger: Opens the ledger that has the log.
        doubt: What the heads that were written outside say against the log; "" where they agree.
    """

    url: str
    server: Server
    listener: socket.socket
    heads: Heads | None
    ledger: Callable[[], AbstractContextManager[People]]
    doubt: str

    def run(self) -> int:
        """Serve until `stop`. Returns how many requests were given up then."""
        try:
            with self.listener:
                self.server.run(sockets=[self.listener])
        finally:
            if self.heads:
                with self.ledger() as ledger:
                    self.heads.keep(ledger, now=True)
        return self._ending.given_up

    @property
    def pending(self) -> int:
        """Requests that are being answered now."""
        return self._ending.pending

    @property
    def _ending(self) -> Ending:
        ending = self.server.config.app
        assert isinstance(ending, Ending)
        return ending

    def stop(self) -> None:
        """End soon: who has begun to ask has some seconds. Returns at once."""
        self.server.should_exit = True


@dataclass(frozen=True, slots=True)
class DeskService(Service):
    """A desk; `accounts` says whether people log in."""

    accounts: bool


def prepare(run: Path, address: Address, head_file: Path | None = None) -> DeskService:
    """Check run, accounts and address.

    Args:
        run: The run's folder.
        address: Where to serve.
        head_file: Gets the log's last hash by and by (`pipeline.desk.heads`).

    Raises:
        StoreError: There is no finished run in the folder.
        ConfigError: Other machines could reach a desk without accounts, TLS is half given or
            its files are unusable, a proxy is no address, the address is taken, or the file for
            heads cannot be written.
    """
    check_address(address)
    with opened(run) as desk:
        with_accounts = _admitted(desk, address)
        heads, doubt = Heads(head_file) if head_file else None, ""
        if heads and head_file:
            doubt = doubt_at_start(desk.ledger, head_file)
            heads.begin(desk.ledger)
        app = create_app(run, accounts=with_accounts, heads=heads, around=address.around)
        config = configured(address, app)
        listener = listening(address)  # before a new token ends the session of a desk that runs
        url = address.url
        if with_accounts:
            once.close_local(desk.ledger)
        else:
            url += f"enter?token={once.new_token(desk.ledger)}"
    ledger = partial(Ledger, run / LEDGER)
    return DeskService(url, Server(config), listener, heads, ledger, doubt, with_accounts)


def _admitted(desk: Desk, address: Address) -> bool:
    """Whether people log in; a desk without accounts stays on this machine."""
    known = bool(accounts.listed(desk.ledger))
    if not known and not address.local:
        raise ConfigError("desk_needs_accounts", host=address.host)
    return known


def check_address(address: Address) -> None:
    """See that an address is whole.

    Raises:
        ConfigError: TLS is half given, a proxy or monitor is no address, or the path is none.
    """
    if (address.certificate is None) != (address.key is None):
        raise ConfigError("tls_half")
    for proxy in address.proxies:
        _network(proxy)
    for monitor in address.around.monitors:
        _monitor(monitor)
    if not _PATH.fullmatch(address.around.path):
        raise ConfigError("desk_path_malformed", path=address.around.path[:60])


def configured(address: Address, app: ASGIApp) -> uvicorn.Config:
    """The server's configuration. Raises ConfigError where the files for TLS are unusable."""
    config = uvicorn.Config(
        Ending(app),
        ssl_certfile=address.certificate,
        ssl_keyfile=address.key,
        access_log=False,  # addresses would carry the token; who saw what is in the action log
        server_header=False,
        # Whoever may name another address evades the limits of logins: by default nobody is heeded,
        # nor the environment, where uvicorn would look.
        proxy_headers=bool(address.proxies),
        forwarded_allow_ips=list(address.proxies),
        timeout_graceful_shutdown=LAST_REQUESTS_S,
        log_config=None,  # warnings go to standard error as they are
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise ConfigError("tls_unusable", why=cause(error)) from error
    return config


def _network(proxy: str) -> None:
    try:
        ip_network(proxy)
    except ValueError as error:
        raise ConfigError("proxy_malformed", proxy=proxy[:60]) from error


def _monitor(given: str) -> None:
    try:
        ip_address(given)
    except ValueError as error:
        raise ConfigError("monitor_malformed", given=given[:60]) from error


def listening(address: Address) -> socket.socket:
    """The address, taken. Raises ConfigError where that cannot be."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        return socket.create_server((address.host, address.port), family=family)
    except OSError as error:
        raise ConfigError(
            "desk_cannot_serve", host=address.host, port=address.port, why=cause(error)
        ) from error
