"""Which roster header means which field: the shipped `data/columns.toml` and a user's own file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from pipeline.core.errors import ConfigError
from pipeline.core.said import cause
from pipeline.core.toml import parsed
from pipeline.source.text import squashed

FIELDS = (
    "student_no",
    "candidate_no",
    "id_number",
    "name",
    "sex",
    "birth_date",
    "college",
    "major",
    "class_name",
    "remark",
    "no_comparison",
    "phone",
)

_NOTE = re.compile(r"[(\[【〔].*?[)\]】〕]")


class Columns:
    """Looks headers up.

    Args:
        aliases: Per field its headers in comparable form, best first.
    """

    def __init__(self, aliases: Mapping[str, list[str]]) -> None:
        self._fields = {
            alias: (rank, field) for field in FIELDS for rank, alias in enumerate(aliases[field])
        }

    def find(self, header: str) -> tuple[int, str] | None:
        """Rank (0 = best header of its field) and field, or None for a header nobody mapped."""
        without_note = _NOTE.sub("", unicodedata.normalize("NFKC", header))
        return self._fields.get(squashed(header)) or self._fields.get(squashed(without_note))


def load_columns(user: Path | None = None) -> Columns:
    """The shipped mapping, with the user's file laid over it.

    Raises:
        ConfigError: If the user's file cannot be read, names an unknown field, gives something
            else than a list of headers, or gives one header to two fields.
    """
    shipped = _parse(files("data").joinpath("columns.toml").read_text("utf-8"), "columns.toml")
    if user is None:
        return Columns(shipped)
    try:
        own = _parse(user.read_text("utf-8-sig"), str(user))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("columns_unreadable", user=user, why=cause(error)) from error
    taken = {alias for aliases in own.values() for alias in aliases}
    return Columns({f: own[f] + [a for a in shipped[f] if a not in taken] for f in FIELDS})


def _parse(text: str, source: str) -> dict[str, list[str]]:
    """Every field's headers in comparable form; fields the file leaves out have none."""
    table = parsed(text, source)
    aliases: dict[str, list[str]] = {field: [] for field in FIELDS}
    owner: dict[str, str] = {}
    for field, headers in table.items():
        if field not in aliases:
            raise ConfigError(
                "columns_unknown_field", source=source, field=field, fields=tuple(FIELDS)
            )
        if not isinstance(headers, list) or not all(
            isinstance(header, str) and squashed(header) for header in headers
        ):
            raise ConfigError("columns_no_list", source=source, field=field)
        for header in headers:
            alias = squashed(header)
            if owner.setdefault(alias, field) != field:
                raise ConfigError(
                    "columns_header_twice",
                    source=source,
                    header=header,
                    owner=owner[alias],
                    field=field,
                )
            aliases[field].append(alias)
    return aliases
