"""Answers over HTTP: blind first, two reviewers and a lead, undo, nothing lost."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from desk_browsing import PASSWORD, Visitor, visitor
from desk_runs import make_run, photos

from pipeline.desk import accounts
from pipeline.desk.cases.desk import Desk, opened
from pipeline.desk.cases.verdicts import State
from pipeline.night.folder import LEDGER
from pipeline.store.items import Item
from pipeline.store.ledger import Ledger

NOT_ME = "2021000000"  # score 0.10, both references of another person
STANDARD = "2021000004"  # size_px
TURNED = "2021000007"
# Words that only the machine's answer to NOT_ME brings into a page, in both languages.
GIVEN_AWAY = (
    "0.10",
    "NOT_ME",
    "不像",
    "异常",
    "FLAG",
    "REVIEW",
    "ACCEPT",
    "0.04",
    "0.46",
    "录取照片 判定",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with photos and a run, to be copied."""
    folder = tmp_path_factory.mktemp("made")
    made = make_run(folder, photos(16))
    with Ledger(made / LEDGER) as ledger:
        for name, role in (("an", "reviewer"), ("bo", "reviewer"), ("lu", "lead"), ("li", "lead")):
            accounts.add(ledger, name, accounts.Role(role), PASSWORD, "test")
    return folder


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy")) / "out"


@pytest.fixture
def crew(run: Path) -> Iterator[dict[str, Visitor]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(visitor(run, name)) for name in ("an", "bo", "lu", "li")}


def item_of(run: Path, student: str) -> Item:
    with opened(run) as desk:
        item = desk.student(student)
        assert item
        return item


def judge(someone: Visitor, item: Item, verdict: str, **more: str) -> str:
    answer = someone.post(f"/case/{item.id}/answer", scripted=True, verdict=verdict, **more)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_machines_answer_is_nowhere_before_the_first(run: Path, crew: dict[str, Visitor]) -> None:
    item = item_of(run, NOT_ME)
    pages = (f"/case/{item.id}", f"/case/{item.id}/sheet", f"/?q={NOT_ME}", "/?reason=PERSON")
    for name in ("an", "lu"):
        for page in pages:
            text = crew[name].get(page).text
            for word in GIVEN_AWAY:
                assert word not in text.replace("?reason=NOT_ME", ""), (name, page, word)
    assert NOT_ME not in crew["an"].get("/?reason=NOT_ME").text
    assert "0.10" in judge(crew["an"], item, "ok")
    assert "0.10" in crew["an"].get(f"/case/{item.id}").text
    # The second reviewer sees neither the machine's answer nor the first one's.
    text = crew["bo"].get(f"/case/{item.id}").text
    assert not any(word in text for word in GIVEN_AWAY)
    assert ">an<" not in text


def test_log_tells_a_lead_nothing_of_cases_they_have_yet_to_judge(
    run: Path, crew: dict[str, Visitor]
) -> None:
    item = item_of(run, NOT_ME)
    judge(crew["an"], item, "not_me")
    assert "not_me" not in crew["lu"].get("/audit").text
    judge(crew["lu"], item, "ok")
    assert "not_me" in crew["lu"].get("/audit").text


def test_seeded_case_looks_like_any_other(run: Path, crew: dict[str, Visitor]) -> None:
    with opened(run) as desk:
        seeded = next(i for i in desk.items() if i.seeded)
        doubted = next(i for i in desk.items() if i.blind and not i.seeded)
    one, two = (
        crew["an"]
        .get(f"/case/{i.id}/sheet")
        .text.replace(i.id, "ID")
        .replace(i.name, "NAME")
        .replace(i.numbers.split()[0], "NUMBER")
        for i in (seeded, doubted)
    )
    drop = ("学院", ".jpg", "softw")
    same = [
        [line for line in text.splitlines() if not any(word in line for word in drop)]
        for text in (one, two)
    ]
    assert same[0] == same[1]


def test_second_reviewer_confirms(run: Path, crew: dict[str, Visitor]) -> None:
    item = item_of(run, NOT_ME)
    judge(crew["an"], item, "not_me")
    assert (item_of(run, NOT_ME).state, item_of(run, NOT_ME).need) == (State.TODO, "second")
    assert NOT_ME not in crew["an"].get("/").text
    assert NOT_ME in crew["bo"].get("/").text
    judge(crew["bo"], item, "not_me")
    assert item_of(run, NOT_ME).state is State.RESHOOT


