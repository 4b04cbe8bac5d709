"""Moments as people read them: in the machine's zone."""

from __future__ import annotations

from datetime import datetime


def local_minute(at: str) -> str:
    """ISO 8601 as "2026-06-01 14:20 +0800"."""
    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M %z")
