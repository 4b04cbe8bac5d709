from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from store_cases import ANNA, BERT

from pipeline.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "photoproof.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store(path) as opened:
        opened.enrol([("s1", ANNA, "一.jpg"), ("s2", BERT, "")])
        yield opened
