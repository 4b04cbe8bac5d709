"""The action log as people read it: words, local times, and the JSON on demand."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from desk_browsing import PASSWORD, Visitor, desk_client
from desk_deliveries import deliver, night, number_of
from places import ROOT

from pipeline.core.moments import local_second
from pipeline.core.scale import LINES
from pipeline.core.words import languages, words
from pipeline.desk import accounts
from pipeline.desk.cases.desk import opened
from pipeline.night.folder import LEDGER
from pipeline.store.ledger import Ledger


@pytest.fixture
def run(tmp_path: Path) -> Path:
    made = night(tmp_path, deliver(tmp_path, 10))
    with Ledger(made / LEDGER) as ledger:
        for name, role in (("an", "reviewer"), ("wu", "auditor")):
            accounts.add(ledger, name, accounts.Role(role), PASSWORD, "test")
    return made


def test_every_entry_is_told_in_words_and_keeps_its_json(run: Path) -> None:
    with opened(run) as desk:
        person, stray = desk.student(number_of(0)), list(desk.items())[-1]
        assert person
    with desk_client(run) as client:
        an = Visitor.log_in(client, "an")
        an.get(f"/case/{person.id}/picture/0")
        an.post(f"/case/{person.id}/answer", verdict="not_me")
        an.get(f"/case/{stray.id}")
        page = Visitor.log_in(client, "wu").get("/audit").text
        for told in (
            "照片：毕业照",
            "答案：不是本人；作答时：未见机器结论",
            "角色：复核人",
            "名单外的文件",
        ):
            assert told in page, told
        assert "extra:" not in re.sub("<code>.*?</code>", "", page)
        assert "&#34;said&#34;: &#34;not_me&#34;" in page
        assert "machine's answer not seen" not in page
        client.get("/language/en")
        assert "when answering: machine&#39;s answer not seen" in client.get("/audit").text


def test_times_are_of_the_local_clock_with_their_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        for zone, told in (
            ("Asia/Shanghai", "2026-11-29 07:30:05 +0800"),
            ("UTC", "2026-11-28 23:30:05 +0000"),
        ):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            assert local_second("2026-11-28T23:30:05.123+00:00") == told
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_doubt_about_the_person_is_told_on_the_scale(run: Path) -> None:
    with opened(run) as desk:
        person = desk.student(number_of(0))
        assert person
    with desk_client(run) as client:
        an = Visitor.log_in(client, "an")
        assert "相似度" not in re.sub("<dialog.*", "", an.get(f"/case/{person.id}").text)
        an.post(f"/case/{person.id}/answer", verdict="not_me")
        page = an.get(f"/case/{person.id}").text
        assert f"要求 ≥ {LINES[1]}" in page
        shown = re.sub("<details class=.how.>.*?</details>", "", page, flags=re.DOTALL)
        assert "0.12" not in shown  # the raw score is there for who asks
        assert "0.120" in page
        below = re.search(
            r'<meter[^>]*value="(\d+)"[^>]*></meter> <b>(\d+)</b> <span class="band (\w+)"', page
        )
        assert below
        assert int(below[1]) == int(below[2]) < LINES[0]
        assert below[3] == "below"
        assert 'low="40" high="60" optimum="100"' in below[0]  # so drawn, never green below a line


# What stands in entries for whoever checks the chain: hashes, sizes, codes of programs.
_UNTOLD = {"bytes", "by", "decisions", "delivery", "forced", "run", "sha256", "stands_alone", "why"}


@pytest.mark.parametrize("lang", languages())
def test_every_action_and_detail_that_is_put_on_record_has_words(lang: str) -> None:
    calls = [
        call
        for path in (ROOT / "pipeline").rglob("*.py")
        for call in re.findall(r"[.]record[(](?:[^()]|[(][^()]*[)])*[)]", path.read_text("utf-8"))
    ]
    actions = {found for call in calls for found in re.findall(r'"([a-z]+_[a-z_]+|printed)"', call)}
    details = {found for call in calls for found in re.findall(r"[ (](\w+)=", call)}
    assert len(actions) > 15
    assert actions - set(words("action", lang)) == set()
    assert details - set(words("log", lang)) - _UNTOLD == set()
