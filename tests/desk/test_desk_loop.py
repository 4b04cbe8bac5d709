"""Tables out and back in: college, registry, CSV; bz, students' answers, decisions."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import openpyxl
import pytest
from desk_browsing import PASSWORD, Visitor, visitor
from desk_runs import make_run, photos
from report_cases import ID_NUMBER
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.core.errors import PhotoproofError, RosterError
from pipeline.core.words import word
from pipeline.desk import accounts
from pipeline.desk.accounts import Role
from pipeline.desk.cases import oversight
from pipeline.desk.cases.answers import Given, give
from pipeline.desk.cases.desk import opened
from pipeline.desk.cases.verdicts import Remedy, State, Verdict
from pipeline.desk.exchange import exports, replies
from pipeline.desk.exchange.decision_tables import decisions
from pipeline.night.folder import LEDGER
from pipeline.store.ledger import Ledger

FAULTY, SIZE, TURNED, FINE = "2021000000", "2021000004", "2021000007", "2021000010"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("made"), photos(16), seeded_share=0)


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "out"))


def say(run: Path, student: str, verdict: Verdict, who: str = "an", **more: object) -> None:
    with opened(run) as desk:
        item = desk.student(student)
        assert item
        give(desk, item, who, Role.REVIEWER, Given(verdict, **more))  # type: ignore[arg-type]


def state(run: Path, student: str) -> State:
    with opened(run) as desk:
        item = desk.student(student)
        assert item
        return item.state


def write(path: Path, header: str, *rows: str) -> Path:
    path.write_text("\n".join((header, *rows)) + "\n", "utf-8")
    return path


def sheet(path: Path) -> list[dict[str, str]]:
    book = openpyxl.load_workbook(path)
    header, *rows = book.worksheets[0].iter_rows(values_only=True)
    return [dict(zip(map(str, header), (str(c or "") for c in row), strict=True)) for row in rows]


def test_college_tables_hold_what_people_decided(run: Path, tmp_path: Path) -> None:
    say(run, SIZE, Verdict.OTHER, remedy=Remedy.CORRECT)
    with opened(run) as desk:
        paths = exports.college(desk, tmp_path / "tables", "test", "zh")
    assert sorted(p.name for p in paths) == [
        "土木工程学院.xlsx",
        "外国语学院.xlsx",
        "计算机学院.xlsx",
    ]
    rows = [row for path in paths for row in sheet(path)]
    assert FINE not in {row["学号"] for row in rows}
    row = next(row for row in rows if row["学号"] == SIZE)
    assert (row["复核人"], row["复核结论"], row["处理措施"]) == ("an", "其他", "勘误")
    assert row["处理状态"] == "勘误"
    assert len(row["日期"]) == 10
    assert row["机器结论"] == "异常"
    assert ID_NUMBER not in str(rows)
    book = openpyxl.load_workbook(paths[0])
    assert len(book.worksheets[0]._images) > 0


def test_colleges_with_names_without_end_keep_a_file_each(run: Path, tmp_path: Path) -> None:
    names = [f"{'学院' * 1500}{end}" for end in "甲乙"]
    with opened(run) as desk:
        items = [desk.student(student) for student in (FAULTY, SIZE)]
        with desk.ledger.transaction():
            for item, name in zip(items, names, strict=True):
                assert item
                change = "UPDATE item SET college = ? WHERE id = ?"
                desk.ledger.db.execute(change, (name, item.id))
        paths = exports.college(desk, tmp_path, "test", "zh")
    long = [path for path in paths if path.name.startswith("学院学院学院")]
    assert len(long) == 2
    assert all(len(path.name.encode()) < 240 and path.is_file() for path in long)


@pytest.mark.parametrize(("lang", "name"), [("zh", "未注明院系.xlsx"), ("en", "no_college.xlsx")])
def test_students_without_a_college_are_a_table_of_their_own(
    run: Path, tmp_path: Path, lang: str, name: str
) -> None:
    with opened(run) as desk:
        with desk.ledger.transaction():
            desk.ledger.db.execute("UPDATE item SET college = ''")
        (path,) = exports.college(desk, tmp_path, "test", lang)
    assert path.name == name


def test_registry_table_holds_doubts_and_faults(run: Path, tmp_path: Path) -> None:
    say(run, SIZE, Verdict.OTHER)
    file = write(tmp_path / "bz.csv", "学号,姓名,bz", f"{FINE},徐丽,身份核验不确定")
    with opened(run) as desk:
        replies.registry(desk, file, "test")
        (path,) = exports.registry(desk, tmp_path, "test", "zh")
    assert {row["学号"] for row in sheet(path)} == {SIZE, FINE}


def test_decisions_come_back_from_csv_and_workbook(run: Path, made: Path, tmp_path: Path) -> None:
    say(run, SIZE, Verdict.OTHER, comment="=1+1")
    say(run, TURNED, Verdict.SIDEWAYS)
    with opened(run) as desk:
        (table,) = exports.table(desk, tmp_path, "test")
        assert decisions(desk, table, "test").unchanged == 2
        books = exports.college(desk, tmp_path, "test", "en")
    fresh = Path(shutil.copytree(made, tmp_path / "fresh"))
    with opened(fresh) as desk:
        result = decisions(desk, table, "test")
        assert (result.recorded, result.unknown) == (2, [])
        assert decisions(desk, table, "test").unchanged == 2
    assert state(fresh, SIZE) is State.CORRECT  # 600×800 can be made smaller: nobody need come
    assert state(fresh, TURNED) is State.CORRECT
    again = Path(shutil.copytree(made, tmp_path / "again"))
    with opened(again) as desk:
        assert sum(decisions(desk, book, "test").recorded for book in books) == 2
        item = desk.student(SIZE)
        assert item
        assert [a.who for a in desk.answers(item)] == ["import:an"]


def test_decision_about_another_photo_is_not_taken(run: Path, tmp_path: Path) -> None:
    file = write(
        tmp_path / "d.csv", "subject_id,photo_sha256,verdict", f"{SIZE},{'0' * 64},ok", "404,,ok"
    )
    with opened(run) as desk:
        result = decisions(desk, file, "test", "王老师")
    assert (result.recorded, result.changed_photo, result.unknown) == (0, [2], [3])


@pytest.mark.parametrize(
    ("header", "cell", "words"),
    [
        ("学号,复核结论", "大概吧", "row 2"),
        ("学号,复核结论,处理措施", "照片正确,重画", "处理措施"),
        ("学号,意见", "照片正确", "no header row"),
    ],
)
def test_unknown_word_is_refused_before_anything(
    run: Path, tmp_path: Path, header: str, cell: str, words: str
) -> None:
    file = write(tmp_path / "d.csv", header, f"{SIZE},{cell}", f"{TURNED},照片正确")
    with opened(run) as desk, pytest.raises(RosterError, match=words):
        decisions(desk, file, "test")
    assert state(run, TURNED) is State.TODO


def test_two_colleges_that_differ_need_a_lead(run: Path, tmp_path: Path) -> None:
    rows = [f"{FAULTY},照片正确,甲", f"{FAULTY},照片不是我本人,乙", f"{FAULTY},照片正确,丙"]
    file = write(tmp_path / "d.csv", "学号,复核结论,复核人", *rows)
    with opened(run) as desk:
        result = decisions(desk, file, "test")
    assert (result.recorded, result.needs_lead) == (3, [3, 4])


def test_registrys_doubt_asks_for_a_look_and_for_proof(run: Path, tmp_path: Path) -> None:
    rows = [
        f"{FINE},徐丽,身份核验未通过",
        f"{SIZE},陈静,",
        "404,某人,身份核验异常",
        f"{TURNED},黄磊,休学",
    ]
    file = write(tmp_path / "bz.csv", "XH,XM,bz", *rows)
    assert state(run, FINE) is State.NONE
    with opened(run) as desk:
        result = replies.registry(desk, file, "test")
        assert (result.recorded, result.unchanged) == (1, 1)
        assert (result.unknown, result.unclear) == ([4], [5])
        assert replies.registry(desk, file, "test").recorded == 0
        work = {w.item.answers_key: w for w in oversight.worklist(desk, "lu")}
        assert work[FINE].registry == "身份核验未通过"
        assert (("ACCEPT", "身份核验未通过", "–", "–"), 1) in oversight.confusion(desk)
    assert state(run, FINE) is State.TODO
    say(run, FINE, Verdict.OK)
    assert state(run, FINE) is State.FILE
    with opened(run) as desk:
        assert (("ACCEPT", "身份核验未通过", "ok", "–"), 1) in oversight.confusion(desk)


def test_registry_takes_a_doubt_back(run: Path, tmp_path: Path) -> None:
    for remark, expected in (("身份核验异常", State.TODO), ("", State.NONE)):
        file = write(tmp_path / "bz.csv", "学号,bz", f"{FINE},{remark}")
        with opened(run) as desk:
            replies.registry(desk, file, "test")
        assert state(run, FINE) is expected


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("照片正确", "ok"),
        ("照片错误：照片不是我本人", "not_me"),
        ("照片侧卧", "sideways"),
        ("照片倒立", "upside_down"),
        ("照片错误", "other"),
        ("照片不正确", "other"),
    ],
)
def test_students_words(run: Path, tmp_path: Path, said: str, verdict: str) -> None:
    file = write(tmp_path / "a.csv", "学号,姓名,学生复核结论,备注", f"{FINE},徐丽,{said},往届")
    with opened(run) as desk:
        replies.students(desk, file, "test")
        item = desk.student(FINE)
        assert item
        assert desk.answers(item)[-1].value == verdict
    assert state(run, FINE) is (State.NONE if verdict == "ok" else State.TODO)


def test_students_complaint_opens_a_done_case(run: Path, tmp_path: Path) -> None:
    say(run, SIZE, Verdict.OK)
    assert state(run, SIZE) is State.DONE
    file = write(tmp_path / "a.csv", "学号,学生复核结论", f"{SIZE},照片不是我本人")
    with opened(run) as desk:
        replies.students(desk, file, "test")
    assert state(run, SIZE) is State.TODO


def test_numbers_of_two_students_in_one_row_are_unclear(run: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "bz.csv", "学号,考生号,bz", f"{FINE},21110105000004,身份核验异常")
    with opened(run) as desk:
        assert replies.registry(desk, file, "test").unclear == [2]


def test_commands_tell_what_they_did(run: Path, tmp_path: Path) -> None:
    runner = CliRunner()
    answers = write(tmp_path / "a.csv", "学号,学生复核结论", f"{FINE},照片侧卧")
    result = runner.invoke(app, ["import", "answers", str(answers), str(run)])
    assert result.exit_code == 0, result.output
    assert "recorded: 1" in result.output
    assert "1 on the work list" in result.output
    for kind, made in (("csv", "decisions.csv"), ("registry", "registry.xlsx")):
        result = runner.invoke(app, ["export", kind, str(run), "--out", str(tmp_path / "x")])
        assert result.exit_code == 0, result.output
        assert (tmp_path / "x" / made).is_file()
    table = tmp_path / "x" / "decisions.csv"
    assert table.read_bytes().startswith(b"\xef\xbb\xbf"), "else Excel shows no Chinese"
    with table.open(encoding="utf-8-sig") as file:
        rows = {row["subject_id"]: row for row in csv.DictReader(file)}
    assert rows[FINE]["student_verdict"] == "sideways"
    assert len(rows) == 16
    result = runner.invoke(app, ["audit", "verify", str(run)])
    assert "all as written" in result.output


def test_folder_without_a_run_is_named(tmp_path: Path) -> None:
    for arguments in (["audit", "verify"], ["export", "csv", "--out", str(tmp_path / "x")]):
        result = CliRunner().invoke(app, [*arguments, str(tmp_path)])
        assert isinstance(result.exception, PhotoproofError)


def test_users_are_made_with_a_password_of_their_own(run: Path) -> None:
    def add(name: str, password: str) -> BaseException | None:
        arguments = ["users", "add", name, "--run", str(run), "--password-stdin"]
        return CliRunner().invoke(app, arguments, input=password + "\n").exception

    assert add("an", "long enough to be kept") is None
    for name, password in (("an", "long enough to be kept"), ("bo", "short"), ("local", "x" * 12)):
        assert isinstance(add(name, password), PhotoproofError)
    with Ledger(run / LEDGER) as ledger:
        (kept,) = ledger.db.execute("SELECT password FROM account").fetchone()
    assert kept.startswith("$argon2id$")
    listing = CliRunner().invoke(app, ["users", "list", "--run", str(run)])
    assert "an: reviewer" in listing.output


def test_a_closed_account_is_out_at_once(run: Path) -> None:
    with Ledger(run / LEDGER) as ledger:
        accounts.add(ledger, "an", Role.REVIEWER, PASSWORD, "test")
    with visitor(run, "an") as an:
        assert an.get("/").status_code == 200
        assert CliRunner().invoke(app, ["users", "remove", "an", "--run", str(run)]).exit_code == 0
        assert an.get("/").status_code == 401
        assert Visitor.try_in(an.http, "an", PASSWORD).status_code == 401
    again = CliRunner().invoke(app, ["users", "remove", "an", "--run", str(run)])
    assert isinstance(again.exception, PhotoproofError)


def test_another_machine_reaches_no_desk_without_accounts(run: Path) -> None:
    for host in ("0.0.0.0", "192.0.2.1", "::"):  # noqa: S104
        result = CliRunner().invoke(app, ["review", str(run), "--host", host])
        assert isinstance(result.exception, PhotoproofError)
        assert "without accounts" in result.exception.message


def test_measures_have_the_reports_words() -> None:
    assert [word("remedy", m, "zh") for m in Remedy] == ["重采", "勘误", "备案"]
