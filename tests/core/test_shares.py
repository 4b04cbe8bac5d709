"""Shares add up to 100.0 whatever the counts are, and none is off by a tenth."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.shares import shares

COUNTS = st.dictionaries(st.text(max_size=3), st.integers(0, 10**6), min_size=1, max_size=8)


def test_a_third_each_adds_up_all_the_same() -> None:
    assert shares({"b": 1, "a": 1, "c": 1}) == {"b": 33.3, "a": 33.4, "c": 33.3}
    assert shares({"ACCEPT": 61, "REVIEW": 8, "FLAG": 51}) == {
        "ACCEPT": 50.8,
        "REVIEW": 6.7,
        "FLAG": 42.5,
    }


def test_of_nothing_there_is_nothing() -> None:
    assert shares({"a": 0, "b": 0}) == {"a": 0.0, "b": 0.0}
    assert shares({}) == {}


@given(COUNTS)
def test_they_add_up_and_none_is_off_by_a_tenth(counts: dict[str, int]) -> None:
    total = sum(counts.values())
    told = shares(counts)
    assert list(told) == list(counts)
    if total:
        assert sum(Decimal(str(share)) for share in told.values()) == 100
        assert all(abs(told[k] - 100 * counts[k] / total) < 0.1 + 1e-9 for k in counts)


@given(COUNTS)
def test_the_order_of_the_parts_changes_nothing(counts: dict[str, int]) -> None:
    assert shares(dict(reversed(counts.items()))) == shares(counts)
