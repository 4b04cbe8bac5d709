"""`POST /api/check`: what a machine may ask, what it is told, and that nothing is kept of it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2 as httpx
import pytest
import uvicorn
from booth_cases import fake_engine
from fastapi import FastAPI
from places import ROOT
from site_cases import site_file
from starlette.routing import Mount
from starlette.testclient import TestClient

from pipeline import check_photo
from pipeline.core.words import words
from pipeline.hub import machines
from pipeline.hub.api import Booth
from pipeline.hub.api_shape import REFUSED, Answer
from pipeline.hub.app import create_hub
from pipeline.sample import sources
from pipeline.site.config import Site, load_site
from pipeline.site.people import site_ledger

HERE = "http://127.0.0.1:8765"
LIMITS = "[check]\nmax_mb = 1\nwaiting = 0\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return load_site(site_file(tmp_path_factory.mktemp("site"), LIMITS))


@pytest.fixture(scope="module")
def token(site: Site) -> str:
    with site_ledger(site) as ledger:
        return machines.add(ledger, "booth-1", "test")


@pytest.fixture(scope="module")
def booth(site: Site, token: str) -> Iterator[TestClient]:
    app = create_hub(site, makes_engine=fake_engine)
    with TestClient(app, HERE, headers={"authorization": f"Bearer {token}"}) as client:
        yield client


def check(client: httpx.Client, content: bytes = b"turn=90", **more: Any) -> httpx.Response:
    return client.post("/api/check", content=content, **more)


def state(client: TestClient) -> Booth:
    """What the calls share."""
    assert isinstance(client.app, FastAPI)
    (api,) = (route for route in client.app.routes if getattr(route, "path", "") == "/api")
    assert isinstance(api, Mount) and isinstance(api.app, FastAPI)
    found = api.app.state.booth
    assert isinstance(found, Booth)
    return found


def of_form(client: httpx.Client, picture: bytes, **words: str) -> httpx.Response:
    files = {"picture": ("210101199001011234 王.jpg", picture, "image/jpeg")}
    return client.post("/api/check", files=files, data=words)


def test_a_form_and_a_body_say_the_same(booth: TestClient) -> None:
    body, form = check(booth).json(), of_form(booth, b"turn=90").json()
    assert body["turn_cw"] == form["turn_cw"] == 90
    assert body["findings"] == form["findings"]
    assert "19900101" not in form["photo"]
    Answer.model_validate(form, strict=True)


def test_a_cohort_judges_by_its_own_policy(booth: TestClient) -> None:
    plain, own = (of_form(booth, b"", cohort=name) for name in ("", "2026"))
    assert plain.status_code == own.status_code == 422
    told = {name: check(booth, params={"profile": name}).json() for name in ("", "cet")}
    assert all(one["turn_cw"] == 90 for one in told.values())
    assert check(booth, params={"cohort": "2026"}).status_code == 200


def test_a_large_form_touches_no_disk(booth: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def rollover(_: object) -> None:
        raise AssertionError("a picture was written to the disk")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", rollover)
    # A mebibyte is what a form parser usually keeps in memory.
    monkeypatch.setattr(state(booth), "most", 3 * 10**6)
    assert of_form(booth, b"turn=90 " + b"face=1 " * 200_000).status_code == 200


FORM = "multipart/form-data; boundary=x"
BAD: dict[str, tuple[int, str, dict[str, Any]]] = {
    "nothing": (422, "no_picture", {"content": b""}),
    "another field": (422, "no_picture", {"files": {"photo": ("a.jpg", b"x")}}),
    "two files": (422, "misunderstood", {"files": [("picture", b"a"), ("picture", b"b")]}),
    "a torn form": (422, "misunderstood", {"content": b"junk", "headers": {"content-type": FORM}}),
    "no boundary": (
        *(422, "misunderstood"),
        {"content": b"junk", "headers": {"content-type": "multipart/form-data"}},
    ),
    "a strange charset": (
        *(422, "misunderstood"),
        {
            "content": b'--x\r\ncontent-disposition: form-data; name="a\xff"\r\n\r\nb\r\n--x--\r\n',
            "headers": {"content-type": f"{FORM}; charset=undefined"},
        },
    ),
    "JSON": (415, "wrong_kind", {"json": {}}),
    "too large": (413, "too_large", {"content": b"x" * (10**6 + 1)}),
    "too large in a form": (413, "too_large", {"files": {"picture": b"x" * (10**6 + 1)}}),
    "a strange cohort": (422, "no_cohort", {"content": b"x", "params": {"cohort": "2027"}}),
    "a file as standard": (422, "no_profile", {"content": b"x", "params": {"profile": "x.toml"}}),
    "no token": (401, "no_token", {"content": b"x", "headers": {"authorization": ""}}),
    "a wrong token": (
        *(401, "no_token"),
        {"content": b"x", "headers": {"authorization": "Bearer pp_wrong"}},
    ),
    "a password": (
        *(401, "no_token"),
        {"content": b"x", "headers": {"authorization": "Basic Ym9vdGg6eA=="}},
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_call_that_is_none_is_refused_in_words(booth: TestClient, name: str) -> None:
    status, key, call = BAD[name]
    answer = booth.post("/api/check", **call)
    assert (answer.status_code, answer.json()["error"]) == (status, key), answer.text
    assert answer.json().keys() == {"error", "zh", "en"}
    assert key in REFUSED[status]
    assert ("www-authenticate" in answer.headers) == (status == 401)


def test_a_body_without_a_length_is_counted(booth: TestClient) -> None:
    pieces = (b"x" * 10**5 for _ in range(11))
    assert booth.post("/api/check", content=pieces).json()["error"] == "too_large"


def test_what_is_no_picture_is_a_finding(booth: TestClient) -> None:
    found = check(booth, b"die").json()
    assert [one["code"] for one in found["findings"]] == ["NOT_ASSESSED"]


def test_who_finds_no_place_is_told_when_to_come_again(booth: TestClient) -> None:
    with state(booth).checking.place():
        busy = check(booth)
    assert (busy.status_code, busy.json()["error"]) == (503, "busy")
    assert int(busy.headers["retry-after"]) >= 1
    assert check(booth).status_code == 200


def test_who_asks_too_often_is_told_when_to_come_again(
    booth: TestClient, monkeypatch: pytest.MonkeyPatch, site: Site
) -> None:
    with site_ledger(site) as ledger:
        other = machines.add(ledger, "hasty", "test")
    monkeypatch.setattr(state(booth).rates, "most", 2)
    headers = {"authorization": f"Bearer {other}"}
    answers = [check(booth, headers=headers) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 60
    monkeypatch.undo()
    with site_ledger(site) as ledger:
        machines.remove(ledger, "hasty", "test")
    assert check(booth, headers=headers).status_code == 401


def test_checks_and_wrong_tokens_are_on_record(booth: TestClient, site: Site) -> None:
    assert check(booth, params={"cohort": "2026"}).status_code == 200
    for _ in range(3):
        check(booth, headers={"authorization": "Bearer pp_wrong"})
    with site_ledger(site) as ledger:
        entries = list(ledger.log.entries())
        assert ledger.verify().fault == ""
    last = [one for one in entries if one.action == "checked"][-1]
    assert last.who == "machine:booth-1"
    assert json.loads(last.detail) == {"cohort": "2026", "standard": "violated"}
    assert len([one for one in entries if one.action == "machine_refused"]) == 1


def test_a_machine_that_nobody_made_is_found(tmp_path: Path) -> None:
    site = load_site(site_file(tmp_path))
    with site_ledger(site) as ledger:
        machines.add(ledger, "booth-1", "test")
        with ledger.transaction():
            ledger.machines.add(ledger.machines.listed()[0]._replace(name="x", token="y"))
        assert "machine x" in ledger.verify().fault
        with ledger.transaction():
            ledger.machines.remove("x")
            ledger.machines.remove("booth-1")
        assert "machine booth-1" in ledger.verify().fault


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_tells_this_servers_limits_and_every_refusal(booth: TestClient, lang: str) -> None:
    page = booth.get("/api/", headers={"accept-language": lang})
    told = words("api", lang)
    assert page.status_code == 200
    for text in (told["title"], told["limit_size"].format(mb=1), told["limit_wait"].format(n=0)):
        assert text in page.text
    for keys in REFUSED.values():
        assert all(f"<code>{key}</code>" in page.text for key in keys)


def test_the_description_lies_here_and_names_every_refusal(booth: TestClient) -> None:
    described = booth.get("/api/openapi.json").json()
    answers = described["paths"]["/check"]["post"]["responses"]
    assert set(answers) == {"200", *map(str, REFUSED)}
    assert described["servers"] == [{"url": "/api"}]
    assert booth.get("/api/docs").status_code == 404


def client_code() -> str:
    return (ROOT / "pipeline/hub/templates/check_photo.txt").read_text("utf-8")


def test_the_docs_have_the_client_that_the_page_has() -> None:
    assert f"```python\n{client_code()}```" in (ROOT / "docs/booth.md").read_text("utf-8")


@pytest.mark.networks
def test_the_client_gets_over_the_wire_what_the_command_says(tmp_path: Path) -> None:
    """By the real networks; a picture that several ask for at once."""
    site = load_site(site_file(tmp_path))
    with site_ledger(site) as ledger:
        token = machines.add(ledger, "booth-1", "test")
    photo = sources.fetch()["obama"]
    server = uvicorn.Server(
        uvicorn.Config(create_hub(site), port=0, log_config=None, access_log=False)
    )
    listener = server.config.bind_socket()
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/api/check"
        (tmp_path / "client.py").write_text(client_code(), "utf-8")
        asked = [sys.executable, str(tmp_path / "client.py"), url, str(photo)]
        ran = subprocess.run(
            asked,
            env={"PHOTOPROOF_TOKEN": token, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
        )
        answer = httpx.post(
            url,
            files={"picture": (photo.name, photo.read_bytes())},
            headers={"authorization": f"Bearer {token}"},
            timeout=120,
        )
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
    expected = json.loads(json.dumps(check_photo(photo).as_json()))
    assert answer.json() == expected
    assert [line.split(" ", 1)[1] for line in ran.stdout.splitlines()[1:]] == [
        one["zh"] for one in expected["findings"]
    ], ran.stderr
