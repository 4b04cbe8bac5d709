"""Asking the school's provider: no answer is longer than a size, nor all of them than a time.

Of the extras `oidc` and `cas`: whoever imports it has seen that httpx2 is there.
"""

from __future__ import annotations

import ssl
import time

import anyio
import httpx2

from pipeline.hub.away import WAIT_S, SchoolError

_MOST = 2**18  # bytes of an answer


class Bounded(httpx2.BaseTransport):
    """What a client asks through, for one step of one person's way; then it is used up.

    Each question has an event loop of its own, because only that ends one in time whose answer
    never pauses long.

    Args:
        tls: What the provider's certificate is held against.

    Raises:
        SchoolError: By any question: an answer is too long, packed, or does not end in time.
    """

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._until = time.monotonic() + WAIT_S

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Ask, and take the whole answer."""
        request.read()  # so that it can be sent from the loop
        request.headers["accept-encoding"] = "identity"  # so that little stays little
        try:
            return anyio.run(self._answered, request)
        except TimeoutError as error:
            raise SchoolError("school_unreachable", "TimeoutError") from error

    async def _answered(self, request: httpx2.Request) -> httpx2.Response:
        got = bytearray()
        with anyio.fail_after(max(0, self._until - time.monotonic())):
            async with httpx2.AsyncHTTPTransport(verify=self._tls, trust_env=False) as transport:
                answer = await transport.handle_async_request(request)
                if answer.headers.get("content-encoding", "identity") != "identity":
                    raise SchoolError("school_unsound", "packed")
                async for part in answer.aiter_raw():
                    got += part
                    if len(got) > _MOST:
                        raise SchoolError("school_unsound", "too_long")
        return httpx2.Response(answer.status_code, headers=answer.headers, content=bytes(got))
