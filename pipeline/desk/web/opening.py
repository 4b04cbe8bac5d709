"""Opening the desk in this machine's browser, without telling its address to other programs."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path

from pipeline.core.private import make_file

_SOON_S = 0.5  # the server listens already; it answers once it runs


def has_display() -> bool:
    """Whether a browser could be seen by whoever sits here."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@contextmanager
def opened(url: str) -> Iterator[None]:
    """Open an address in the browser soon, as long as the block lasts.

    Everybody on a machine can read what programs are called with, and the address may carry the
    one-time token: so the browser is called with a page that nobody else can read, which leads on.
    """
    with tempfile.TemporaryDirectory(prefix="photoproof-") as folder:
        page = Path(folder) / "desk.html"
        make_file(page)
        page.write_text(
            '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
            f'<meta http-equiv="refresh" content="0; url={escape(url)}">'
            f'<a href="{escape(url)}">photoproof</a>\n',
            "utf-8",
        )
        timer = threading.Timer(_SOON_S, webbrowser.open, (page.as_uri(),))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
