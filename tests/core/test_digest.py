"""Digests of tables that are never in memory as a whole."""

from __future__ import annotations

import pytest

from pipeline.core.digest import digest_of, digest_of_table


@pytest.mark.parametrize("table", [{}, {"a": "1"}, {"b": "2", "a": "1", "张三.jpg": 'x"y'}])
def test_a_table_row_by_row_has_the_digest_of_the_whole(table: dict[str, str]) -> None:
    others = ({"z": 1, "y": [1.5, None]}, ["x"])
    assert digest_of_table(sorted(table.items()), *others) == digest_of(table, *others)
