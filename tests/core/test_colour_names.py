"""Colours in words."""

from __future__ import annotations

import pytest

from pipeline.core.colour_names import named, nearest
from pipeline.core.reasons import sentence
from pipeline.core.types import Finding, Severity
from pipeline.core.words import languages, words


@pytest.mark.parametrize(
    ("colour", "key"),
    [
        ("FFFFFF", "white"),
        ("F8F9FA", "white"),
        ("E9E7E4", "off_white"),
        ("438EDB", "blue"),
        ("A9CCEE", "light_blue"),
        ("64C5FF", "light_blue"),
        ("5167A9", "blue"),
        ("101010", "black"),
        ("C81E28", "red"),
        ("8C8C8E", "grey"),
        ("3C8C4B", "green"),
    ],
)
def test_a_colour_has_the_name_that_people_give_it(colour: str, key: str) -> None:
    assert nearest(*bytes.fromhex(colour)) == key


def test_every_name_is_in_every_language() -> None:
    found = {
        nearest(r, g, b)
        for r in range(0, 256, 15)
        for g in range(0, 256, 15)
        for b in range(0, 256, 15)
    }
    for lang in languages():
        assert found <= words("colour", lang).keys()


def test_colours_in_a_text_get_their_names_and_nothing_else_does() -> None:
    assert named("#FFFFFF / #438EDB (ΔE ≤ 20)", "en") == "white #FFFFFF / blue #438EDB (ΔE ≤ 20)"
    assert named("S#12, idcard#2 and #FFFFFFF", "en") == "S#12, idcard#2 and #FFFFFFF"


def test_a_background_is_told_in_words() -> None:
    finding = Finding("BACKGROUND_COLOUR", Severity.ADVICE, "#C81E28", "#FFFFFF (ΔE ≤ 20)")
    assert "红色 #C81E28" in sentence(finding, "zh") and "白色 #FFFFFF" in sentence(finding, "zh")
    assert "red #C81E28" in sentence(finding, "en") and "white #FFFFFF" in sentence(finding, "en")
