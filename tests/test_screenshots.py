"""The README's pictures: there, small, and made by a script that says what it lacks."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
from places import ROOT


def test_readme_shows_pictures_that_are_there_and_small() -> None:
    shown = re.findall(r"docs/images/\w+\.png", (ROOT / "README.md").read_text("utf-8"))
    assert {Path(name).stem for name in shown} == {"report", "desk", "phone", "hub", "hand_in"}
    assert all((ROOT / name).stat().st_size < 300_000 for name in shown)


def test_script_says_what_it_lacks(tmp_path: Path) -> None:
    script = runpy.run_path(str(ROOT / "docs" / "screenshots.py"))
    with pytest.raises(SystemExit, match=r"make demo|Debian's package chromium"):
        script["main"](tmp_path)
