"""Giving a file to a student at the desk: kept beside the run, honoured next night, taken back."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from desk_browsing import PASSWORD, Visitor, desk_client
from desk_deliveries import alike, deliver, night, number_of

from pipeline.desk import accounts, once
from pipeline.desk.cases.audit import verified
from pipeline.desk.cases.desk import opened
from pipeline.desk.cases.kinds import Kind, kind_of
from pipeline.desk.cases.verdicts import State
from pipeline.night.folder import ASSIGNED, LEDGER
from pipeline.night.intake import Sources, assigned_rows
from pipeline.store.items import Item
from pipeline.store.ledger import Ledger

MISSING, ASIDE = number_of(2), number_of(4)


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    return deliver(tmp_path, 10)


@pytest.fixture
def run(tmp_path: Path, sources: Sources) -> Path:
    made = night(tmp_path, sources)
    with Ledger(made / LEDGER) as ledger:
        accounts.add(ledger, "an", accounts.Role.REVIEWER, PASSWORD, "test")
    return made


def cases(run: Path) -> dict[str, Item]:
    """By number, the photo of nobody's as "stray"."""
    with opened(run) as desk:
        return {
            "stray" if kind_of(item) is Kind.STRAY else item.student_key: item
            for item in desk.items()
        }


def rows(run: Path) -> list[tuple[str, str, str]]:
    return assigned_rows(run / ASSIGNED)


def test_a_file_of_nobodys_is_given_and_used_by_the_next_night(
    run: Path, sources: Sources, tmp_path: Path
) -> None:
    alike(run, MISSING)
    before = cases(run)
    stray = before["stray"]
    with desk_client(run) as client:
        an = Visitor.log_in(client, "an")
        page = an.get(f"/case/{stray.id}").text
        assert "IMG_4711.jpg" in page
        assert "photos/散照" in page
        assert "这个文件是谁的照片？" in page
        assert "可以用吗" not in page
        assert page.index(before[MISSING].name) < page.index("相似度 ")
        given = an.post(f"/case/{stray.id}/give", student=before[MISSING].id)
        assert given.status_code == 303
    after = cases(run)
    assert after["stray"].state is after[MISSING].state is State.NIGHT
    ((file, student, sha256),) = rows(run)
    assert (Path(file).name, student, sha256) == ("IMG_4711.jpg", MISSING, stray.photo_sha256)
    with opened(run) as desk:
        assert verified(desk).fault == ""
        entries = [e for e in desk.ledger.log.entries() if e.action == "assigned"]
        assert {e.subject for e in entries} == {MISSING, stray.answers_key}
        assert not any("IMG_" in e.detail for e in entries)  # a name may be a student's
    night(tmp_path, sources)
    found = cases(run)
    assert "stray" not in found
    assert found[MISSING].photo_sha256 == stray.photo_sha256
    assert found[MISSING].state is State.NONE
    with opened(run) as desk:
        assert verified(desk).fault == ""


def test_a_file_set_aside_is_chosen_and_the_other_is_set_aside_then(
    run: Path, sources: Sources, tmp_path: Path
) -> None:
    item = cases(run)[ASIDE]
    with desk_client(run) as client:
        an = Visitor.log_in(client, "an")
        page = an.get(f"/case/{item.id}").text
        assert f"{ASIDE}-副本.jpg" in page
        with opened(run) as desk:
            other = next(f for f in desk.store.deliveries.of(ASIDE) if f.fate == "set_aside")
        assert an.post(f"/case/{item.id}/give", file="0" * 64).status_code == 409
        assert an.post(f"/case/{item.id}/give", file=other.sha256).status_code == 303
        assert "下次核验起采用" in an.get(f"/case/{item.id}").text
    assert cases(run)[ASIDE].state is State.NIGHT
    night(tmp_path, sources)
    assert cases(run)[ASIDE].photo_sha256 == other.sha256
    with opened(run) as desk:
        asides = [f for f in desk.store.deliveries.of(ASIDE) if f.fate == "set_aside"]
        assert [(f.sha256, f.why) for f in asides] == [(item.photo_sha256, "another_was_assigned")]
        former = desk.store.large.former(ASIDE)
        assert former is not None
        assert former.sha256 == item.photo_sha256


def test_undo_takes_it_back_from_the_file_and_from_both_cases(run: Path) -> None:
    before = cases(run)
    with desk_client(run) as client:
        an = Visitor.log_in(client, "an")
        for student in (MISSING, ASIDE):
            an.post(f"/case/{before['stray'].id}/give", student=before[student].id)
        assert {row[1] for row in rows(run)} == {MISSING, ASIDE}
        assert an.post("/undo").status_code == 303
        assert {row[1] for row in rows(run)} == {MISSING}
        assert cases(run)[ASIDE].state is State.TODO
        an.post("/undo")
    assert rows(run) == []
    after = cases(run)
    assert after["stray"].state is after[MISSING].state is State.TODO
    with opened(run) as desk:
        assert verified(desk).fault == ""


