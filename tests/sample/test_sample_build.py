"""Building the sample cohort: repeatable, done once, and never over another's files."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from sample_cases import hashes

from pipeline.core.errors import StoreError
from pipeline.sample import cohort as cohort_module
from pipeline.sample.cohort import SampleCohort, build
from pipeline.sample.plan import STUDENTS
from pipeline.sample.tables import photo_name


def test_building_elsewhere_gives_the_same_bytes(
    built: SampleCohort, sources: dict[str, Path], tmp_path: Path
) -> None:
    assert hashes(build(tmp_path / "again", sources).root) == hashes(built.root)


def count_fills(monkeypatch: pytest.MonkeyPatch) -> list[SampleCohort]:
    """Replace the slow part of building; the list grows by one with each real build."""
    filled: list[SampleCohort] = []

    def fill_quickly(cohort: SampleCohort, _studio: object) -> None:
        filled.append(cohort)
        cohort.photos.mkdir()
        cohort.truth.write_text("truth")

    monkeypatch.setattr(cohort_module, "_fill", fill_quickly)
    return filled


def test_a_second_call_does_nothing_and_a_new_version_builds_anew(
    sources: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled = count_fills(monkeypatch)
    dest = tmp_path / "cohort"
    build(dest, sources)
    (dest / "my-report.html").write_text("mine")
    build(dest, sources)
    assert len(filled) == 1

    (dest / "photos" / "stale.jpg").write_text("stale")
    monkeypatch.setattr(cohort_module, "VERSION", 0)
    build(dest, sources)
    assert len(filled) == 2
    assert not (dest / "photos" / "stale.jpg").exists()
    assert (dest / "my-report.html").read_text() == "mine"


def test_other_sources_build_anew(
    sources: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled = count_fills(monkeypatch)
    build(tmp_path / "cohort", sources)
    build(tmp_path / "cohort", sources | {"biden": sources["obama"]})
    assert len(filled) == 2


def test_an_interrupted_build_is_done_again(
    sources: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(cohort_module, "_fill", stop)
        with pytest.raises(KeyboardInterrupt):
            build(tmp_path / "cohort", sources)
    filled = count_fills(monkeypatch)
    build(tmp_path / "cohort", sources)
    assert len(filled) == 1


def test_a_folder_of_somebody_else_is_left_alone(sources: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("mine")
    with pytest.raises(StoreError, match="holds something else"):
        build(tmp_path, sources)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.docx"]


@pytest.mark.networks
def test_the_real_cohort_is_built_of_the_fetched_pictures(sample: SampleCohort) -> None:
    for row, student in enumerate(STUDENTS):
        if student.planted == "sound":
            path = sample.photos / photo_name(row)
            assert 20_000 <= path.stat().st_size <= 40_000
            with Image.open(path) as image:
                assert image.size == (480, 640)
