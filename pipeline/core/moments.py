"""Moments as people read them: in the machine's zone."""

from __future__ import annotations

from datetime import datetime


def local_minute(at: str) -> str:
    """ISO 8601 as "2026-06-01 14:20 +0800"."""
    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M %z")


def local_second(at: str) -> str:
    """ISO 8601 as "2026-06-01 14:20:05 +0800", where minutes tell too little, as in logs."""
    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M:%S %z")


def local_day(at: str) -> str:
    """ISO 8601 as the day that it is here."""
    return local_minute(at)[:10]


def now_told() -> str:
    """This moment, as `local_second`."""
    return local_second(datetime.now().astimezone().isoformat())
