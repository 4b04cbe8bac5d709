"""After a re-shoot: old photo and new one, what changed, and only for who may see it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from desk_browsing import PASSWORD, Visitor, desk_client
from desk_deliveries import deliver, night, number_of
from report_cases import face

from pipeline.desk import accounts
from pipeline.desk.cases.desk import opened
from pipeline.night.folder import LEDGER
from pipeline.store.ledger import Ledger

TURNED, DOUBTED = 6, 0


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The second night: who lay on the side stands upright, and is too small; who was nobody is."""
    sources = deliver(tmp_path, 10)
    made = night(tmp_path, sources)
    with Ledger(made / LEDGER) as ledger:
        for name in ("an", "bo"):
            accounts.add(ledger, name, accounts.Role.REVIEWER, PASSWORD, "test")
    with desk_client(made) as client, opened(made) as desk:
        item = desk.student(number_of(TURNED))
        assert item
        Visitor.log_in(client, "an").post(f"/case/{item.id}/answer", verdict="sideways")
    photos = sources.photos[0]
    (photos / f"{number_of(TURNED)}.jpg").write_text("face=6 score=0.9 size=300×400")
    (photos / f"{number_of(DOUBTED)}.jpg").write_text("face=0 reference=77 score=0.2")
    return night(tmp_path, sources)


def page_of(client: object, run: Path, number: int) -> tuple[str, str]:
    with opened(run) as desk:
        item = desk.student(number_of(number))
    assert item
    return item.id, client.get(f"/case/{item.id}").text  # type: ignore[attr-defined]


def test_both_photos_are_there_with_what_changed_and_what_was_concluded(run: Path) -> None:
    with desk_client(run) as client:
        an = Visitor.log_in(client, "an")
        case, page = page_of(an, run, TURNED)
        assert "上次照片" in page
        told = page[page.index("与上次照片相比") :]
        assert re.search(r"已改好</span> <span class=.tag.>侧卧", told)
        assert re.search(r"新出现</span> <span class=.tag.>像素尺寸", told)
        assert "侧卧 · 勘误" in told
        place = page.index('class="reference former"')
        number = re.findall(r"picture/(\d+)", page[place:])[0]
        assert an.get(f"/case/{case}/picture/{number}").content == face(TURNED, 640)
        assert client.get(f"/case/{case}/picture/0").content == face(6, 640)


def test_what_changed_is_the_machines_answer_and_hidden_with_it(run: Path) -> None:
    with desk_client(run) as client:
        an = Visitor.log_in(client, "an")
        case, page = page_of(an, run, DOUBTED)
        assert "上次照片" in page
        assert "与上次照片相比" not in page
        an.post(f"/case/{case}/answer", verdict="not_me")
        assert "与上次照片相比" in page_of(an, run, DOUBTED)[1]


def test_who_never_had_another_photo_has_one(run: Path) -> None:
    with desk_client(run) as client:
        an = Visitor.log_in(client, "an")
        assert "上次照片" not in page_of(an, run, 1)[1]
