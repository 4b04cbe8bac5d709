"""Requests made up from the OpenAPI description: whoever sends what, the desk never fails.

Every operation, by nobody and by each role, with values as described and as they must not be; real
cases and the sender's own token are mixed in, so that requests come past the door.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
import schemathesis
from desk_browsing import PASSWORD, Visitor, desk_client
from desk_runs import make_run, photos
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from pipeline.desk import accounts
from pipeline.desk.accounts import Role
from pipeline.desk.cases.desk import opened
from pipeline.desk.web.app import create_app
from pipeline.night.folder import LEDGER
from pipeline.store.ledger import Ledger

OPERATIONS = {
    f"{operation.method.upper()} {operation.path}": operation
    for result in schemathesis.openapi.from_dict(
        create_app(Path(), accounts=True).openapi()
    ).get_all_operations()
    for operation in [result.ok()]  # type: ignore[union-attr] # a faulty one raises here
}
NAMES = ("nobody", *Role)


class Crew:
    """A run's desk, a client for each role and one for nobody, and what is really there."""

    def __init__(self, run: Path, stack: ExitStack) -> None:
        self.clients = {name: stack.enter_context(desk_client(run)) for name in NAMES}
        self.tokens = dict.fromkeys(NAMES, "")
        with opened(run) as desk:
            items = list(desk.items())
        self.real = {"case": [i.id for i in items], "subject": [i.answers_key for i in items]}
        for name in Role:
            self.enter(name)

    def enter(self, name: str) -> None:
        if name in list(Role):
            self.tokens[name] = Visitor.log_in(self.clients[name], name).csrf


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Crew]]:
    run = make_run(tmp_path_factory.mktemp("run"), photos(6))
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        # Made-up passwords are not to lock all out.
        for limit in ("TRIES_BOTH", "TRIES_ADDRESS", "SLOWED_FROM"):
            patch.setattr(accounts, limit, 10**9)
        with Ledger(run / LEDGER) as ledger:
            for role in Role:
                accounts.add(ledger, role.value, role, PASSWORD, "test")
        yield run, Crew(run, stack)
        with Ledger(run / LEDGER) as ledger:
            assert ledger.verify().fault == ""


def sent(client: httpx.Client, case: Any, path: str, headers: dict[str, str]) -> httpx.Response:
    """A made-up request, its body as a form, as JSON or as it is."""
    body = case.body if isinstance(case.body, dict | bytes) else None
    form = case.media_type != "application/json"
    return client.request(
        case.method,
        path,
        params=case.query or None,
        content=body if isinstance(body, bytes) else None,
        data={k: str(v) for k, v in body.items()} if isinstance(body, dict) and form else None,
        headers=headers,
    )


@pytest.mark.parametrize("operation", OPERATIONS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_request_makes_the_desk_fail(
    desk: tuple[Path, Crew], operation: str, data: st.DataObject
) -> None:
    _, crew = desk
    name = data.draw(st.sampled_from(NAMES))
    mode = data.draw(st.sampled_from(list(GenerationMode)))
    case = data.draw(OPERATIONS[operation].as_strategy(generation_mode=mode))
    path = case.formatted_path
    known = [key for key in crew.real if f"{{{key}}}" in case.path]
    there = data.draw(st.booleans())
    if known and there:
        key = known[0]
        real = {**case.path_parameters, key: data.draw(st.sampled_from(crew.real[key]))}
        path = case.path.format(**real)
    token = data.draw(st.sampled_from([crew.tokens[name], "forged"]))
    headers = {"x-csrf-token": token} | data.draw(st.sampled_from([{}, {"x-desk": "1"}]))
    try:
        answer = sent(crew.clients[name], case, path, headers)
    except httpx.InvalidURL:  # longer than the client sends
        reject()
    assert answer.status_code < 500, (path, case.query, case.body)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    if operation == "POST /logout" and answer.status_code == 303:
        crew.enter(name)
