"""A college's secretary for `bench/hub_load.py`: zips handed in piece by piece, and looked at."""

from __future__ import annotations

import asyncio
import io
import os
import re
import time
import zipfile
from collections.abc import Awaitable, Callable
from typing import Protocol

import httpx2 as httpx

CSRF = re.compile(r'name="csrf" value="([^"]+)"')
# The server ends what was quiet for 5 s; a browser then asks again, this client would give up.
LIMITS = httpx.Limits(keepalive_expiry=1)
PIECE = 8 << 20  # as the page sends
ZIP_BYTES = 48 << 20
RATE = 4 << 20  # bytes a second of each: a quarter of a campus's 100 Mbit/s line


class Counts(Protocol):
    """What `hub_load.Seen` has."""

    uploaded: int

    async def begun(self) -> float:
        """Wait until everybody has come in; when to leave off."""

    def took(self, answer: httpx.Response) -> httpx.Response:
        """Note how a request was answered."""


def packed() -> bytes:
    """A zip of one large file that is nobody's."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("nobody.jpg", os.urandom(ZIP_BYTES))
    return made.getvalue()


async def upload_for(
    url: str,
    name: str,
    seen: Counts,
    log_in: Callable[[httpx.AsyncClient, str], Awaitable[None]],
    content: bytes,
    cohort: str = "2026",
) -> None:
    """Hand in zip after zip, and look at what is understood of them."""
    place = f"/cohorts/{cohort}"
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=LIMITS) as http:
        await log_in(http, name)
        found = CSRF.search((await http.get(f"{place}/hand-in")).text)
        assert found, "the page has no token"
        headers = {"x-csrf-token": found[1]}
        number = 0
        until = await seen.begun()
        while time.monotonic() < until:
            number += 1
            said = {"kind": "photos", "name": f"{name}-{number}.zip", "size": str(len(content))}
            begun = seen.took(await http.post(f"{place}/uploads", data=said, headers=headers))
            upload = begun.json()["id"]
            for offset in range(0, len(content), PIECE):
                began = time.monotonic()
                piece = content[offset : offset + PIECE]
                put = f"{place}/uploads/{upload}?offset={offset}"
                seen.took(await http.put(put, content=piece, headers=headers))
                seen.uploaded += len(piece)
                await asyncio.sleep(max(0, len(piece) / RATE - (time.monotonic() - began)))
                if time.monotonic() >= until:
                    return
            seen.took(await http.get(f"{place}/hand-in/draft"))
