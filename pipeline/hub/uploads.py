"""Files on their way in: kept aside, piece by piece, until they are whole and accepted.

```
cohorts/2026/uploads/3f9a1c20b7d4/       one folder a person: what they hand in just now
  told/ID.json          what the browser said a file is
  parts/ID              as much of it as has come
  files/photos/…        files that came whole, laid out as in a delivery
  preview.json          what a night would understand of them
```

An upload cut off goes on where it was: who begins the same file again is told how much is there.
Nothing of it is where a night reads; `accept` moves the whole folder there by one rename.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_hex

from filelock import FileLock

from pipeline.core.errors import ConfigError
from pipeline.core.jsonfile import read_json, write_json
from pipeline.core.private import make_file, make_folder, umask
from pipeline.hub.fit import fit_kind, fit_name, shown
from pipeline.hub.parts import Part
from pipeline.site.config import Site
from pipeline.site.deliveries import ABOUT, UPLOADS, Delivery, folder_of, named_by, read_delivery

_IDENTITY = re.compile(r"[0-9a-f]{16}-[0-9a-f]{1,12}-[0-9a-f]{1,12}")
_MB = 10**6
_LOCK_S = 20
_NAMED = 5  # files that a sentence names


@dataclass(frozen=True, slots=True)
class Upload:
    """One file as it stands.

    Attributes:
        identity: The same for the same file begun again.
        kind: "roster", "photos" or "references/KIND".
        name: With its folders, as the browser sent it.
        size: Bytes that it is to have.
        offset: Bytes that are there.
        whole: It came whole.
    """

    identity: str
    kind: str
    name: str
    size: int
    offset: int
    whole: bool


class Draft:
    """What one person hands in for one cohort and has not been accepted yet.

    Args:
        site: The site.
        cohort: Name of the cohort.
        who: The person's account.
    """

    def __init__(self, site: Site, cohort: str, who: str) -> None:
        self.site, self.cohort, self.who = site, cohort, who
        known = hashlib.sha256(who.encode()).hexdigest()[:12]
        self.folder = site.home_of(cohort) / UPLOADS / known
        self.files = self.folder / "files"

    def begin(self, kind: str, name: str, size: int, changed: int) -> Upload:
        """Begin a file, or go on with it.

        Args:
            kind: "roster", "photos" or "references/KIND".
            name: Its name, with "/" between folders.
            size: Its bytes.
            changed: When it was changed last, by the browser; a file changed since is another one.

        Raises:
            ConfigError: It cannot be taken, with its name and why; or the disk is full.
        """
        name = fit_name(name, kind)
        fit_kind(self.site, self.cohort, kind, name)
        limits = self.site.uploads
        if not 0 < size <= limits.largest_mb * _MB:
            key = "upload_empty" if size <= 0 else "upload_large"
            raise ConfigError(key, name=shown(name), limit=limits.largest_mb)
        known = hashlib.sha256(f"{kind}/{name}".encode()).hexdigest()[:16]
        identity = f"{known}-{size:x}-{max(0, changed) % 2**48:x}"
        with self._held():
            if (going := self.upload(identity)) is not None:
                return going
            self._room_for(known, size, name)
            for other in self._told():
                if other.startswith(known) and not self._is_whole(other):
                    self._drop(other)
            make_file(part := self._folder("parts") / identity)
            part.touch()  # it may be a leftover
            told = {"kind": kind, "name": name, "size": size}
            write_json(self._folder("told") / f"{identity}.json", told)
        return Upload(identity, kind, name, size, part.stat().st_size, False)

    def upload(self, identity: str) -> Upload | None:
        """A file by its identity; None where it was not begun."""
        if not _IDENTITY.fullmatch(identity):
            return None
        told = read_json(self.folder / "told" / f"{identity}.json")
        if not told:
            return None
        kind, name, size = str(told["kind"]), str(told["name"]), int(told["size"])
        with suppress(OSError):
            there = (self.folder / "parts" / identity).stat().st_size
            return Upload(identity, kind, name, size, there, False)
        with suppress(OSError):
            if (self.files / kind / name).stat().st_size == size:
                return Upload(identity, kind, name, size, size, True)
        return None

    def uploads(self) -> list[Upload]:
        """All files, by kind and name."""
        found = filter(None, map(self.upload, self._told()))
        return sorted(found, key=lambda one: (one.kind, one.name))

    def part(self, upload: Upload) -> Part:
        """Where a file's bytes go to; who writes into it just now is shut out."""
        return Part(self.folder / "parts" / upload.identity)

    def finish(self, upload: Upload) -> bool:
        """Put a file that has all its bytes among the whole ones; False where some are missing.

        Raises:
            ConfigError: Another file has its name for a folder, or the other way round.
        """
        part = self.folder / "parts" / upload.identity
        with self._held():
            try:
                if part.stat().st_size != upload.size:
                    return False
            except FileNotFoundError:
                return self._is_whole(upload.identity)
            target = self.files / upload.kind / upload.name
            try:
                make_folder(target.parent)
                part.replace(target)
            except OSError as error:
                raise ConfigError("upload_name_taken", name=shown(upload.name)) from error
            known = upload.identity.partition("-")[0]
            for other in self._told():  # an earlier state of the same file
                if other.startswith(known) and other != upload.identity:
                    self._drop(other, but_file=True)
        return True

    def remove(self, upload: Upload) -> None:
        """Leave a file out again."""
        with self._held():
            self._drop(upload.identity)

    def discard(self) -> int:
        """Delete all of it; how many files there were."""
        with self._held():
            count = len(self._told())
            gone = self.folder.with_name(f".gone-{token_hex(4)}")
            self.folder.replace(gone)  # at once; deleting takes its time
        shutil.rmtree(gone, ignore_errors=True)
        return count

    def state(self) -> str:
        """A digest of the files that came whole; another one once any of them is another."""
        lines = [
            f"{one.kind}/{one.name} {(self.files / one.kind / one.name).stat().st_mtime_ns}"
            for one in self.uploads()
            if one.whole
        ]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]

    def accept(self, stands_alone: bool, state: str) -> Delivery:
        """Hand it to the next night, by one rename.

        Args:
            stands_alone: Its roster takes the place of all that came before.
            state: As it was when somebody looked at it.

        Raises:
            ConfigError: There is nothing, a file is not whole, or it has changed since.
        """
        with self._held():
            uploads = self.uploads()
            if not uploads:
                raise ConfigError("upload_nothing")
            if halves := [shown(one.name) for one in uploads if not one.whole]:
                raise ConfigError("upload_unfinished", names=tuple(halves[:_NAMED]))
            if self.state() != state:
                raise ConfigError("upload_unseen")
            moment = datetime.now().astimezone()
            told = {"by": self.who, "accepted_by": self.who, "stands_alone": stands_alone}
            told |= {"at": moment.isoformat(timespec="seconds")}
            told |= {"files": len(uploads), "size": sum(one.size for one in uploads)}
            write_json(self.files / ABOUT, told)
            make_folder(folder_of(self.site, self.cohort))
            target = folder_of(self.site, self.cohort) / named_by(moment)
            self.files.rename(target)
            gone = self.folder.with_name(f".gone-{token_hex(4)}")
            self.folder.replace(gone)
        shutil.rmtree(gone, ignore_errors=True)
        return read_delivery(target)

    def _room_for(self, known: str, size: int, name: str) -> None:
        limits, others = self.site.uploads, [i for i in self._told() if not i.startswith(known)]
        if len(others) >= limits.most_files:
            raise ConfigError("upload_many", name=shown(name), limit=limits.most_files)
        if size + sum(int(i.split("-")[1], 16) for i in others) > limits.whole_mb * _MB:
            raise ConfigError("upload_much", name=shown(name), limit=limits.whole_mb)
        free = shutil.disk_usage(self._folder("parts")).free
        if free - size < limits.free_mb * _MB:
            raise ConfigError("upload_disk_full", name=shown(name), free=free / 1e9)

    def _told(self) -> list[str]:
        """The identities of all files that were begun."""
        try:
            with os.scandir(self.folder / "told") as listing:  # asked for each file of thousands
                return [e.name.removesuffix(".json") for e in listing if e.name[0] != "."]
        except FileNotFoundError:
            return []

    def _is_whole(self, identity: str) -> bool:
        found = self.upload(identity)
        return found is not None and found.whole

    def _drop(self, identity: str, *, but_file: bool = False) -> None:
        found = self.upload(identity)
        if found and found.whole and not but_file:
            (self.files / found.kind / found.name).unlink(missing_ok=True)
        (self.folder / "parts" / identity).unlink(missing_ok=True)
        (self.folder / "told" / f"{identity}.json").unlink(missing_ok=True)

    def _folder(self, name: str) -> Path:
        make_folder(self.folder / name)
        return self.folder / name

    def _held(self) -> FileLock:
        make_folder(self.folder.parent)
        path = self.folder.with_name(f".{self.folder.name}.lock")
        return FileLock(path, timeout=_LOCK_S, mode=0o666 & ~umask())
