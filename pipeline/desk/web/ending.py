"""How a web server ends: within a time, without a word of its own about what it gave up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_AGAIN_S = "5"  # after which whoever was given up may ask again
_LOG = logging.getLogger("uvicorn.error")


class Ending:
    """Before the application: answers 503 for requests that are given up when the server ends.

    Attributes:
        given_up: How many there were.
        pending: Requests that are being answered now.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.given_up = self.pending = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        is_http = scope["type"] == "http"
        begun = not is_http

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        self.pending += is_http
        try:
            await self._app(scope, receive, sent)
        except asyncio.CancelledError:
            self.given_up += is_http
            if begun:
                raise
            refused = Response(status_code=503, headers={"retry-after": _AGAIN_S})
            await refused(scope, receive, send)
        finally:
            self.pending -= is_http


class Server(uvicorn.Server):
    """A server that leaves signals alone, and ends when it is asked to."""

    def run(self, *given: object, **named: object) -> None:
        """Serve; what is given up at the end is counted by `Ending`, not told as faults."""
        _LOG.addFilter(_is_fault)
        try:
            super().run(*given, **named)  # type: ignore[arg-type]
        finally:
            _LOG.removeFilter(_is_fault)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing of that: who started the program heeds them."""
        yield


def _is_fault(record: logging.LogRecord) -> bool:
    """Whether a line is about something else than requests that are given up."""
    error = record.exc_info[1] if record.exc_info else None
    told = str(record.msg).startswith("Cancel %s running task(s)")
    return not told and not isinstance(error, asyncio.CancelledError)
