"""The sample cohort of drawn heads, built once for all that only look at it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import ImageFont
from sample_cases import drawn

from pipeline.sample.cohort import SampleCohort, build
from pipeline.sample.sources import FONT, pictures


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A drawn picture for every source, and Pillow's own font (Chinese becomes boxes)."""
    folder = tmp_path_factory.mktemp("sources")
    paths = {}
    for name, picture in pictures().items():
        paths[name] = folder / f"{name}.png"
        drawn(picture).save(paths[name])
    own = ImageFont.load_default(20)
    assert isinstance(own, ImageFont.FreeTypeFont)
    assert isinstance(own.path, io.BytesIO)
    paths[FONT] = folder / "font.ttf"
    paths[FONT].write_bytes(own.path.getvalue())
    return paths


@pytest.fixture(scope="session")
def built(sources: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> SampleCohort:
    return build(tmp_path_factory.mktemp("sample") / "cohort", sources)
