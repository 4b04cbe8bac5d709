"""Where the sample's photographs and its font come from, and who is where in them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from models.fetch import OnEvent, ignore, pull
from models.manifest import Asset, assets_from, cache_dir

FONT = "font"


@dataclass(frozen=True, slots=True)
class Picture:
    """A source photograph.

    Attributes:
        person: Who it shows; "" if nobody.
        right_eye: (x, y) px, the subject's right eye; (0, 0) if nobody.
        left_eye: (x, y) px.
        status_from: Where the licence was read.
    """

    asset: Asset
    person: str
    right_eye: tuple[float, float]
    left_eye: tuple[float, float]
    status_from: str


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("data").joinpath("samples/sources.toml").read_text("utf-8"))


@cache
def assets() -> tuple[Asset, ...]:
    """Everything to fetch: the photographs and the font."""
    return assets_from(_table())


@cache
def pictures() -> dict[str, Picture]:
    """The photographs by id."""
    return {
        asset.id: Picture(
            asset,
            row.get("person", ""),
            tuple(row.get("right_eye", (0.0, 0.0))),
            tuple(row.get("left_eye", (0.0, 0.0))),
            row["status_from"],
        )
        for asset, row in zip(assets(), _table()["assets"], strict=True)
        if asset.id != FONT
    }


def samples_dir() -> Path:
    """Folder of the fetched files."""
    return cache_dir() / "samples"


def fetch(mirror: Path | None = None, on_event: OnEvent = ignore) -> dict[str, Path]:
    """Fetch what is missing; path by id, for `cohort.build`.

    Raises:
        FetchError: If a file cannot be had from any source.
    """
    return pull(assets(), samples_dir(), mirror, on_event)
