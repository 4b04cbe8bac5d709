"""/healthz and /metrics: what machines are told, and that it is about nobody; a graceful end."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx2 as httpx
import pytest
from desk_browsing import PASSWORD, Visitor, served
from desk_runs import make_run, photos
from prometheus_client.parser import text_string_to_metric_families
from report_cases import ID_NUMBER
from starlette.testclient import TestClient

from models import manifest
from pipeline.core.errors import ConfigError, ModelError
from pipeline.desk import accounts
from pipeline.desk.cases.desk import opened
from pipeline.desk.web import health
from pipeline.desk.web.app import Surroundings, create_app
from pipeline.desk.web.serve import Address, prepare
from pipeline.night.folder import DATABASE, LEDGER, SUMMARY
from pipeline.store.ledger import Ledger


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_run(tmp_path_factory.mktemp("run"), photos(8))
    with Ledger(made / LEDGER) as ledger:
        accounts.add(ledger, "lu", accounts.Role.LEAD, PASSWORD, "test")
    with opened(made) as desk:
        desk.run.write(made / SUMMARY)
    return made


@pytest.fixture
def run(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run whose weights are there, which the drawn engine of these tests does not need."""
    monkeypatch.setattr(manifest, "expected", lambda names: dict.fromkeys(names, ""))
    return Path(shutil.copytree(made, tmp_path / "out"))


def client_of(run: Path, host: str = "127.0.0.1", **around: Any) -> TestClient:
    app = create_app(run, accounts=True, around=Surroundings(**around))
    return TestClient(app, "http://127.0.0.1:8765", client=(host, 50000), follow_redirects=False)


def asked(run: Path, **around: Any) -> tuple[int, dict[str, Any]]:
    with client_of(run, **around) as client:
        answer = client.get("/healthz")
        return answer.status_code, json.loads(answer.text)


def test_a_sound_desk_is_well_without_a_session(run: Path) -> None:
    status, told = asked(run, night_hours=1)
    assert (status, told["status"]) == (200, "ok")
    assert set(told) == {"status", "process", "store", "weights", "disk", "night"}
    assert all(told[part]["ok"] for part in told if part != "status")
    assert told["disk"]["free_bytes"] > 0
    assert 0 <= told["night"]["age_seconds"] < 3600


