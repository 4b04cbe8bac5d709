"""An SQLite file of ours: opened, recognised, brought up to date, written all or nothing."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pipeline.core.errors import PhotoproofError, StoreError
from pipeline.core.inode import inode_of
from pipeline.core.private import make_file
from pipeline.core.said import cause
from pipeline.store.copying import copy_whole, kept_copy
from pipeline.store.own_key import OwnKey
from pipeline.store.sealing import Seal

# To SQLite: nobody writes the file, so look at nothing beside it.
_AS_IT_IS = "?mode=ro&immutable=1"


@dataclass(frozen=True, slots=True)
class Schema:
    """What a kind of file is recognised by and made of.

    Attributes:
        application: SQLite's `application_id`, so that a foreign database is recognised.
        version: Of the tables.
        tables: Statements that make them in a new file; every file has a table `meta`.
        synchronous: How long a commit waits for the disk.
        unusable: Error of a file that cannot be opened.
        foreign: Error of a file of another kind.
        damaged: Error of a file of ours that is damaged.
        migrations: Statements from each older version to the next.
        functions: What the migrations call, with two arguments, by name.
    """

    application: int
    version: int
    tables: str
    synchronous: str
    unusable: str
    foreign: str
    damaged: str
    migrations: Mapping[int, str] = field(default_factory=dict)
    functions: Mapping[str, Callable[[str, int], str]] = field(default_factory=dict)


class Database:
    """One open file, closed at the end of a `with` block; one thread at a time uses it.

    Args:
        path: The file; made when it is not there, unless `readonly`.
        schema: What it must be.
        label: What messages call it.
        readonly: Open an existing file so that nothing can be written.
        any_thread: It may be handed from thread to thread.
        wait_s: How long another writer is waited for.

    Raises:
        StoreError: If the file cannot be opened, is something else or of another version.
    """

    def __init__(
        self,
        path: Path,
        schema: Schema,
        label: str,
        *,
        readonly: bool = False,
        any_thread: bool = False,
        wait_s: float = 5.0,
    ) -> None:
        self.path, self._schema, self._label = path, schema, label
        self.own_key = OwnKey(self, label)
        if not readonly:
            # SQLite gives the files that it makes beside this one the same readers.
            with suppress(OSError):  # it says itself what is wrong with the place
                make_file(path)
        try:
            address = _address(path, readonly)
            self.db = sqlite3.connect(
                address,
                uri=True,
                isolation_level=None,
                check_same_thread=not any_thread,
                timeout=wait_s,
            )
            try:
                self._prepare(readonly)
            except BaseException:
                self.db.close()
                raise
        except sqlite3.Error as error:
            raise StoreError(schema.unusable, label=label, why=cause(error)) from error
        self._opened = None if address.endswith(_AS_IT_IS) else inode_of(path)

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def renew(self) -> bool:
        """Read its key anew; False where the file must be opened anew to be known as it is.

        Somebody else may have replaced it, brought it up to date or drawn another key meanwhile.
        """
        self.own_key = OwnKey(self, self._label)
        if self._opened is None or self._opened != inode_of(self.path):
            return False
        try:
            return self._pragma("user_version") == self._schema.version
        except sqlite3.Error:
            return False

    def __enter__(self) -> Self:
        """The object itself; closed at the end of the block."""
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Close the file.

        Raises:
            StoreError: Something failed inside, and the file is damaged.
        """
        try:
            if isinstance(error, Exception) and not isinstance(error, PhotoproofError):
                self._blame(error)
        finally:
            self.close()

    def _blame(self, error: Exception) -> None:
        """See whether the file is the cause of an error, which may tell of its content only."""
        try:
            found = str(self.db.execute("PRAGMA quick_check(1)").fetchone()[0])
        except sqlite3.DatabaseError as failed:
            found = str(failed)
        if found != "ok" and not isinstance(error, sqlite3.OperationalError):
            first = found.splitlines()[-1]
            raise StoreError(self._schema.damaged, label=self._label, why=first) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is written inside; other writers wait.

        Raises:
            StoreError: If the file cannot be written: disk full, file locked.
        """
        try:
            with self._whole():
                yield
        except sqlite3.OperationalError as error:
            raise StoreError("store_unwritable", label=self._label, why=cause(error)) from error

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """What is read inside is of one moment, whatever others write meanwhile."""
        self.db.execute("BEGIN")
        try:
            yield
        finally:
            self.db.execute("ROLLBACK")

    @property
    def seal(self) -> Seal:
        """What closes and opens here (`OwnKey.seal`)."""
        return self.own_key.seal

    def note(self, name: str, value: str) -> None:
        """Keep a fact about the whole."""
        self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def noted(self, name: str) -> str:
        """A fact kept by `note`; "" if there is none."""
        row = self.db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def drop_notes(self, *names: str) -> None:
        """Drop facts kept by `note`; call inside a transaction."""
        self.db.executemany("DELETE FROM meta WHERE name = ?", ((name,) for name in names))

    def pack(self) -> None:
        """Give the room of what was deleted back, so that no byte of it is left.

        Raises:
            StoreError: If somebody reads the file: as long as they do, deleted bytes stay.
        """
        try:
            self.db.execute("VACUUM")
            if not self.empty_log():
                raise sqlite3.OperationalError("somebody is reading it")
        except sqlite3.OperationalError as error:
            raise StoreError("store_unpacked", label=self._label, why=cause(error)) from error

    def empty_log(self) -> bool:
        """Whether all that was written is in the file itself and the log beside it empty.

        Deleted bytes stay in the log as long as somebody reads.
        """
        (busy, *_) = self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def _furnish(self) -> None:
        """Put into a new file what it needs besides tables; called inside the transaction."""

    @contextmanager
    def _whole(self) -> Iterator[None]:
        try:
            self.db.execute("BEGIN IMMEDIATE")
            yield
            self.db.execute("COMMIT")
        except BaseException:
            if self.db.in_transaction:  # SQLite has already rolled back when the disk is full
                self.db.execute("ROLLBACK")
            raise

    def _prepare(self, readonly: bool) -> None:
        """Make, recognise or migrate the tables."""
        self.db.execute("PRAGMA foreign_keys = ON")
        self.db.execute("PRAGMA secure_delete = ON")  # what is deleted leaves no bytes
        if not readonly and self._is_new():
            self.db.execute("PRAGMA journal_mode = WAL")
            with self._whole():
                if self._is_new():  # nobody else has made it in the meantime
                    self._make()
        self._recognise(readonly)
        if not readonly:
            self._migrate()
            # Readers never wait for a writer.
            self.db.execute("PRAGMA journal_mode = WAL")
            self.db.execute(f"PRAGMA synchronous = {self._schema.synchronous}")

    def _is_new(self) -> bool:
        tables = self.db.execute("SELECT 1 FROM sqlite_master").fetchone()
        return self._pragma("application_id") == 0 and tables is None

    def _make(self) -> None:
        self._run(self._schema.tables)
        self.own_key.renew()
        self._furnish()
        self.db.execute(f"PRAGMA application_id = {self._schema.application}")
        self.db.execute(f"PRAGMA user_version = {self._schema.version}")

    def _recognise(self, readonly: bool) -> None:
        version, newest = self._pragma("user_version"), self._schema.version
        if self._pragma("application_id") != self._schema.application or not 1 <= version <= newest:
            if version > newest and self._pragma("application_id") == self._schema.application:
                raise StoreError("store_newer", label=self._label, version=version, newest=newest)
            raise StoreError(self._schema.foreign, label=self._label, newest=newest)
        if version < newest and readonly:
            raise StoreError("store_older", label=self._label, version=version, newest=newest)

    def _migrate(self) -> None:
        """Bring older tables up to date; the file as it was is kept beside it.

        Raises:
            StoreError: The copy cannot be written; nothing has been changed then.
        """
        old = self._pragma("user_version")
        if old < self._schema.version:
            copy_whole(self.path, kept_copy(self.path, old))
        for name, function in self._schema.functions.items():
            self.db.create_function(name, 2, function, deterministic=True)
        for old in range(self._pragma("user_version"), self._schema.version):
            with self._whole():
                if self._pragma("user_version") == old:  # nobody else has done it meanwhile
                    self._run(self._schema.migrations[old])
                    self.db.execute(f"PRAGMA user_version = {old + 1}")

    def _run(self, script: str) -> None:
        """Many statements; `executescript` would end the transaction."""
        statement = ""
        for line in script.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                self.db.execute(statement)
                statement = ""

    def _pragma(self, name: str) -> int:
        return int(self.db.execute(f"PRAGMA {name}").fetchone()[0])


def _address(path: Path, readonly: bool) -> str:
    uri = path.absolute().as_uri()
    if not readonly:
        return uri
    # A reader of a file in WAL mode makes files beside it. Where it cannot, and nobody is writing
    # (a writer's log lies beside the file), the file may be read as it is.
    written = path.with_name(f"{path.name}-wal").exists()
    alone = not written and not os.access(path.parent, os.W_OK)
    return uri + _AS_IT_IS if alone else f"{uri}?mode=ro"
