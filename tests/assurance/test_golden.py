"""Golden values: every measure on real sample pictures, one named test a row."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipeline.assurance.regress.golden import GoldenRow, load
from pipeline.assurance.regress.judge import Outcome, Result, regress
from pipeline.core.policy import Policy
from pipeline.sample import sources
from pipeline.student.examiner import NetworkEngine
from pipeline.student.measures import all_measures

GOLDEN = load()


@pytest.fixture(scope="module")
def result(policy: Policy) -> Iterator[Result]:
    engine = NetworkEngine(policy.input)
    yield regress(GOLDEN, sources.fetch(), engine, policy)
    engine.close()


@pytest.fixture(scope="module")
def outcomes(result: Result) -> dict[tuple[str, str], Outcome]:
    return {(o.row.image, o.row.measure): o for o in result.outcomes}


@pytest.mark.networks
@pytest.mark.parametrize("row", GOLDEN.rows, ids=lambda row: f"{row.image}-{row.measure}")
def test_value(row: GoldenRow, outcomes: dict[tuple[str, str], Outcome]) -> None:
    outcome = outcomes[row.image, row.measure]
    assert outcome.right, outcome.as_json()
    assert row.expected or outcome.found.error


@pytest.mark.networks
def test_no_golden_picture_is_turned_wrongly(result: Result) -> None:
    broken = [f for f in result.broken if f.name.startswith("orientation.")]
    assert broken == []
    assert len(result.trials) == 4 * len(GOLDEN.images)


def test_every_measure_has_a_golden_row() -> None:
    assert set(all_measures()) <= {row.measure for row in GOLDEN.rows}


def test_every_row_says_why() -> None:
    assert all(row.why for row in GOLDEN.rows)


def test_floor_of_trials_is_the_number_of_rows() -> None:
    """Rows that are lost unseen break the floor."""
    assert GOLDEN.floors.rows.trials_at_least == len(GOLDEN.rows)
    assert GOLDEN.floors.orientation.trials_at_least == 4 * len(GOLDEN.images)
