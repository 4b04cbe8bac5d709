"""TOML from people: whatever is wrong with it is said in one sentence."""

from __future__ import annotations

import tomllib
from typing import Any

from pipeline.core.errors import ConfigError
from pipeline.core.said import cause

DEEPEST = 20  # tables in tables; none of ours needs more than five


def parsed(text: str, where: str) -> dict[str, Any]:
    """The table that a text describes.

    Raises:
        ConfigError: It is no TOML, or nothing that a person would write: brackets within brackets
            by the thousand, numbers of thousands of digits.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError("toml_invalid", where=where, why=cause(error)) from error
    except ValueError as error:  # Python converts no number beyond some thousand digits
        raise ConfigError("toml_number", where=where) from error
    except RecursionError as error:
        raise _too_deep(where) from error
    level: list[object] = [table]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
    if level:
        raise _too_deep(where)
    return table


def _inside(value: object) -> list[object]:
    found = list(value.values()) if isinstance(value, dict) else value
    return [x for x in found if isinstance(x, dict | list)] if isinstance(found, list) else []


def _too_deep(where: str) -> ConfigError:
    return ConfigError("toml_too_deep", where=where, deepest=DEEPEST)
