"""`photoproof evaluate verification`: labelled pairs in, error rates out."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from pipeline import cli
from pipeline.assurance.evaluate import verification
from pipeline.assurance.evaluate.verification import evaluate, subject_of
from pipeline.assurance.evaluate.workers import Locator, spread
from pipeline.core.errors import ConfigError, SourceError, StoreError
from pipeline.core.policy import Policy
from pipeline.core.types import Floats, Pixels
from pipeline.sample import sources
from pipeline.student.detect import Located

DEGREES = {"Ann_0001": 0, "Ann_0002": 20, "Bob_0001": 90, "Bob_0002": 120, "Eve_0001": 200}


@dataclass
class FakeLocator:
    """The "face" is a direction: red × 2 degrees; a black picture has no face."""

    def locate(self, bgr: Pixels) -> Located:
        return Located(bgr)

    def template(self, bgr: Pixels) -> Floats | None:
        if not bgr.any():
            return None
        angle = math.radians(2 * int(bgr[0, 0, 2]))
        return np.array((math.cos(angle), math.sin(angle)), dtype=np.float32)

    def close(self) -> None:
        pass


class DyingLocator(FakeLocator):
    def template(self, bgr: Pixels) -> Floats | None:
        import os

        os._exit(1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, degrees in DEGREES.items():
        Image.new("RGB", (8, 8), (degrees // 2, 1, 1)).save(folder / f"{name}.png")
    Image.new("RGB", (8, 8)).save(folder / "nobody.png")
    (folder / "broken.png").write_bytes(b"not a picture")
    return folder


def write(path: Path, rows: Sequence[tuple[str, ...]], header: str = "path_a,path_b,same") -> Path:
    path.write_text("\n".join([header, *(",".join(row) for row in rows)]) + "\n", "utf-8")
    return path


def all_pairs() -> list[tuple[str, ...]]:
    return [(f"{a}.png", f"{b}.png", str(int(a[:3] == b[:3]))) for a, b in combinations(DEGREES, 2)]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def run(
    tmp_path: Path, root: Path, pairs: Path, policy: Policy, workers: int = 0
) -> dict[str, Any]:
    """In this process where no workers are asked for."""
    return evaluate(
        pairs, root, tmp_path / "out", policy.input, workers=workers, factory=FakeLocator
    )


def test_known_directions_give_known_rates(tmp_path: Path, root: Path, policy: Policy) -> None:
    """cos 20° and cos 30° are mated; of eight non-mated pairs the nearest lie 70° apart."""
    metrics = run(tmp_path, root, write(tmp_path / "pairs.csv", all_pairs()), policy)
    assert (metrics["mated"], metrics["non_mated"], metrics["failures"]) == (2, 8, 0)
    assert metrics["eer"] == 0
    assert metrics["subjects"] == 3
    # Eight non-mated trials say nothing about FMR 0.1 or below.
    assert [entry["fnmr"] for entry in metrics["fnmr"]] == [None] * 4
    assert "8 non-mated" in metrics["fnmr"][0]["why"]
    scores = {(r["path_a"], r["path_b"]): r["score"] for r in rows_of(tmp_path / "out/scores.csv")}
    assert float(scores["Ann_0001.png", "Ann_0002.png"]) == pytest.approx(math.cos(math.pi / 9))
    assert len(scores) == 10


def test_enough_trials_give_a_threshold(tmp_path: Path, root: Path, policy: Policy) -> None:
    pairs = [*all_pairs(), ("Ann_0001.png", "Eve_0001.png", "0"), ("Ann_0001.png",) * 2 + ("1",)]
    pairs += [("Ann_0002.png", "Bob_0001.png", "0")]  # ten non-mated; the nearest two are 70° apart
    entry = run(tmp_path, root, write(tmp_path / "p.csv", pairs), policy)["fnmr"][0]
    assert entry["threshold"] == pytest.approx(math.cos(math.radians(70)), abs=1e-6)
    assert (entry["missed"], entry["fnmr"], entry["interval"]) == (0, 0, [0, 1])


def test_pictures_without_a_usable_face_are_named(
    tmp_path: Path, root: Path, policy: Policy
) -> None:
    bad = [(f"{name}.png", "Ann_0001.png", "0") for name in ("nobody", "broken", "gone")]
    pairs = write(tmp_path / "pairs.csv", [*all_pairs(), *bad, ("gone.png", "Bob_0001.png", "1")])
    metrics = run(tmp_path, root, pairs, policy)
    assert (metrics["mated"], metrics["non_mated"], metrics["failures"]) == (2, 8, 4)
    fta = metrics["fta"]
    assert (fta["pictures"], fta["no_face"], fta["unreadable"]) == (8, 1, 2)
    assert fta["rate"] == 3 / 8
    reasons = {row["path"]: row["reason"] for row in rows_of(tmp_path / "out/failures.csv")}
    assert reasons["nobody.png"] == verification.NO_FACE
    assert "not a picture" in reasons["broken.png"]
    assert "could not be read" in reasons["gone.png"]
    empty = [row for row in rows_of(tmp_path / "out/scores.csv") if row["score"] == ""]
    assert len(empty) == 4


def test_every_picture_is_looked_at_once(tmp_path: Path, root: Path, policy: Policy) -> None:
    seen = 0

    class Counting(FakeLocator):
        def template(self, bgr: Pixels) -> Floats | None:
            nonlocal seen
            seen += 1
            return super().template(bgr)

    pairs = write(tmp_path / "pairs.csv", all_pairs())
    evaluate(pairs, root, tmp_path / "out", policy.input, workers=0, factory=Counting)
    assert seen == len(DEGREES)


def test_workers_give_the_same_files(tmp_path: Path, root: Path, policy: Policy) -> None:
    pairs = write(tmp_path / "pairs.csv", all_pairs())
    one = run(tmp_path, root, pairs, policy)
    text = (tmp_path / "out/scores.csv").read_text("utf-8")
    assert run(tmp_path, root, pairs, policy, workers=2) == one
    assert (tmp_path / "out/scores.csv").read_text("utf-8") == text


def embedded(locator: Locator, bgr: Pixels) -> Floats | None:
    return locator.template(bgr)


def test_a_dying_worker_is_told() -> None:
    black = np.zeros((4, 4, 3), dtype=np.uint8)
    with pytest.raises(SourceError, match="died"):
        spread(embedded, [black], DyingLocator, workers=2)


def test_subjects_by_name_or_by_column(tmp_path: Path, root: Path, policy: Policy) -> None:
    assert subject_of("lfw/Ai_Sugiyama_0001.jpg") == "Ai_Sugiyama"
    assert subject_of("L001_neutral.jpg") == subject_of("L001_smiling.jpg") == "L001"
    assert subject_of("2022000001.jpg") == "2022000001.jpg"
    assert subject_of("p000_female_asian.jpg") == "p000"
    rows = [
        ("Ann_0001.png", "Ann_0002.png", "1", "x", "x"),
        ("Ann_0001.png",) * 2 + ("0", "x", "y"),
    ]
    header = "path_a,path_b,same,subject_a,subject_b"
    assert run(tmp_path, root, write(tmp_path / "p.csv", rows, header), policy)["subjects"] == 2


def test_one_kind_of_pairs_alone_has_no_rates(tmp_path: Path, root: Path, policy: Policy) -> None:
    pairs = write(tmp_path / "p.csv", [row for row in all_pairs() if row[2] == "0"] * 2)
    metrics = run(tmp_path, root, pairs, policy)
    assert metrics["eer"] is None
    assert "no mated" in metrics["fnmr"][0]["why"]
    assert not (tmp_path / "out/det.svg").exists()


def test_plots_are_svg_that_stands_alone(tmp_path: Path, root: Path, policy: Policy) -> None:
    run(tmp_path, root, write(tmp_path / "pairs.csv", all_pairs() * 2), policy)
    for name, word in (("det.svg", "FNMR"), ("scores.svg", "comparison score")):
        text = (tmp_path / "out" / name).read_text("utf-8")
        assert ElementTree.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314
        assert word in text
        assert "href" not in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("path_a,path_b\na,b\n", ("line 1", "`same`", "missing")),
        ("path_a,path_b,same\na,b,1\na,b,yes\n", ("line 3", "`same`", "'yes'")),
        ("path_a,path_b,same\na,,1\n", ("line 2", "`path_b`", "empty")),
        ("path_a,path_b,same\na,b\n", ("line 2", "cells")),
        ("path_a,path_b,same\n", ("no rows",)),
        ("path_a,path_b,same\na,b,110105194912310021\n", ("line 2", "110*")),
    ],
)
def test_mistakes_name_file_line_and_column(
    text: str, words: tuple[str, ...], tmp_path: Path, policy: Policy
) -> None:
    (tmp_path / "pairs.csv").write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        run(tmp_path, tmp_path, tmp_path / "pairs.csv", policy)
    for word in ("pairs.csv", *words):
        assert word in caught.value.message
    assert "110105194912310021" not in caught.value.message
    assert not (tmp_path / "out").exists()


def test_missing_or_foreign_pairs(tmp_path: Path, policy: Policy) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        run(tmp_path, tmp_path, tmp_path / "gone.csv", policy)
    (tmp_path / "pairs.csv").write_bytes(b"path_a,path_b,same\n\xff\xfe,b,1\n")
    with pytest.raises(ConfigError, match="UTF-8"):
        run(tmp_path, tmp_path, tmp_path / "pairs.csv", policy)


def test_a_root_that_is_not_there(tmp_path: Path, policy: Policy) -> None:
    with pytest.raises(SourceError, match="no such folder"):
        run(tmp_path, tmp_path / "gone", write(tmp_path / "pairs.csv", all_pairs()), policy)


def test_out_that_cannot_be_made(tmp_path: Path, root: Path, policy: Policy) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(StoreError):
        run(tmp_path, root, write(tmp_path / "pairs.csv", all_pairs()), policy)


@pytest.mark.networks
def test_the_sample_people_are_told_apart(tmp_path: Path) -> None:
    """Three pictures of one man, five other people: the command from end to end."""
    files = sources.fetch()
    people = {
        name: picture.person
        for name, picture in sources.pictures().items()
        if picture.person and files[name].suffix != ".ttc"
    }
    rows = [
        (files[a].name, files[b].name, str(int(people[a] == people[b])), people[a], people[b])
        for a, b in combinations(people, 2)
    ]
    header = "path_a,path_b,same,subject_a,subject_b"
    pairs = write(tmp_path / "pairs.csv", rows, header)
    arguments = ["--root", sources.samples_dir(), "--out", tmp_path / "out", "--workers", "1"]
    command = ["evaluate", "verification", pairs, *arguments, "--json"]
    result = CliRunner().invoke(cli.app, list(map(str, command)))
    assert result.exit_code == 0, result.output
    metrics = json.loads((tmp_path / "out/metrics.json").read_text("utf-8"))
    assert json.loads(result.stdout) == metrics
    assert metrics["mated"] >= 3
    assert metrics["failures"] == 0
    assert metrics["eer"] == 0
    assert metrics["fnmr"][0]["missed"] == 0
    assert 0 < metrics["fnmr"][0]["threshold"] < 0.5