class Fault(NamedTuple):
    """What breaks one part, and nothing else."""

    part: str

    def happens(self, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        match self.part:
            case "store":
                (run / DATABASE).write_bytes(b"no database")
            case "weights":
                monkeypatch.setattr(manifest, "expected", _missing)
            case "disk":
                monkeypatch.setattr(health, "ENOUGH_DISK", 2**70)
            case "night":
                path = run / SUMMARY
                told = json.loads(path.read_text("utf-8"))
                told["finished"] = (datetime.now(UTC) - timedelta(hours=37)).isoformat()
                path.write_text(json.dumps(told), "utf-8")


def _missing(_names: object) -> dict[str, str]:
    raise ModelError("weight sface is missing: /home/zhang/weights")


@pytest.mark.parametrize("part", ["store", "weights", "disk", "night"])
def test_each_fault_is_told_by_its_part_alone(
    run: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    Fault(part).happens(run, monkeypatch)
    status, told = asked(run, night_hours=36)
    assert (status, told["status"]) == (503, "fault")
    assert {p for p in told if p != "status" and not told[p]["ok"]} == {part}
    assert "/" not in json.dumps(told)


def test_the_night_s_age_is_judged_only_where_a_limit_is_set(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Fault("night").happens(run, monkeypatch)
    status, told = asked(run)
    assert status == 200
    assert told["night"]["age_seconds"] > 36 * 3600


def test_a_night_at_work_or_none_yet_is_told_as_such(run: Path) -> None:
    (run / SUMMARY).unlink()
    assert asked(run)[1]["night"] == {"ok": True, "age_seconds": None}
    assert asked(run, night_hours=36)[0] == 503


def test_a_ledger_that_is_away_is_a_fault_and_is_not_made_anew(run: Path) -> None:
    for path in run.glob(f"{LEDGER}*"):
        path.unlink()
    assert asked(run)[0] == 503
    assert not (run / LEDGER).exists()


def test_asking_often_is_no_work(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []
    monkeypatch.setattr(health, "_free", lambda run: looked.append(run))
    with client_of(run) as client:
        for _ in range(20):
            client.get("/healthz")
    assert len(looked) == 1


def numbers(text: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics_count_requests_cases_and_students(run: Path) -> None:
    with client_of(run) as client:
        lu = Visitor.log_in(client, "lu")
        with opened(run) as desk:
            case = next(iter(desk.queued())).id
        assert lu.get(f"/case/{case}").status_code == 200
        assert lu.get("/case/nothing").status_code == 404
        assert client.get("/no/such/page").status_code == 404
        text = client.get("/metrics").text
    told = numbers(text)
    count = "photoproof_request_seconds_count"
    assert told[count, "GET", "/case/{case}", "2xx"] == 1
    assert told[count, "GET", "/case/{case}", "4xx"] == 1
    assert told[count, "GET", "none", "4xx"] == 1
    assert told[("photoproof_night_students",)] == 8
    assert sum(n for key, n in told.items() if key[0] == "photoproof_night_decisions") == 8
    assert told["photoproof_cases", "todo"] > 0
    assert told["photoproof_ok", "store"] == 1
    assert not [key for key in told if key[0].endswith("_created")]
    assert [key[0] for key in told if not key[0].startswith("photoproof_")] == []


def test_metrics_and_health_are_about_nobody(run: Path) -> None:
    with client_of(run) as client:
        lu = Visitor.log_in(client, "lu")
        lu.get("/student/2021000000")
        lu.get("/?q=张伟")
        text = client.get("/metrics").text + client.get("/healthz").text
    for told in ("2021000000", "张伟", ID_NUMBER, str(run), 'lu"', "8765"):
        assert told not in text
    with opened(run) as desk:
        assert [item.id for item in desk.items() if item.id in text] == []


@pytest.mark.parametrize(
    ("host", "monitors", "status"),
    [
        ("::1", ("127.0.0.1", "::1"), 200),
        ("10.1.2.3", ("127.0.0.1",), 404),
        ("10.1.2.3", ("127.0.0.1", "10.1.2.3"), 200),
    ],
)
def test_only_named_addresses_read_metrics(
    run: Path, host: str, monitors: tuple[str, ...], status: int
) -> None:
    with client_of(run, host, monitors=monitors) as client:
        assert client.get("/metrics").status_code == status


def test_a_monitor_that_is_no_address_is_refused_by_name(run: Path) -> None:
    with pytest.raises(ConfigError, match="--monitor 'watcher'"):
        prepare(run, Address(around=Surroundings(monitors=("watcher",))))


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Iterator[tuple[Any, str, Path]]:
    heads = tmp_path / "heads"
    with served(made, "--head-file", str(heads)) as (process, url):
        yield process, url.rstrip("/"), heads


def test_a_stopped_desk_answers_what_it_has_begun(desk: tuple[Any, str, Path]) -> None:
    process, url, heads = desk
    at, body = urlsplit(url), b"name=lu&password=wrong"
    with (
        httpx.Client(base_url=url, timeout=60) as idle,
        socket.create_connection((at.hostname, at.port)) as one,
    ):
        Visitor.log_in(idle, "lu")  # a connection that is kept alive and holds nothing up
        noted = heads.stat().st_size
        head = "POST /login HTTP/1.1", f"Host: {at.netloc}", "Expect: 100-continue"
        kind = "Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"
        one.settimeout(20)
        one.sendall("\r\n".join((*head, *kind, "", "")).encode())
        assert one.recv(1000).startswith(b"HTTP/1.1 100")  # the desk waits for the body
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert process.poll() is None
        one.sendall(body)
        assert one.recv(1000).startswith(b"HTTP/1.1 403")
    assert process.wait(20) == 128 + signal.SIGTERM
    assert heads.stat().st_size > noted
    with pytest.raises(OSError):
        socket.create_connection((at.hostname, at.port), timeout=1)
