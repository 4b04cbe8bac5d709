"""`photoproof evaluate cohort`: a finished run against the truth."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import cli
from pipeline.assurance.evaluate.cohort import evaluate
from pipeline.core.errors import ConfigError
from pipeline.report.csv_report import COLUMNS as RESULT_COLUMNS
from pipeline.sample.tables import TRUTH_COLUMNS, write_truth

Row = dict[str, str]


def truth(subject_id: str, decision: str, reasons: str = "", turn: str = "", like: str = "") -> Row:
    return {
        "subject_id": subject_id,
        "decision": decision,
        "reasons": reasons,
        "turn_cw": turn,
        "looks_like": like,
        "why": "planted, on purpose",
    }


def write(path: Path, columns: tuple[str, ...], rows: list[Row]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def expected(tmp_path: Path) -> Path:
    rows = [
        truth("1", "ACCEPT", turn="0"),
        truth("2", "ACCEPT", turn="0"),
        truth("3", "FLAG", "SIDEWAYS_LEFT", "90"),
        truth("4", "FLAG", "NOT_ME", "0", "5|6"),
        truth("5", "FLAG|REVIEW", "NOT_ME", "0", "4"),
        truth("6", "FLAG", "NOT_ME", "0", "1"),
        truth("", "REVIEW", "EXTRA_PHOTO"),
        truth("", "REVIEW", "EXTRA_PHOTO"),
    ]
    return write(tmp_path / "truth.csv", TRUTH_COLUMNS, rows)


def run_of(tmp_path: Path, rows: list[Row]) -> Path:
    write(tmp_path / "results.csv", RESULT_COLUMNS, rows)
    return tmp_path


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """2 flagged for nothing, 3 turned wrongly, 4 named rightly, 5 wrongly, 6 missed, 7 unknown."""
    return run_of(
        tmp_path,
        [
            truth("1", "ACCEPT", turn="0"),
            truth("2", "FLAG", "NOT_ME;LOOKS_LIKE_OTHER", "0", "3"),
            truth("3", "FLAG", "SIDEWAYS_LEFT", "270"),
            truth("4", "FLAG", "NOT_ME;LOOKS_LIKE_OTHER", "0", "6"),
            truth("5", "REVIEW", "NOT_ME;LOOKS_LIKE_OTHER", "0", "1"),
            truth("6", "ACCEPT", "", ""),
            truth("7", "ACCEPT", "", "0"),
            truth("", "REVIEW", "EXTRA_PHOTO"),
        ],
    )


def test_reasons_are_counted_by_code(run: Path, expected: Path) -> None:
    reasons = evaluate(run, expected)["reasons"]
    me = reasons["NOT_ME"]
    assert (me["planted"], me["found"], me["missed"], me["false_alarms"]) == (3, 2, 1, 1)
    assert me["missed_subjects"] == ["6"]
    assert me["false_alarm_subjects"] == ["2"]
    assert me["found_rate"] == 2 / 3
    assert me["found_interval"] == pytest.approx([0.2077, 0.9385], abs=1e-4)  # Wilson, 2 of 3
    assert me["false_alarm_rate"] == 1 / 5
    assert reasons["SIDEWAYS_LEFT"]["found"] == 1
    # One extra file was not reported.
    assert (reasons["EXTRA_PHOTO"]["planted"], reasons["EXTRA_PHOTO"]["missed"]) == (2, 1)


def test_naming_an_owner_is_a_false_alarm_only_where_there_is_none(
    run: Path, expected: Path
) -> None:
    assert evaluate(run, expected)["reasons"]["LOOKS_LIKE_OTHER"]["false_alarm_subjects"] == ["2"]


def test_decisions_allow_alternatives(run: Path, expected: Path) -> None:
    metrics = evaluate(run, expected)
    decision = metrics["decision"]
    assert (decision["right"], decision["wrong"]) == (5, 3)
    assert decision["confusion"]["ACCEPT"] == {"ACCEPT": 1, "REVIEW": 0, "FLAG": 1, "absent": 0}
    assert decision["confusion"]["FLAG|REVIEW"]["REVIEW"] == 1
    assert decision["confusion"]["REVIEW"] == {"ACCEPT": 0, "REVIEW": 1, "FLAG": 0, "absent": 1}
    assert (metrics["rows"], metrics["absent"], metrics["unexpected"]) == (8, 1, 1)


def test_turns_and_owners(run: Path, expected: Path) -> None:
    metrics = evaluate(run, expected)
    turns, owners = metrics["turn"], metrics["looks_like"]
    assert (turns["right"], turns["wrong"], turns["none"]) == (4, 1, 1)
    assert turns["rate"] == 4 / 6
    assert (owners["right"], owners["wrong"], owners["none"], owners["unasked"]) == (1, 1, 1, 1)


def test_a_perfect_run(tmp_path: Path) -> None:
    """The sample's own truth, taken for a run, has nothing missed and nothing false."""
    write_truth(tmp_path / "truth.csv")
    with (tmp_path / "truth.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["looks_like"] = row["looks_like"].split("|")[0]
    metrics = evaluate(run_of(tmp_path, rows), tmp_path / "truth.csv")
    assert metrics["decision"]["wrong"] == metrics["absent"] == metrics["unexpected"] == 0
    assert all(r["missed"] == r["false_alarms"] == 0 for r in metrics["reasons"].values())
    assert metrics["turn"]["rate"] == metrics["looks_like"]["rate"] == 1


def test_ids_that_a_spreadsheet_would_compute(tmp_path: Path) -> None:
    """`results.csv` writes an apostrophe before them."""
    expected = write(tmp_path / "truth.csv", TRUTH_COLUMNS, [truth("-12", "ACCEPT")])
    metrics = evaluate(run_of(tmp_path, [truth("'-12", "ACCEPT")]), expected)
    assert metrics["absent"] == 0


@pytest.mark.parametrize(
    ("row", "column", "word"),
    [
        (truth("2", "PASS"), "decision", "'PASS'"),
        (truth("2", "FLAG", "NOT_I"), "reasons", "'NOT_I'"),
        (truth("2", "FLAG", "UPSIDE_DOWN", "45"), "turn_cw", "'45'"),
        (truth("1", "FLAG"), "subject_id", "earlier"),
    ],
)
def test_wrong_values_name_line_and_column(
    row: Row, column: str, word: str, tmp_path: Path, run: Path
) -> None:
    file = write(tmp_path / "truth.csv", TRUTH_COLUMNS, [truth("1", "ACCEPT"), row])
    with pytest.raises(ConfigError) as caught:
        evaluate(run, file)
    for part in ("truth.csv", "line 3", f"`{column}`", word):
        assert part in caught.value.message


def test_missing_files_and_columns(tmp_path: Path, expected: Path) -> None:
    with pytest.raises(ConfigError, match=r"results\.csv: cannot be read"):
        evaluate(tmp_path, expected)
    run_of(tmp_path, [truth("1", "ACCEPT")])
    (tmp_path / "short.csv").write_text("subject_id,decision\n1,ACCEPT\n", "utf-8")
    with pytest.raises(ConfigError, match="line 1: column `reasons` is missing"):
        evaluate(tmp_path, tmp_path / "short.csv")


def test_the_command_prints_and_writes(run: Path, expected: Path, tmp_path: Path) -> None:
    out = tmp_path / "cohort.json"
    result = CliRunner().invoke(
        cli.app, ["evaluate", "cohort", str(run), str(expected), "--out", str(out)]
    )
    assert result.exit_code == 0, result.output
    assert "NOT_ME" in result.stdout
    assert json.loads(out.read_text("utf-8")) == evaluate(run, expected)
    as_json = CliRunner().invoke(cli.app, ["evaluate", "cohort", str(run), str(expected), "--json"])
    assert json.loads(as_json.stdout) == evaluate(run, expected)
