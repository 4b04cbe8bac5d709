"""Students who refuse comparison by machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from roster_cases import ID, xlsx

from pipeline.core.errors import RosterError
from pipeline.core.types import Subject
from pipeline.source import gather
from pipeline.source.refusals import refusing

SUBJECTS = (
    Subject("s1", 2, "安娜", ID, "s1"),
    Subject("s2", 3, "伯特", "", "s2", "k2"),
    Subject("s3", 4, "安娜", "", "s3"),
)


def told(*names: str) -> Subject:
    return Subject("s9", 9, no_comparison=names[0])


@pytest.mark.parametrize("cell", ["是", "不同意", "√", "1", "refuses", "2026-11-20 撤回"])
def test_any_word_in_the_rosters_column_is_a_refusal(cell: str) -> None:
    assert refusing((), [told(cell)]) == {"s9"}


@pytest.mark.parametrize("cell", ["", "否", "No", "0", "同意", "—"])
def test_but_not_those_that_say_no(cell: str) -> None:
    assert refusing((), [told(cell)]) == frozenset()


def test_a_list_names_students_by_any_number(tmp_path: Path) -> None:
    lines = tmp_path / "list.txt"
    lines.write_text(f"学号\ns3\n\n k2 \n{ID.lower()}\n", "utf-8-sig")
    assert refusing([lines], SUBJECTS) == {"s1", "s2", "s3"}
    table = xlsx(tmp_path / "list.xlsx", [("学号", "日期"), ("s2", "2026-11-20")])
    assert refusing([table], SUBJECTS) == {"s2"}


@pytest.mark.parametrize(
    ("name", "why"), [("s7", "nobody in the roster"), ("安娜", "2 students are")]
)
def test_a_refusal_of_nobody_stops_the_night(tmp_path: Path, name: str, why: str) -> None:
    lines = tmp_path / "list.txt"
    lines.write_text(name, "utf-8")
    with pytest.raises(RosterError, match=f"list.txt, row 1: {why}"):
        refusing([lines], SUBJECTS)


def test_a_list_that_cannot_be_read_stops_the_night(tmp_path: Path) -> None:
    with pytest.raises(RosterError, match="cannot be read"):
        refusing([tmp_path / "absent.txt"], SUBJECTS)


def test_column_and_list_become_a_fact_of_the_job(tmp_path: Path) -> None:
    header = ("学号", "姓名", "不同意人脸比对（签字）")
    rows = [header, ("1", "甲", "是"), ("2", "乙", ""), ("3", "丙", "否")]
    roster = xlsx(tmp_path / "roster.xlsx", rows)
    (tmp_path / "photos").mkdir()
    (tmp_path / "list.txt").write_text("2", "utf-8")
    cohort = gather(roster, [tmp_path / "photos"], {}, opt_out=[tmp_path / "list.txt"])
    refused = {
        job.subject.student_key
        for job in cohort.jobs
        if any(fact.name == "source.comparison_refused" for fact in job.facts)
    }
    assert refused == {"1", "2"}
