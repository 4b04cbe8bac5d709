"""Picture files in folders and zip archives, in one order, with remarks on what was left out."""

from __future__ import annotations

import math
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.core.errors import SourceError
from pipeline.core.privacy import masked
from pipeline.core.said import cause, counted, recognised, said
from pipeline.core.types import ImageFile
from pipeline.core.zip_directory import BAD_NAME, LYING_NAME, OUTSIDE, OVERLAPPING
from pipeline.source.archive import search_archive
from pipeline.source.found import (
    ARCHIVES,
    ARRIVING,
    JUNK,
    NOT_PICTURES,
    PICTURES,
    UNUSABLE,
    Found,
    is_junk,
    readable,
    suffix,
)
from pipeline.source.text import SHOWN_NAMES, listed

# Somebody made these on purpose, or a college's photos are lost: each is named, up to so many.
_ALARMING = {UNUSABLE, LYING_NAME, BAD_NAME, OUTSIDE, OVERLAPPING}
_ALL = 200


@dataclass(frozen=True, slots=True)
class Intake:
    """What lies in the sources, sorted by name within each, and sentences on what was left out."""

    found: tuple[Found, ...]
    remarks: tuple[str, ...]

    @property
    def files(self) -> tuple[ImageFile, ...]:
        """The pictures alone."""
        return tuple(found.picture for found in self.found if found.picture)


def collect(
    sources: Sequence[Path], settled_before: float = math.inf, whole: Sequence[Path] = ()
) -> Intake:
    """Every file of folders (with their sub-folders and zip archives) and of zip archives.

    Args:
        sources: Folders and zip archives.
        settled_before: Seconds since 1970. A file of a folder that changed later is still arriving,
            and left out; copies that keep an older time are known by the file's own record.
        whole: Sources that came whole, which `settled_before` is not asked of.

    A file reached twice (a folder given together with its own sub-folder) counts once, for the
    source that is given later.

    Raises:
        SourceError: If a source is missing or neither a folder nor a zip archive, or is an archive
            that is damaged or has too many members.
    """
    files: dict[object, Found] = {}
    remarks: list[str] = []
    for order, source in enumerate(sources):
        before = math.inf if source in whole else settled_before
        searched = sorted(_search(source, before), key=lambda file: file.name)
        found = [replace(file, source=str(source), order=order) for file in searched]
        root = source.resolve()
        for file in found:
            files[file.picture or (root / file.name, file.changed, file.reason)] = file
        left_out = defaultdict(list)
        for file in found:
            if not file.picture and file.reason != JUNK:
                left_out[file.reason].append(file.name)
        remarks += [
            said(
                "note.files_left_out",
                files=counted(len(names), "file"),
                place=masked(source.name),
                reason=recognised(recognised(reason, "value_form", "system"), "value"),
                names=listed(names, _ALL if reason in _ALARMING else SHOWN_NAMES),
            )
            for reason, names in left_out.items()
        ]
        if not any(file.picture for file in found):
            remarks.append(said("note.no_pictures", place=masked(source.name)))
    return Intake(tuple(files.values()), tuple(remarks))


def _search(source: Path, settled_before: float) -> Iterator[Found]:
    if not (source.is_dir() or source.is_file()):
        raise SourceError("source_missing", source=masked(str(source)))
    root = source.resolve()  # one picture, one path: see `collect` on those reached twice
    if root.is_dir():
        yield from _search_folder(root, settled_before)
    else:
        yield from search_archive(root)


def _search_folder(root: Path, settled_before: float) -> Iterator[Found]:
    pending = [("", str(root))]
    while pending:
        inside, folder = pending.pop()
        try:
            with os.scandir(folder) as listing:
                entries = list(listing)
        except OSError as error:
            if not inside:
                raise SourceError(
                    "folder_unreadable", folder=masked(folder), why=cause(error)
                ) from error
            yield Found(inside.rstrip("/"), reason=f"unreadable folders: {error.strerror}")
            continue
        for entry in entries:
            name = inside + readable(entry.name)
            if entry.is_dir(follow_symlinks=False):
                pending.append((f"{name}/", entry.path))
            elif entry.is_symlink():
                yield from _search_link(root, name, Path(entry.path))
            elif max((seen := entry.stat()).st_mtime, seen.st_ctime) > settled_before:
                yield Found(name, None, ARRIVING, seen.st_size, seen.st_mtime)
            else:
                yield from _search_file(name, Path(entry.path), entry.is_file(), seen)


def _search_link(root: Path, name: str, path: Path) -> Iterator[Found]:
    if not Path(os.path.realpath(path)).is_relative_to(root):
        yield Found(name, reason="links to outside")
    elif not path.is_dir():  # a folder inside is searched anyway
        yield from _search_file(name, path, path.is_file())


def _search_file(
    name: str, path: Path, is_regular: bool, seen: os.stat_result | None = None
) -> Iterator[Found]:
    size, changed = (seen.st_size, seen.st_mtime) if seen else (-1, 0.0)
    if not is_regular:  # reading a pipe would never end
        yield Found(name, reason="neither files nor folders")
        return
    shown = name.rpartition("/")[-1]
    file = ImageFile(path, member_name="" if shown == path.name else shown)
    ending = suffix(name)
    reason = UNUSABLE if ending in ARCHIVES else NOT_PICTURES if ending not in PICTURES else ""
    if is_junk(name.split("/")):
        reason = JUNK
    found = Found(name, None if reason else file, reason, size, changed, content=file)
    if ending == ".zip" and reason != JUNK:
        yield from _search_archive(found, path)
    else:
        yield found


def _search_archive(archive: Found, path: Path) -> Iterator[Found]:
    """Members of an archive in a folder; where it cannot be read, itself with the reason."""
    try:
        yield from search_archive(path, below=f"{archive.name}/")
    except SourceError:
        yield archive
