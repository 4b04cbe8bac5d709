"""A store damaged in its middle is told plainly, wherever the damage is met."""

from __future__ import annotations

from pathlib import Path

import pytest
from store_cases import FULL, JUDGED

from pipeline.core.errors import StoreError
from pipeline.core.types import Subject
from pipeline.store import Store
from pipeline.store.packing import keep


@pytest.fixture
def filled(path: Path) -> Path:
    with Store(path) as store:
        store.enrol((f"s{n}", Subject(f"s{n}", n), f"{n}.jpg") for n in range(300))
        for n in range(300):
            store.save((f"s{n}", "print", keep(FULL)))
        with store.transaction():
            for n in range(300):
                store.decide(f"s{n}", JUDGED)
    return path


def read_all(path: Path) -> None:
    with Store(path, readonly=True) as store:
        list(store.cases())
        list(store.evidence())
        store.digest(pictures=True)


@pytest.mark.parametrize("content", [b'"row": 150', b'{"decision":'])  # of two tables
@pytest.mark.parametrize("with_what", [b"\x00", b"\xff", b"Z"])
def test_damage_is_told_with_the_way_out(filled: Path, content: bytes, with_what: bytes) -> None:
    data = bytearray(filled.read_bytes())
    page = data.index(content) // 4096 * 4096
    data[page : page + 4096] = with_what * 4096
    filled.write_bytes(data)
    with pytest.raises(StoreError, match="is damaged") as told:
        read_all(filled)
    assert "backup" in told.value.hint
    assert "run anew" in told.value.hint


def test_an_error_of_ones_own_is_not_blamed_on_a_sound_file(filled: Path) -> None:
    with pytest.raises(ZeroDivisionError), Store(filled):
        _ = 1 / 0
