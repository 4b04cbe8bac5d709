"""Tables and documents that an evaluation reads and writes."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import ConfigError, StoreError
from pipeline.core.privacy import masked
from pipeline.core.said import cause


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a CSV file; knows where it stands, so that a mistake in it can be named."""

    file: Path
    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def filled(self, column: str) -> str:
        """The cell's text.

        Raises:
            ConfigError: If it is empty.
        """
        if not self.cells[column]:
            raise self.fault(column, "cell_empty")
        return self.cells[column]

    def one_of(self, column: str, allowed: Iterable[str], separator: str = "") -> tuple[str, ...]:
        """The cell's words, all of them allowed.

        Args:
            column: Which cell; none of its words is "" unless "" is allowed.
            allowed: The words.
            separator: Between several words; "" takes the cell for one word.

        Raises:
            ConfigError: If a word is not allowed.
        """
        known = tuple(allowed)
        words = self.cells[column].split(separator) if separator else [self.cells[column]]
        for word in words:
            if word not in known:
                raise self.fault(column, "cell_word", word=masked(word), allowed=_listed(known))
        return tuple(words)

    def fault(self, column: str, key: str, **values: object) -> ConfigError:
        """The error of this key, which names this line and a column of it."""
        return ConfigError(key, file=self.file, line=self.line, column=column, **values)


def read_rows(path: Path, columns: Sequence[str]) -> list[Row]:
    """The rows of a UTF-8 CSV file with a header that has at least these columns.

    Raises:
        ConfigError: If the file is missing, not CSV in UTF-8, without rows, lacks a column, or has
            a line of another length than the header.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            for column in columns:
                if column not in (reader.fieldnames or ()):
                    raise ConfigError(
                        "table_no_column", path=path, column=column, columns=tuple(columns)
                    )
            rows = [_row(path, reader.line_num, cells) for cells in reader]
    except OSError as error:
        raise ConfigError("table_unreadable", path=path, why=cause(error)) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError("table_not_csv", path=path) from error
    if not rows:
        raise ConfigError("table_no_rows", path=path)
    return rows


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a UTF-8 CSV file.

    Raises:
        StoreError: If it cannot be written.
    """
    with _writing(path), path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_json(path: Path, document: Mapping[str, object]) -> None:
    """Write an indented JSON document.

    Raises:
        StoreError: If it cannot be written.
    """
    write_text(path, json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text.

    Raises:
        StoreError: If it cannot be written.
    """
    with _writing(path):
        path.write_text(text, "utf-8")


def make_folder(path: Path) -> None:
    """Make the output folder, before minutes of work are spent on what goes into it.

    Raises:
        StoreError: If it cannot be made.
    """
    with _writing(path):
        path.mkdir(parents=True, exist_ok=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError("evaluation_unwritable", path=path, why=cause(error)) from error


def _row(path: Path, line: int, cells: Mapping[str | None, str | None]) -> Row:
    if None in cells or None in cells.values():
        raise ConfigError("table_ragged", path=path, line=line)
    return Row(path, line, {str(name): str(text).strip() for name, text in cells.items()})


def _listed(words: Sequence[str]) -> str:
    return ", ".join(word or "nothing" for word in words)
