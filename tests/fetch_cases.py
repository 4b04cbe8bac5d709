"""A made-up weight, and what a pull left behind."""

from __future__ import annotations

import hashlib
from pathlib import Path

from models.manifest import Asset, Source

CONTENT = bytes(range(256)) * 400


def asset(*sources: Source, content: bytes = CONTENT, name: str = "net") -> Asset:
    digest = hashlib.sha256(content).hexdigest()
    return Asset(name, f"{name}.bin", len(content), digest, "MIT", "nobody", "", sources)


def left_in(folder: Path) -> list[str]:
    """What a pull left behind, but for its lock."""
    return sorted(p.name for p in folder.iterdir() if p.name != ".lock")
