"""TOML that no person writes: said in one sentence, in bounded time, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.core.errors import ConfigError
from pipeline.core.policy import load_policy, load_profile
from pipeline.core.toml import DEEPEST, parsed
from pipeline.source.columns import load_columns

HOSTILE = {
    "too many digits": "a = " + "9" * 5000,
    "deep in one another": "a = " + "[" * 3000 + "]" * 3000,
    "deep in one": ".".join("a" * 3000) + " = 1",
    "not valid TOML": "a = [",
}


@pytest.mark.parametrize("load", [load_policy, lambda p: load_profile(str(p)), load_columns])
@pytest.mark.parametrize("said", HOSTILE)
def test_hostile_toml_is_named(load: object, said: str, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(HOSTILE[said], "utf-8")
    with pytest.raises(ConfigError, match=said) as caught:
        load(path)  # type: ignore[operator]
    assert str(path) in caught.value.message


def test_what_people_write_is_read() -> None:
    nested = parsed("[a.b.c]\nd = [[1], [2]]", "own")
    assert nested == {"a": {"b": {"c": {"d": [[1], [2]]}}}}
    with pytest.raises(ConfigError, match=f"more than {DEEPEST} deep"):
        parsed(".".join("a" * (DEEPEST + 1)) + " = 1", "own")
