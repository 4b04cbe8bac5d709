"""Requests made up from the OpenAPI description: whatever comes, the desk never fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from review_desk import PASSWORD, Visitor, visitor
from review_runs import make_run, photos

from pipeline.review import people
from pipeline.review.app import create_app
from pipeline.review.desk import opened
from pipeline.review.ledger import LEDGER, Ledger

OPERATIONS = {
    f"{operation.method.upper()} {operation.path}": operation
    for result in schemathesis.openapi.from_dict(
        create_app(Path(), accounts=True).openapi()
    ).get_all_operations()
    for operation in [result.ok()]
}


@pytest.fixture(scope="module")
def lead(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Visitor, list[str]]]:
    run = make_run(tmp_path_factory.mktemp("run"), photos(6))
    with Ledger(run / LEDGER) as ledger:
        people.add(ledger, "lu", people.Role.LEAD, PASSWORD, "test")
    with opened(run) as desk:
        cases = [item.id for item in desk.items()]
    with visitor(run, "lu") as someone:
        yield someone, cases


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name != "POST /logout"])
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_request_makes_the_desk_fail(
    lead: tuple[Visitor, list[str]], name: str, data: st.DataObject
) -> None:
    someone, cases = lead
    case = data.draw(OPERATIONS[name].as_strategy())
    path = case.formatted_path
    if "{case}" in case.path:
        real = {**case.path_parameters, "case": data.draw(st.sampled_from(cases))}
        path = data.draw(st.sampled_from([path, case.path.format(**real)]))
    body = case.body if isinstance(case.body, dict) else {}
    answer = someone.http.request(
        case.method,
        path,
        params=case.query,
        data={key: str(value) for key, value in body.items()} if case.method == "POST" else None,
        headers={"x-csrf-token": someone.csrf} | data.draw(st.sampled_from([{}, {"x-desk": "1"}])),
    )
    assert answer.status_code < 500, (path, case.query, body)
