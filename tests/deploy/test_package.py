"""What a release ships: everything that the packages have, in the wheel and in the archive."""

from __future__ import annotations

import runpy
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest
from places import DOCS, ROOT


@pytest.fixture(scope="module")
def package() -> dict[str, Any]:
    return runpy.run_path(str(DOCS / "package.py"))


def test_wheel_and_archive_are_whole(package: dict[str, Any], tmp_path: Path) -> None:
    wheel, archive = package["build"](ROOT, tmp_path)
    assert package["differences"](wheel, ROOT) == []
    with tarfile.open(archive) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    ours = [*ROOT.glob("deploy/**/*"), *ROOT.glob("docs/*.md"), *ROOT.glob("*.lock")]
    wanted = {path.relative_to(ROOT).as_posix() for path in ours if path.is_file()}
    assert {"constraints.txt", "Makefile", "tests/conftest.py", ".ci/run", *wanted} <= names


def test_a_file_that_no_rule_ships_is_noticed(package: dict[str, Any], tmp_path: Path) -> None:
    kept = shutil.ignore_patterns(".*", "runs", "tests", "bench", "build", "dist", "*.egg-info")
    copy = Path(shutil.copytree(ROOT, tmp_path / "copy", ignore=kept))
    (copy / "data/words/fr.yaml").write_text("a: b\n")
    wheel, _ = package["build"](copy, tmp_path)
    assert package["differences"](wheel, copy) == ["data/words/fr.yaml"]