def test_lead_resolves_what_two_differ_about(run: Path, crew: dict[str, Visitor]) -> None:
    item = item_of(run, NOT_ME)
    judge(crew["an"], item, "not_me")
    judge(crew["bo"], item, "ok")
    assert item_of(run, NOT_ME).need == "lead"
    with Ledger(run / LEDGER) as ledger:
        accounts.add(ledger, "cy", accounts.Role.REVIEWER, PASSWORD, "test")
    with visitor(run, "cy") as third:
        assert NOT_ME not in third.get("/").text
        judge(third, item, "ok")  # kept, but it does not decide
    assert item_of(run, NOT_ME).need == "lead"
    assert NOT_ME in crew["lu"].get("/").text
    judge(crew["lu"], item, "ok", comment="同一人，换了发型")
    assert item_of(run, NOT_ME).state is State.DONE


def test_lead_who_was_one_of_the_two_does_not_resolve(run: Path, crew: dict[str, Visitor]) -> None:
    item = item_of(run, NOT_ME)
    judge(crew["lu"], item, "not_me")
    judge(crew["bo"], item, "ok")
    judge(crew["lu"], item, "other")
    assert item_of(run, NOT_ME).need == "lead"
    judge(crew["li"], item, "ok")
    assert item_of(run, NOT_ME).state is State.DONE


def test_one_reviewer_is_enough_for_the_rest(run: Path, crew: dict[str, Visitor]) -> None:
    assert "600" in crew["an"].get(f"/case/{item_of(run, STANDARD).id}").text
    judge(crew["an"], item_of(run, STANDARD), "ok")
    judge(crew["an"], item_of(run, TURNED), "sideways")
    assert item_of(run, STANDARD).state is State.DONE
    assert item_of(run, TURNED).state is State.CORRECT


def test_not_me_always_asks_a_second(run: Path, crew: dict[str, Visitor]) -> None:
    judge(crew["an"], item_of(run, STANDARD), "not_me")
    assert item_of(run, STANDARD).need == "second"


def test_undo_adds_an_answer_and_takes_one_back(run: Path, crew: dict[str, Visitor]) -> None:
    item = item_of(run, STANDARD)
    judge(crew["an"], item, "ok")
    judge(crew["an"], item, "other")
    assert item_of(run, STANDARD).state is State.CORRECT
    crew["an"].post("/undo")
    assert item_of(run, STANDARD).state is State.DONE
    crew["an"].post("/undo")
    assert item_of(run, STANDARD).state is State.TODO
    assert crew["an"].post("/undo").status_code == 409
    with opened(run) as desk:
        assert [a.kind for a in desk.answers(item)] == ["answer", "answer", "undo", "undo"]


def test_nobody_undoes_anothers_answer(run: Path, crew: dict[str, Visitor]) -> None:
    judge(crew["an"], item_of(run, STANDARD), "ok")
    assert crew["bo"].post("/undo").status_code == 409
    assert item_of(run, STANDARD).state is State.DONE


def test_reveal_stays_after_undo_and_only_the_first_look_is_blind(
    run: Path, crew: dict[str, Visitor]
) -> None:
    item = item_of(run, NOT_ME)
    judge(crew["an"], item, "ok")
    crew["an"].post("/undo")
    assert "0.10" in crew["an"].get(f"/case/{item.id}").text
    judge(crew["an"], item, "not_me")
    with opened(run) as desk:
        given = [a for a in desk.answers(item) if a.kind == "answer"]
    assert [(a.blind, a.machine) for a in given] == [(True, "FLAG"), (False, "FLAG")]


def test_agreement_counts_first_looks_at_seeded_cases(run: Path, crew: dict[str, Visitor]) -> None:
    with opened(run) as desk:
        seeded = next(i for i in desk.items() if i.seeded)
    judge(crew["an"], seeded, "not_me", unsure="true")
    judge(crew["an"], seeded, "ok")
    judge(crew["bo"], seeded, "ok")
    text = crew["lu"].get("/agreement").text
    assert "<td>an</td><td>1</td><td>0 / 1</td><td>1</td>" in text
    assert "<td>bo</td><td>1</td><td>1 / 1</td><td>0</td>" in text


