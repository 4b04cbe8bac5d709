"""Whether a folder that is to be delivered holds what a night has checked, no more and no less."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import RosterError
from pipeline.core.imagefile import READ_ERRORS, ImageFile
from pipeline.core.said import Said, cause, said
from pipeline.core.types import PHOTO
from pipeline.night.folder import FILES
from pipeline.source.files import collect

_LIMIT = 1 << 31


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of it.

    Attributes:
        right: Files with the bytes of a photo in use.
        faults: Name and what is wrong, of `[delivery_fault]`: `not checked`, `changed since`,
            `set aside`, `unmatched`, `delivered twice`, `missing`.
    """

    right: int
    faults: tuple[tuple[str, Said], ...]


def verify(folder: Path, manifest: Path) -> Verified:
    """Compare the pictures of a folder or archive with the photos that a run uses.

    Files are known by their bytes: another name or folder is no fault.

    Args:
        folder: What is to be delivered.
        manifest: `files.csv`, or the run's folder.

    Raises:
        RosterError: The manifest cannot be read or is none.
        SourceError: The folder cannot be used.
    """
    rows = _rows(manifest / FILES if manifest.is_dir() else manifest)
    used = {row["sha256"]: row["path"] for row in rows if row["fate"] == "used" and row["sha256"]}
    other = {row["sha256"]: row["fate"] for row in rows if row["sha256"] not in used}
    names = {row["path"].rpartition("/")[2] for row in rows if row["fate"] == "used"}
    seen: dict[str, str] = {}
    faults: list[tuple[str, Said]] = []
    for found in collect([folder]).found:
        if found.picture is None:
            continue
        sha256 = _sha256(found.picture)
        if sha256 in seen:
            faults.append((found.name, said("delivery_fault.twice")))
        elif sha256 in used:
            seen[sha256] = found.name
        elif sha256 in other:
            faults.append((found.name, said(f"delivery_fault.{other[sha256]}")))
        else:
            known = found.name.rpartition("/")[2] in names
            faults.append(
                (found.name, said(f"delivery_fault.{'changed' if known else 'unchecked'}"))
            )
    faults += [
        (path, said("delivery_fault.missing"))
        for sha256, path in used.items()
        if sha256 not in seen
    ]
    return Verified(len(seen), tuple(faults))


def _rows(manifest: Path) -> list[Mapping[str, str]]:
    try:
        with manifest.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row.get("kind") == PHOTO]
            header = {"path", "kind", "fate", "sha256"}
            if rows and not header <= rows[0].keys():
                raise ValueError(f"its columns are not {', '.join(sorted(header))}")
    except (OSError, ValueError, csv.Error) as error:
        raise RosterError("manifest_malformed", manifest=manifest, why=cause(error)) from error
    return list(rows)


def _sha256(file: ImageFile) -> str:
    try:
        return file.sha256(_LIMIT)
    except READ_ERRORS:
        return "unreadable"
