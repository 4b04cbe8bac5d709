"""Requests made up from the hub's OpenAPI descriptions: whoever sends what, the hub never fails.

Every operation of the hub and of `/api`, by nobody and by each role, with values as described and
as they must not be; what is really there and the sender's own token are mixed in, so that requests
come past the door. The desks under it are `tests/desk/test_desk_fuzz.py`'s.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2 as httpx
import pytest
import schemathesis
from booth_cases import fake_engine
from desk_browsing import Visitor
from hub_cases import hub_client, make_site
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from site_cases import site_file
from starlette.testclient import TestClient

from pipeline.desk import accounts
from pipeline.desk.accounts import Role
from pipeline.hub import machines
from pipeline.hub.api import API, create_api
from pipeline.hub.api_shape import Answer, Refusal
from pipeline.hub.app import create_hub
from pipeline.hub.checking import Checking
from pipeline.hub.uploads import Draft
from pipeline.site.config import Site, load_site
from pipeline.site.people import site_ledger
from pipeline.site.works import new_work, note_process

NAMES = ("nobody", *Role)
NIGHT = "2026-11-01"


def described() -> Iterator[tuple[str, tuple[str, Any]]]:
    """Every operation by its name, with where it is mounted."""
    with TemporaryDirectory() as folder:
        site = load_site(site_file(Path(folder)))
        api = create_api(site, Checking(1, 0, fake_engine)).openapi()
        for prefix, schema in (("", create_hub(site).openapi()), (API, api)):
            for result in schemathesis.openapi.from_dict(schema).get_all_operations():
                operation = result.ok()  # type: ignore[union-attr] # a faulty one raises here
                yield f"{operation.method.upper()} {prefix}{operation.path}", (prefix, operation)


OPERATIONS = dict(described())


class Crew:
    """A hub, a client for each role and one for nobody, and what is really there."""

    def __init__(self, site: Site, stack: ExitStack) -> None:
        app = create_hub(site, makes_engine=fake_engine)
        self.clients = {name: stack.enter_context(hub_client(app)) for name in NAMES}
        self.tokens = dict.fromkeys(NAMES, "")
        with site_ledger(site) as ledger:
            self.machine = machines.add(ledger, "booth", "test")
        upload = Draft(site, "2026", "uploader").begin("photos", "a.jpg", 10, 0)
        self.real = {
            "cohort": ["2026", "2027"],
            "upload": [upload.identity],
            "day": [NIGHT],
            "name": ["results.csv", "report.html", "desk.css", "zh"],
            "table": ["college", "registry", "csv"],
        }
        for name in Role:
            self.enter(name)

    def enter(self, name: str) -> None:
        if name in list(Role):
            self.tokens[name] = Visitor.log_in(self.clients[name], name).csrf


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    site = make_site(tmp_path_factory.mktemp("school"))
    night = site.home_of("2026") / "nights" / NIGHT
    night.mkdir(parents=True)
    (night / "results.csv").write_text("student\n")
    # A night is at work (this very process), so that none is begun; nobody knows its number.
    note_process(new_work(site, "lead", ("2027",), forced=False), os.getpid())
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        # Made-up passwords are not to lock all out.
        for limit in ("TRIES_BOTH", "TRIES_ADDRESS", "SLOWED_FROM"):
            patch.setattr(accounts, limit, 10**9)
        yield Crew(site, stack)
        with site_ledger(site) as ledger:
            assert ledger.verify().fault == ""


def sent(client: TestClient, case: Any, path: str, headers: dict[str, str]) -> httpx.Response:
    """A made-up request, its body as a form, with a file in it, as JSON or as it is."""
    body = case.body if isinstance(case.body, dict | bytes) else None
    fields = dict(body) if isinstance(body, dict) and case.media_type != "application/json" else {}
    picture = fields.pop("picture", None) if case.media_type == "multipart/form-data" else None
    files = {"picture": ("p.jpg", as_bytes(picture))} if picture is not None else None
    return client.request(
        case.method,
        path,
        params=case.query or None,
        content=body if isinstance(body, bytes) else None,
        data={k: str(v) for k, v in fields.items()} or None,
        files=files,
        headers=headers,
    )


def as_bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@pytest.mark.parametrize("operation", OPERATIONS)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_request_makes_the_hub_fail(crew: Crew, operation: str, data: st.DataObject) -> None:
    prefix, described_so = OPERATIONS[operation]
    name = data.draw(st.sampled_from(NAMES))
    mode = data.draw(st.sampled_from(list(GenerationMode)))
    case = data.draw(described_so.as_strategy(generation_mode=mode))
    path = case.formatted_path
    known = [key for key in crew.real if f"{{{key}}}" in case.path]
    there = data.draw(st.booleans())
    if known and there:
        real = {key: data.draw(st.sampled_from(crew.real[key])) for key in known}
        path = case.path.format(**{**case.path_parameters, **real})
    token = data.draw(st.sampled_from([crew.tokens[name], "forged"]))
    bearer = data.draw(st.sampled_from([crew.machine, "pp_forged"]))
    headers = {"x-csrf-token": token, "authorization": f"Bearer {bearer}"}
    headers |= data.draw(st.sampled_from([{}, {"x-desk": "1"}]))
    try:
        answer = sent(crew.clients[name], case, prefix + path, headers)
    except httpx.InvalidURL:  # longer than the client sends
        reject()
    assert answer.status_code < 500, (path, case.query, case.body)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    if operation == f"POST {API}/check":
        (Answer if answer.status_code == 200 else Refusal).model_validate(answer.json())
    if operation == "POST /logout" and answer.status_code == 303:
        crew.enter(name)
