"""The record of a run: what stands in `run.json`, and reading that of older programs."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.errors import StoreError
from pipeline.store import RunSummary, Store
from pipeline.store.summary import FORMAT

# As the first program wrote it; nothing in it may be changed by reading and writing.
FIRST: dict[str, Any] = {
    "photoproof": "0.1.0",
    "started": "2026-06-02T01:00:00+00:00",
    "finished": "2026-06-02T01:07:12+00:00",
    "seconds": 432.0,
    "students": 3,
    "assessed": 2,
    "students_per_second": 0.01,
    "workers": 2,
    "counts": {
        "decision": {"ACCEPT": 2, "REVIEW": 0, "FLAG": 1},
        "category": {"照片正确": 2, "照片侧卧": 1},
        "reasons": {"SIDEWAYS_LEFT": 1},
        "advice": {},
    },
    "stages": {"decode": 1.25, "compare": 2.0},
    "versions": {"openvino": "2026.4.1"},
    "models": {"sface": "0ba9fbfa"},
    "policy": {"comparison": {"best": "highest"}, "input": {"max_pixels": 100}},
    "profile": "chsi-graduation",
    "thresholds": {"idcard": {"flag_below": 0.2, "accept_from": 0.36, "provenance": "why"}},
    "calibration": {"idcard": {"trials": 5, "floor": None}},
    "non_mated": {"idcard": [0, 1, 2]},
    "remarks": ["名单第 3 列 12 个单元格被 Excel 损坏。"],
}


def read(table: dict[str, Any]) -> RunSummary:
    return RunSummary.read(json.dumps(table), "here")


def test_the_record_of_the_first_program_is_read_and_stays_as_it_was() -> None:
    summary = read(FIRST)
    assert (summary.format, summary.arithmetic, summary.instructions) == (1, "", {})
    assert (summary.recogniser, summary.review) == ("sface", {})
    written = json.loads(summary.text())
    assert written["counts"].pop("shares") == {"ACCEPT": 66.7, "REVIEW": 0.0, "FLAG": 33.3}
    assert {key: written[key] for key in FIRST} == FIRST
    assert [key for key in written if key in FIRST] == list(FIRST), "in the same order"
    assert written.keys() - FIRST.keys() == {"format", "arithmetic", "instructions"}
    assert "432.0" in summary.text()


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    summary = replace(read(FIRST), identity="ab", purged="2026-06-03", instructions={"avx2": 3})
    summary = replace(summary, intake={"students": 3})
    assert RunSummary.read(summary.text(), "") == summary
    summary.write(tmp_path / "run.json")
    text = (tmp_path / "run.json").read_text("utf-8")
    assert text.endswith("}\n")
    assert text.startswith('{\n  "format": 1,\n  "photoproof"')
    assert "名单" in text
    assert list(json.loads(text)) == [field.name for field in fields(RunSummary)]
    assert RunSummary.read(text, "") == summary


def test_a_record_is_never_changed_in_place() -> None:
    with pytest.raises(FrozenInstanceError):
        read(FIRST).students = 4  # type: ignore[misc]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({**FIRST, "format": FORMAT + 1}, "this program reads 1"),
        ({**FIRST, "students": "three"}, "at students"),
        ({key: value for key, value in FIRST.items() if key != "counts"}, "at counts"),
    ],
)
def test_a_record_that_cannot_be_read_is_told(table: dict[str, Any], words: str) -> None:
    with pytest.raises(StoreError, match=words) as refused:
        read(table)
    assert "here: " in refused.value.message
    assert refused.value.hint
    with pytest.raises(StoreError, match="at its beginning"):
        RunSummary.read("{", "here")


def test_a_run_that_was_cut_off_has_no_record(store: Store, path: Path) -> None:
    assert store.summary() is None
    with pytest.raises(StoreError, match="its run was cut off") as refused:
        store.finished()
    assert str(path.parent) in refused.value.message
    store.finish(read(FIRST))
    assert store.finished() == store.summary() == read(FIRST)
