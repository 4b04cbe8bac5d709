"""Which pictures of a case are shown, and when."""

from __future__ import annotations

from pipeline.desk.cases.shown import slots

TAKEN = ["overlay", "admission", "photo", "idcard"]


def test_the_photo_comes_first_and_the_overlay_last() -> None:
    assert slots(TAKEN, hidden=False) == ["photo", "admission", "idcard", "overlay"]


def test_the_overlay_says_what_the_machine_found_and_is_hidden_with_it() -> None:
    assert slots(TAKEN, hidden=True) == ["photo", "admission", "idcard"]