def test_what_a_table_had_assigned_comes_back_by_undo(run: Path) -> None:
    item = cases(run)
    kept = ("of_before.jpg", MISSING, "ab" * 32)
    with (run / ASSIGNED).open("w", encoding="utf-8") as file:
        csv.writer(file).writerows([("file", "student", "sha256"), kept])
    with desk_client(run) as client:
        an = Visitor.log_in(client, "an")
        an.post(f"/case/{item['stray'].id}/give", student=item[MISSING].id)
        assert rows(run) != [kept]
        an.post("/undo")
    assert rows(run) == [kept]


def test_a_night_that_did_not_honour_it_opens_the_cases_again(
    run: Path, sources: Sources, tmp_path: Path
) -> None:
    before = cases(run)
    with desk_client(run) as client:
        an = Visitor.log_in(client, "an")
        an.post(f"/case/{before['stray'].id}/give", student=before[MISSING].id)
    stray = next(sources.photos[0].rglob("IMG_*"))
    stray.write_text("face=99")  # other bytes than those that were given
    night(tmp_path, sources)
    after = cases(run)
    assert after[MISSING].state is after["stray"].state is State.TODO


def test_a_student_is_looked_for_by_name_or_number_and_nobody_else_is_offered(run: Path) -> None:
    known = cases(run)
    with desk_client(run) as client:
        an = Visitor.log_in(client, "an")
        stray = known["stray"]
        page = an.get(f"/case/{stray.id}?who={MISSING}").text
        assert f'value="{known[MISSING].id}"' in page
        assert "还没有照片" in page
        assert f'value="{stray.id}"' not in an.get(f"/case/{stray.id}?who=IMG").text
        assert "名单中没有找到" in an.get(f"/case/{stray.id}?who=nobody").text
        assert an.post(f"/case/{stray.id}/give", student=stray.id).status_code == 409
        assert an.post(f"/case/{stray.id}/give", student="x").status_code == 409
        assert (
            an.post(f"/case/{known[ASIDE].id}/give", student=known[MISSING].id).status_code == 409
        )


def test_a_file_that_is_nobodys_business_leaves_the_queue(run: Path) -> None:
    stray = cases(run)["stray"]
    with desk_client(run) as client:
        an = Visitor.log_in(client, "an")
        an.post(f"/case/{stray.id}/answer", verdict="nobodys")
        assert cases(run)["stray"].state is State.DONE
    with Ledger(run / LEDGER) as ledger:
        assert ledger.answers.refused() == []  # the photo itself is not at fault


def test_a_photo_of_two_students_is_shown_with_the_others(run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "more"
    made = night(folder, deliver(folder, 20))
    with Ledger(made / LEDGER) as ledger:
        accounts.add(ledger, "an", accounts.Role.REVIEWER, PASSWORD, "test")
    known = cases(made)
    one, other = known[number_of(3)], known[number_of(13)]
    with desk_client(made) as client:
        an = Visitor.log_in(client, "an")
        page = an.get(f"/case/{one.id}").text
        assert "这张照片也在另一名学生名下" in page
        for number in (0, 1):
            assert f'src="/case/{other.id}/picture/{number}"' in page
            assert an.get(f"/case/{other.id}/picture/{number}").status_code == 200
        doubted = an.get(f"/case/{known[number_of(0)].id}").text
        assert 'class="reference other"' not in doubted


def test_a_file_that_fits_two_says_whom_in_the_queue_and_on_its_own_case(
    run: Path, sources: Sources, tmp_path: Path
) -> None:
    roster = sources.roster[0].read_text("utf-8").replace("李娜", "王芳")  # two of one name
    sources.roster[0].write_text(roster, "utf-8")
    (sources.photos[0] / f"{number_of(1)}.jpg").unlink()
    (sources.photos[0] / "王芳.jpg").write_text("face=21")
    made = night(tmp_path, sources)
    with opened(made) as desk:
        stray = next(item for item in desk.items() if item.name == "王芳.jpg")
    with desk_client(made) as client:
        an = Visitor.log_in(client, "an")
        assert f"王芳.jpg → {number_of(1)}, {number_of(2)}" in an.get("/").text
        page = an.get(f"/case/{stray.id}").text
        assert page.count("文件名符合，也符合别人") == 2
        student = an.get(f"/case/{cases(made)[number_of(2)].id}").text
        assert "王芳.jpg" in student[student.index("这名学生还有这些文件") :]


def test_a_file_that_lies_in_two_places_is_told_with_both(tmp_path: Path, sources: Sources) -> None:
    one = next(sources.photos[0].rglob("IMG_4711.jpg"))
    again = sources.photos[0] / "补交" / "微信图片 3.jpg"
    again.parent.mkdir()
    again.write_bytes(one.read_bytes())
    made = night(tmp_path, sources)
    with opened(made) as desk, desk_client(made, accounts=False) as client:
        strays = {item.name: item for item in desk.items() if kind_of(item) is Kind.STRAY}
        client.get(f"/enter?token={once.new_token(desk.ledger)}")
        pages = {name: client.get(f"/case/{item.id}").text for name, item in strays.items()}
    for name, page in pages.items():
        assert f"<h1>{name}</h1>" in page
        assert "IMG_4711.jpg" in page and "微信图片 3.jpg" in page
        assert "photos/散照" in page and "photos/补交" in page
    assert pages