def test_measure_done_goes_to_the_student(run: Path, crew: dict[str, Visitor]) -> None:
    item = item_of(run, TURNED)
    assert crew["an"].post(f"/case/{item.id}/step/handled").status_code == 409
    judge(crew["an"], item, "sideways")
    crew["an"].post(f"/case/{item.id}/step/handled")
    assert item_of(run, TURNED).state is State.STUDENT
    crew["an"].post(f"/case/{item.id}/step/closed")
    assert item_of(run, TURNED).state is State.DONE


def test_two_at_the_same_moment_lose_nothing(run: Path, crew: dict[str, Visitor]) -> None:
    item = item_of(run, NOT_ME)
    barrier = threading.Barrier(4)

    def answer(name: str, verdict: str) -> None:
        barrier.wait()
        for _ in range(5):
            judge(crew[name], item, verdict)

    pairs = zip(crew, ("not_me", "not_me", "ok", "ok"), strict=True)
    threads = [threading.Thread(target=answer, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with opened(run) as desk:
        given = [a.who for a in desk.answers(item)]
        assert sorted(given) == sorted(["an", "bo", "lu", "li"] * 5)


def test_a_case_links_to_the_students_its_reasons_name(run: Path, crew: dict[str, Visitor]) -> None:
    texts = photos(16)
    texts[5] = texts[8]  # one file under two names
    reshot(run, texts)
    item = item_of(run, "2021000005")
    assert "DUPLICATE_PHOTO" in item.codes
    text = crew["an"].get(f"/case/{item.id}").text
    assert 'href="/student/2021000008"' in text
    assert 'href="/student/2021000005"' not in text


def test_one_finds_again_what_one_has_answered(run: Path, crew: dict[str, Visitor]) -> None:
    judge(crew["an"], item_of(run, STANDARD), "ok")
    assert STANDARD in crew["an"].get("/?state=given").text
    assert STANDARD not in crew["bo"].get("/?state=given").text
    crew["an"].post("/undo")
    assert STANDARD not in crew["an"].get("/?state=given").text


def reshot(run: Path, texts: dict[int, str]) -> Path:
    return make_run(run.parent, texts)


def test_answers_outlive_a_run_and_a_changed_photo_is_a_new_case(
    run: Path, crew: dict[str, Visitor]
) -> None:
    judge(crew["an"], item_of(run, STANDARD), "ok")
    judge(crew["an"], item_of(run, TURNED), "sideways")
    texts = photos(16)
    texts[7] = "face=7 score=0.9"
    reshot(run, texts)
    assert item_of(run, STANDARD).state is State.DONE
    assert item_of(run, TURNED).state is State.STUDENT
    texts[7] = "face=7 turn=180"
    reshot(run, texts)
    assert (item_of(run, TURNED).state, item_of(run, TURNED).need) == (State.TODO, "first")


def test_known_good_stays_quiet_when_the_machine_finds_more(
    run: Path, crew: dict[str, Visitor]
) -> None:
    texts = dict.fromkeys((1, 2), "face=1 size=600×800")
    again = make_run(run.parent, texts, "other")
    with Ledger(again / LEDGER) as ledger:
        accounts.add(ledger, "an", accounts.Role.REVIEWER, PASSWORD, "test")
    first, second = item_of(again, "2021000001"), item_of(again, "2021000002")
    with visitor(again, "an") as an:
        judge(an, first, "ok", known_good="true")
        judge(an, second, "ok")
        assert item_of(again, "2021000002").state is State.DONE
        desk = Desk(again)
        desk.ledger.db.execute("UPDATE item SET codes = codes || ';BLUR'")
        with desk.ledger.transaction():
            for item in desk.items():
                desk.update(item)
        desk.close()
        assert item_of(again, "2021000001").state is State.DONE
        assert item_of(again, "2021000002").state is State.TODO


def test_a_photo_shot_again_for_people_is_never_a_seed(run: Path, crew: dict[str, Visitor]) -> None:
    judge(crew["an"], item_of(run, TURNED), "sideways")
    texts = photos(16)
    texts[7] = "face=7 score=0.9"
    reshot(run, texts)
    with opened(run) as desk:
        desk.policy = desk.policy.model_copy(update={"seeded_share": 1.0})
        seeded = {str(row[1]) for row in desk.cases_of_store() if row[-2]}
    assert item_of(run, TURNED).student_key not in seeded
