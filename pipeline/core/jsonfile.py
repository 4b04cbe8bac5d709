"""Small JSON files between processes: whole or not at all, and for their owner alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.core.aside import replacing


def write_json(path: Path, told: object) -> None:
    """Write beside the file, then rename.

    Raises:
        OSError: It cannot be written.
    """
    with replacing(path) as aside:
        aside.write_text(json.dumps(told, ensure_ascii=False), "utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """An object's members; none where the file is not there, damaged or no object."""
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
