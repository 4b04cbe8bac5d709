"""Faces cut out again by the points on record: the same templates, bit for bit, for less."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models import manifest
from pipeline.core.geometry import TURNS
from pipeline.core.policy import load_policy
from pipeline.core.types import PHOTO, Face, ImageFile, Job, Portrait, Reference, Subject
from pipeline.sample import sources
from pipeline.student.engine import Engine, network_engine
from pipeline.student.faces import cut_again, slotted, where

FACES = ("obama", "obama2", "biden", "collins", "hopper", "henner", "guido", "maher", "filippo")


def test_a_face_is_told_exactly_and_nonsense_is_no_face() -> None:
    points = np.array([[1 / 3, 0.1], [2, 3], [4, 5], [6, 7], [8e5, 9]], dtype=np.float32)
    face = Face(np.zeros(4, dtype=np.float32), points, 1.0)
    told = where(90, Portrait(np.zeros((9, 9, 3), dtype=np.uint8), face))
    turned, *numbers = told.split()
    assert turned == "90"
    assert np.array_equal(np.array(numbers, dtype=float).astype(np.float32), points.ravel())
    for wrong in ("45 1 2", "90 1 2 3", ""):
        with pytest.raises((ValueError, StopIteration)):
            cut_again(np.zeros((9, 9, 3), dtype=np.uint8), wrong)


def test_references_of_one_kind_have_slots_of_their_own() -> None:
    kinds = ("idcard", "admission", "idcard", "idcard")
    references = [Reference(kind, ImageFile(Path(str(n)))) for n, kind in enumerate(kinds)]
    assert [slot for slot, _ in slotted(references)] == [
        *("idcard", "admission", "idcard#2", "idcard#3")
    ]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    manifest.digests()
    made = network_engine(load_policy().input, manifest.DEFAULT_RECOGNISERS)
    made.start()
    yield made
    made.close()


@pytest.mark.long
@pytest.mark.networks
def test_templates_are_the_same_bit_for_bit(engine: Engine, tmp_path: Path) -> None:
    """Every sample portrait in one turn, the first in all four; each with two references."""
    found = sources.fetch()
    for place, name in enumerate(FACES):
        for turn in TURNS if place == 0 else (TURNS[place % 4],):
            photo = tmp_path / f"{name}-{turn}.png"
            with Image.open(found[name]) as picture:
                picture.convert("RGB").rotate(turn, expand=True).save(photo)
            others = (found[name], found[FACES[place - 1]])
            references = tuple(Reference("idcard", ImageFile(path)) for path in others)
            job = Job(Subject("S1", 1), ImageFile(photo), references)
            seen = engine.assess(job)
            assert PHOTO in seen.templates
            assert seen.points.keys() == seen.templates.keys()
            again = engine.assess(replace(job, points=seen.points))
            assert list(again.templates) == list(seen.templates)
            for slot, vector in seen.templates.items():
                assert again.templates[slot].tobytes() == vector.tobytes(), (name, turn, slot)
            assert again.pictures == {}
            assert again.measurements == ()


@pytest.mark.networks
def test_a_picture_that_is_gone_has_no_template(engine: Engine, tmp_path: Path) -> None:
    photo = tmp_path / "p.jpg"
    photo.write_bytes(sources.fetch()["obama"].read_bytes())
    job = Job(Subject("S1", 1), ImageFile(photo))
    seen = engine.assess(job)
    photo.unlink()
    with pytest.raises(Exception, match=r"."):
        engine.assess(replace(job, points=seen.points))
