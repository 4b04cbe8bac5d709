"""Which pictures of a case are shown, and when."""

from __future__ import annotations

from dataclasses import replace

from report_cases import subject

from pipeline.core.types import Assessment, Case, Decision
from pipeline.desk.cases.beside import slots

TAKEN = ["overlay", "set_aside", "admission", "photo", "idcard"]
CASE = Case(subject(1), "1.jpg", Assessment(Decision.FLAG, ""), pictures=dict.fromkeys(TAKEN, b""))


def test_the_photo_comes_first_and_the_overlay_last() -> None:
    shown = ["photo", "admission", "idcard", "set_aside", "former", "overlay"]
    assert slots(CASE, former=True, hidden=False) == shown


def test_the_overlay_says_what_the_machine_found_and_is_hidden_with_it() -> None:
    seen = slots(replace(CASE), former=False, hidden=True)
    assert seen == ["photo", "admission", "idcard", "set_aside"]
