"""A mail server on the loopback that keeps what it gets."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from certificates import Certificate


@dataclass
class Inbox:
    """Takes letters; aiosmtpd's handler."""

    letters: list[Any] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        self.secured.append(session.ssl is not None)
        return "250 OK"


@contextmanager
def smtp(inbox: Inbox, own: Certificate | None, *, login: bool = False) -> Iterator[int]:
    def check(_server: Any, _session: Any, _envelope: Any, _how: Any, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and given.password == b"geheim"
        return AuthResult(success=right)

    context = None
    if own is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(own.chain, own.key)
    options: dict[str, Any] = {"tls_context": context, "require_starttls": context is not None}
    if login:
        options |= {"authenticator": check, "auth_required": True}
    with closing(socket.create_server(("localhost", 0))) as free:
        port = free.getsockname()[1]
    server = Controller(inbox, hostname="localhost", port=port, **options)
    server.start()
    try:
        yield port
    finally:
        server.stop()
