"""Downloading one file from its publisher's address, taking up again where it broke off."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from hashlib import sha256
from pathlib import Path

ATTEMPTS = 3
TIMEOUT_S = 30.0  # without a byte, not for the whole file
_CHUNK = 1 << 16


class DownloadError(Exception):
    """The address gave no file, or a wrong one; the text is one answer of several."""


def fetch_checked(url: str, part: Path, size: int, digest: str) -> bytes:
    """The file at `url`, checked.

    What has arrived is kept in `part` when the connection breaks, and the next attempt, in this
    call or a later one, asks for the rest only. A file of wrong bytes is never kept; it is asked
    for once more in full if it was joined from two halves.

    Args:
        url: The publisher's address.
        part: Where an unfinished download waits.
        size: Expected bytes; reading stops one byte later.
        digest: Expected sha256, hexadecimal.

    Raises:
        DownloadError: If no attempt gave the expected bytes.
    """
    said = ""
    for _ in range(ATTEMPTS):
        resumed = part.is_file()
        try:
            _continue(url, part, size)
        except urllib.error.HTTPError as error:
            said = f"HTTP {error.code}"
            if error.code == 416:  # there is no rest: what we have is not the start of this file
                part.unlink(missing_ok=True)
            elif error.code < 500:
                break
            continue
        except (OSError, http.client.HTTPException) as error:
            said = str(error) or type(error).__name__
            continue
        data = part.read_bytes()
        if len(data) < size:
            said = f"broke off after {len(data)} of {size} bytes"
            continue
        part.unlink()
        found = sha256(data).hexdigest()
        if found == digest:
            return data
        said = f"wrong bytes: sha256 {found[:12]}… instead of {digest[:12]}…"
        if not resumed:
            break
    raise DownloadError(said)


def _continue(url: str, part: Path, size: int) -> None:
    """Add to `part` what is missing, or start it anew if the server sends the whole file."""
    have = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(url)  # noqa: S310 - addresses come from the shipped manifest
    if have:
        request.add_header("Range", f"bytes={have}-")
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - as above
        if answer.status != 206:
            have = 0
        with part.open("ab" if have else "wb") as file:
            while have <= size and (chunk := answer.read(_CHUNK)):
                file.write(chunk)
                have += len(chunk)
