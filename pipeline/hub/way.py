"""Who goes first on the server's machine: people at a desk."""

from __future__ import annotations

import shutil


def giving_way() -> list[str]:
    """What to put before a command so that it waits for others, as the timer's unit does.

    The program becomes the command, under the same number; nothing where the system has none.
    """
    nice = shutil.which("nice")
    return [nice, "-n", "10"] if nice else []
