"""Tables that come back with a column or a word that nobody knows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from desk_runs import make_run, photos
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.core.errors import RosterError
from pipeline.core.words import Language, word
from pipeline.desk.cases.desk import Desk, opened
from pipeline.desk.cases.verdicts import Verdict
from pipeline.desk.exchange import replies
from pipeline.desk.exchange.decision_tables import decisions

ONE, TWO = "2021000010", "2021000004"
Import = Callable[[Desk, Path, str], replies.Imported]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("made"), photos(16), seeded_share=0)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.mark.parametrize(
    ("load", "wanted"), [(replies.registry, "bz"), (replies.students, "学生复核结论")]
)
def test_a_table_without_the_column_is_refused_with_its_headers(
    run: Path, tmp_path: Path, load: Import, wanted: str
) -> None:
    file = write(tmp_path / "t.csv", "学号,姓名,核验情况", f"{ONE},徐丽,身份核验异常")
    with opened(run) as desk, pytest.raises(RosterError) as told:
        load(desk, file, "test")
    assert f"no column {wanted}" in told.value.message
    assert "Headers understood: 姓名, 学号; not understood: 核验情况" in told.value.message
    assert "--columns" in told.value.hint


def test_the_command_ends_with_the_rosters_exit_code(run: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "t.csv", "学号,意见", f"{ONE},照片正确")
    result = CliRunner().invoke(app, ["import", "answers", str(file), str(run)])
    assert isinstance(result.exception, RosterError)


def test_words_nobody_knows_are_refused_with_those_allowed(run: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "t.csv", "学号,学生复核结论", f"{ONE},大概吧", f"{TWO},不知道")
    with opened(run) as desk, pytest.raises(RosterError) as told:
        replies.students(desk, file, "test")
    assert "大概吧, 不知道" in told.value.message
    assert "照片正确" in told.value.hint and "照片不是我本人" in told.value.hint


def test_one_unknown_word_is_listed_and_the_others_count(run: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "t.csv", "学号,bz", f"{ONE},身份核验异常", f"{TWO},休学")
    result = CliRunner().invoke(app, ["import", "bz", str(file), str(run)])
    assert result.exit_code == 0
    assert "recorded: 1" in result.output
    assert "words: 休学" in result.output
    assert "allowed: 身份核验未通过, 身份核验不确定" in result.output


def test_two_answers_of_one_student_are_not_taken(run: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "t.csv", "学号,bz", f"{TWO},身份核验异常", f"{TWO},身份核验未通过")
    with opened(run) as desk:
        result = replies.registry(desk, file, "test")
    assert (result.recorded, result.unclear) == (0, [2])


@pytest.mark.parametrize("lang", ["zh", "en", ""])
@pytest.mark.parametrize("column", ["verdict", "measure"])
def test_a_word_that_is_not_known_is_answered_in_the_tables_own(
    run: Path, tmp_path: Path, lang: Language, column: str
) -> None:
    titles = [word("sheet", name, lang) if lang else name for name in ("verdict", "measure")]
    cells = {"verdict": "good,", "measure": f"{Verdict.OK},good"}[column]
    number = "学号" if lang else "subject_id"
    file = write(tmp_path / "t.csv", ",".join((number, *titles)), f"{TWO},{cells}")
    with opened(run) as desk, pytest.raises(RosterError) as told:
        decisions(desk, file, "test")
    ours = word("category", "照片正确", lang) if lang else "ok"
    own = {"verdict": ours, "measure": word("remedy", "reshoot", lang) if lang else "reshoot"}
    assert own[column] in told.value.hint
    assert ("not_me" in told.value.hint) == (column == "verdict" and not lang)
    assert f"row 2: {titles[column == 'measure']}" in told.value.message
