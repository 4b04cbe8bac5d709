"""An application served on the loopback by a thread of this process."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp


@contextmanager
def listening() -> Iterator[tuple[socket.socket, str]]:
    """A port, and the address without a path that it has."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def served(app: ASGIApp, listener: socket.socket) -> Iterator[None]:
    """Serve an application there as long as the block lasts."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        thread.join()


def without_end(fault: str) -> Response | None:
    """An answer that an asker must not wait for: `slow`, `endless` or `packed`; None else."""
    match fault:
        case "slow":
            return StreamingResponse(_blanks(b" ", 0.05))
        case "endless":
            return StreamingResponse(_blanks(b" " * 2**16, 0))
        case "packed":
            return Response(gzip.compress(b" " * 2**20), headers={"content-encoding": "gzip"})
    return None


async def _blanks(piece: bytes, pause_s: float) -> AsyncIterator[bytes]:
    while True:  # until the asker goes
        yield piece
        await asyncio.sleep(pause_s)
