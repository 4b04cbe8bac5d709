"""A cohort's run as one archive, checked, and back again.

Databases are taken by SQLite's own backup, so a desk may go on meanwhile. The archive holds names,
pictures and answers: it belongs where the run itself may be.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline import __version__
from pipeline.core.digest import sha256_of
from pipeline.core.errors import StoreError
from pipeline.core.private import make_file, make_folder
from pipeline.core.said import cause
from pipeline.night.folder import DATABASE, LEDGER, PASSING, database_of, locked
from pipeline.site.deliveries import UPLOADS
from pipeline.site.keeping import lead_to_newest
from pipeline.site.people import FILE as PEOPLE
from pipeline.store.copying import copy_whole

_INDEX = "photoproof-backup.json"
_FORMAT = 1
_DATABASES = (DATABASE, LEDGER)


@dataclass(frozen=True, slots=True)
class Backup:
    """What an archive holds: cohorts, files, and bytes of it on disk.

    Attributes:
        people: The site's people are in it, and where it was put back, they were as well.
    """

    cohorts: tuple[str, ...]
    files: int
    size: int
    people: bool = False


def back_up(homes: dict[str, Path], target: Path, people: Path | None = None) -> Backup:
    """Write the folders of cohorts into one archive, made aside and renamed when it is whole.

    Args:
        homes: Folder of each cohort by its name.
        target: The archive, `.tar.gz`; one that is there is refused.
        people: The site's ledger; left out where there is none.

    Raises:
        StoreError: A folder has no run, a database is damaged, or the archive cannot be written.
    """
    if target.exists():
        raise StoreError("backup_exists", target=target)
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    sums: dict[str, str] = {}
    try:
        make_file(aside)
        with TemporaryDirectory(dir=target.parent) as work, tarfile.open(aside, "w:gz") as archive:
            for name, home in homes.items():
                for source, inside in _files(name, home, Path(work)):
                    sums[inside] = sha256_of(source)
                    archive.add(source, inside, recursive=False)
            if people is not None and people.is_file():
                copy = Path(work) / PEOPLE
                copy_whole(people, copy)
                sums[PEOPLE] = sha256_of(copy)
                archive.add(copy, PEOPLE, recursive=False)
            index = {
                "format": _FORMAT,
                "photoproof": __version__,
                "made": datetime.now().astimezone().isoformat(timespec="seconds"),
                "cohorts": list(homes),
                "sha256": sums,
            }
            text = json.dumps(index, ensure_ascii=False, indent=1).encode()
            entry = tarfile.TarInfo(_INDEX)
            entry.size, entry.mode = len(text), 0o600
            archive.addfile(entry, io.BytesIO(text))
        aside.replace(target)
    except OSError as error:
        raise StoreError("backup_unwritable", target=target, why=cause(error)) from error
    finally:
        aside.unlink(missing_ok=True)
    return Backup(tuple(homes), len(sums), target.stat().st_size, PEOPLE in sums)


def restore(source: Path, home: Path) -> Backup:
    """Put the cohorts of an archive into a folder, after every file was found to be whole.

    The site's people come along where there are none yet; who is there already stays.

    Args:
        source: From `back_up`.
        home: Folder for the cohorts; one that is there already is refused.

    Raises:
        StoreError: The archive is damaged or of a newer version, or a cohort is there already.
    """
    make_folder(home)
    with TemporaryDirectory(dir=home, prefix=".restore-") as work:
        place = Path(work)
        try:
            with tarfile.open(source, "r:gz") as archive:
                archive.extractall(place, filter="data")
            index = json.loads((place / _INDEX).read_text("utf-8"))
        except (OSError, tarfile.TarError, EOFError, ValueError, KeyError) as error:
            raise StoreError("backup_none", source=source) from error
        if index.get("format") != _FORMAT:
            raise StoreError("backup_newer", source=source, version=index.get("photoproof"))
        for inside, digest in index["sha256"].items():
            if not (place / inside).is_file() or sha256_of(place / inside) != digest:
                raise StoreError("backup_damaged", source=source)
        for name in index["cohorts"]:
            if (home / name).exists():
                raise StoreError("restore_exists", home=home / name)
        for name in index["cohorts"]:
            shutil.move(place / name, home / name)
            lead_to_newest(home / name)
        people = PEOPLE in index["sha256"] and not (home / PEOPLE).exists()
        if people:
            shutil.move(place / PEOPLE, home / PEOPLE)
    return Backup(tuple(index["cohorts"]), len(index["sha256"]), source.stat().st_size, people)


def _files(name: str, home: Path, work: Path) -> Iterator[tuple[Path, str]]:
    """Every file of a cohort and its name inside; databases as whole copies."""
    run = home / "run"
    database_of(run)  # or there is no run
    with locked(run):
        for path in sorted(home.rglob("*")):
            inside = f"{name}/{path.relative_to(home).as_posix()}"
            if path.parent == run and path.name in _DATABASES:
                copy = work / f"{name}-{path.name}"
                copy_whole(path, copy)
                yield copy, inside
            elif _kept(path) and path.relative_to(home).parts[0] != UPLOADS:
                yield path, inside


def _kept(path: Path) -> bool:
    aside = path.name.endswith(("-wal", "-shm")) or path.name in PASSING
    return path.is_file() and not path.is_symlink() and not aside
