"""Picture files in folders and zip archives, in one order, with remarks on what was left out."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import SourceError
from pipeline.core.privacy import masked
from pipeline.core.types import ImageFile
from pipeline.core.zip_directory import BAD_NAME, LYING_NAME, OUTSIDE, OVERLAPPING
from pipeline.source.archive import search_archive
from pipeline.source.found import NOT_PICTURES, PICTURES, Found, is_junk, readable, suffix
from pipeline.source.text import SHOWN_NAMES, counted, listed

UNUSABLE = "archives that are damaged, or hold or unpack to too much"
# Somebody made these on purpose, or a college's photos are lost: each is named, up to so many.
_ALARMING = {UNUSABLE, LYING_NAME, BAD_NAME, OUTSIDE, OVERLAPPING}
_ALL = 200


@dataclass(frozen=True, slots=True)
class Intake:
    """Pictures sorted by name within each source, and sentences on what was left out."""

    files: tuple[ImageFile, ...]
    remarks: tuple[str, ...]


def collect(sources: Sequence[Path]) -> Intake:
    """All pictures of folders (with their sub-folders and zip archives) and of zip archives.

    A picture reached twice (a folder given together with its own sub-folder) counts once.

    Raises:
        SourceError: If a source is missing or neither a folder nor a zip archive, or is an archive
            that is damaged or has too many members. One inside a folder is left out.
    """
    pictures: dict[ImageFile, None] = {}
    remarks: list[str] = []
    for source in sources:
        found = sorted(_search(source), key=lambda file: file.name)
        own = [file.picture for file in found if file.picture]
        pictures.update(dict.fromkeys(own))
        left_out = defaultdict(list)
        for file in found:
            if not file.picture:
                left_out[file.reason].append(file.name)
        remarks += [
            f"{counted(len(names), 'file')} in {masked(source.name)} left out "
            f"({reason}): {listed(names, _ALL if reason in _ALARMING else SHOWN_NAMES)}."
            for reason, names in left_out.items()
        ]
        if not own:
            remarks.append(f"No pictures in {masked(source.name)}.")
    return Intake(tuple(pictures), tuple(remarks))


def _search(source: Path) -> Iterator[Found]:
    if not (source.is_dir() or source.is_file()):
        raise SourceError(
            f"{masked(str(source))} does not exist or is neither a folder nor a file.",
            "Give a folder or a zip archive of pictures.",
        )
    root = source.resolve()  # one picture, one path: see `collect` on those reached twice
    if root.is_dir():
        yield from _search_folder(root)
    else:
        yield from search_archive(root)


def _search_folder(root: Path) -> Iterator[Found]:
    pending = [("", str(root))]
    while pending:
        inside, folder = pending.pop()
        try:
            with os.scandir(folder) as listing:
                entries = [entry for entry in listing if not is_junk([entry.name])]
        except OSError as error:
            if not inside:
                raise SourceError(
                    f"The folder {masked(folder)} cannot be read: {error.strerror}.",
                    "Ask for the right to read it.",
                ) from error
            yield Found(inside.rstrip("/"), reason=f"unreadable folders: {error.strerror}")
            continue
        for entry in entries:
            name = inside + readable(entry.name)
            if entry.is_dir(follow_symlinks=False):
                pending.append((f"{name}/", entry.path))
            elif entry.is_symlink():
                yield from _search_link(root, name, Path(entry.path))
            else:
                yield from _search_file(name, Path(entry.path), entry.is_file())


def _search_link(root: Path, name: str, path: Path) -> Iterator[Found]:
    if not Path(os.path.realpath(path)).is_relative_to(root):
        yield Found(name, reason="links to outside")
    elif not path.is_dir():  # a folder inside is searched anyway
        yield from _search_file(name, path, path.is_file())


def _search_file(name: str, path: Path, is_regular: bool) -> Iterator[Found]:
    if not is_regular:  # reading a pipe would never end
        yield Found(name, reason="neither files nor folders")
    elif suffix(name) == ".zip":
        try:
            for member in search_archive(path):
                yield Found(f"{name}/{member.name}", member.picture, member.reason)
        except SourceError:  # one college's archive must not stop the others' photos
            yield Found(name, reason=UNUSABLE)
    elif suffix(name) not in PICTURES:
        yield Found(name, reason=NOT_PICTURES)
    else:
        shown = name.rpartition("/")[-1]
        yield Found(name, ImageFile(path, member_name="" if shown == path.name else shown))
