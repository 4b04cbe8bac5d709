"""`photoproof evaluate orientation`: upright pictures, laid in four turns and made worse."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from typer.testing import CliRunner

from pipeline import cli
from pipeline.assurance.evaluate.degrade import CLEAN, DEGRADATIONS, degraded, rolled
from pipeline.assurance.evaluate.orientation import evaluate
from pipeline.core.errors import ConfigError
from pipeline.core.geometry import TURNS, turn
from pipeline.core.policy import Policy
from pipeline.core.types import Face, Orientation, Pixels, Portrait, TurnCw
from pipeline.sample import sources
from pipeline.student.detect import Located

# Which corner of the picture is bright: top left means upright.
CORNERS: dict[tuple[bool, bool], TurnCw] = {
    (True, True): 0,
    (True, False): 270,
    (False, False): 180,
    (False, True): 90,
}


@dataclass
class FakeLocator:
    """Finds the bright corner; blue is the confidence, green makes it a liar, grey has no face."""

    def locate(self, bgr: Pixels) -> Located:
        blue, green, _ = bgr.reshape(-1, 3).max(axis=0).astype(int)
        y, x = np.argwhere(bgr.max(axis=2) == bgr.max())[0]
        top, left = bool(y < bgr.shape[0] / 2), bool(x < bgr.shape[1] / 2)
        if (bgr[..., 0] == bgr[..., 1]).all():
            return Located(bgr)
        turn_cw = 0 if green else CORNERS[top, left]
        box = np.array((10, 10, 20, 20), dtype=np.float32)
        face = Face(box, np.zeros((5, 2), dtype=np.float32), 0.9)
        return Located(bgr, Orientation(turn_cw, 0.0, float(blue) / 255), Portrait(bgr, face))

    def template(self, bgr: Pixels) -> None:
        raise NotImplementedError("orientation needs no template")

    def close(self) -> None:
        pass


def picture(red: int, green: int, blue: int) -> Image.Image:
    """A (60, 40) picture with its upper left corner in this colour."""
    image = Image.new("RGB", (40, 60))
    image.paste((red, green, blue), (0, 0, 12, 12))
    return image


def counted(manifest: Path, root: Path, out: Path, policy: Policy, **more: Any) -> dict[str, Any]:
    """An evaluation with the fake, in this process where no workers are asked for."""
    return evaluate(manifest, root, out, policy, factory=FakeLocator, **{"workers": 0, **more})


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    for name, colour in (
        ("sure.png", (255, 0, 250)),
        ("doubtful.png", (255, 0, 50)),
        ("liar.png", (255, 200, 250)),
        ("nobody.png", (200, 200, 200)),
    ):
        picture(*colour).save(tmp_path / name)
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    names = ("sure.png", "doubtful.png", "liar.png", "nobody.png", "broken.png", "gone.png")
    file = tmp_path / "manifest.csv"
    file.write_text("path,note\n" + "".join(f"{name},\n" for name in names), "utf-8")
    return file


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_answer_is_counted_once(manifest: Path, tmp_path: Path, policy: Policy) -> None:
    out = tmp_path / "out"
    metrics = counted(manifest, tmp_path, out, policy)
    assert (metrics["pictures"], metrics["failures"], metrics["trials"]) == (6, 2, 16)
    assert metrics["wrong"] == metrics["silent_wrong"] == 3
    assert metrics["review"] == 8
    assert metrics["no_face"] == 4
    assert 3 / 16 < metrics["silent_wrong_bound"] < 0.45
    assert json.loads((out / "metrics.json").read_text("utf-8")) == metrics
    reasons = {row["path"]: row["reason"] for row in rows_of(out / "failures.csv")}
    assert set(reasons) == {"broken.png", "gone.png"}


def test_confusion_holds_true_turn_by_answer(
    manifest: Path, tmp_path: Path, policy: Policy
) -> None:
    metrics = counted(manifest, tmp_path, tmp_path / "out", policy)
    table = metrics["confusion"]
    assert table["0"] == {"0": 3, "90": 0, "180": 0, "270": 0, "no_face": 1}
    assert table["90"] == {"0": 1, "90": 2, "180": 0, "270": 0, "no_face": 1}
    assert sum(sum(row.values()) for row in table.values()) == metrics["trials"]


def test_trials_say_what_was_answered(manifest: Path, tmp_path: Path, policy: Policy) -> None:
    counted(manifest, tmp_path, tmp_path / "out", policy)
    rows = rows_of(tmp_path / "out/trials.csv")
    verdicts = {(row["path"], row["turn_cw"]): row["verdict"] for row in rows}
    assert verdicts["sure.png", "270"] == "right"
    assert verdicts["doubtful.png", "0"] == "review"
    assert verdicts["liar.png", "0"] == "right"
    assert verdicts["liar.png", "180"] == "silent_wrong"
    assert verdicts["nobody.png", "90"] == "no_face"


def test_a_worker_answers_as_this_process_does(
    manifest: Path, tmp_path: Path, policy: Policy
) -> None:
    here = counted(manifest, tmp_path, tmp_path / "here", policy)
    assert counted(manifest, tmp_path, tmp_path / "worker", policy, workers=1) == here
    one, other = (rows_of(tmp_path / out / "trials.csv") for out in ("here", "worker"))
    assert one == other


def test_turned_pictures_need_the_turn_back(tmp_path: Path, policy: Policy) -> None:
    """A picture that lies on its side is wrong at every turn: the manifest says upright."""
    picture(255, 0, 250).rotate(90, expand=True).save(tmp_path / "side.png")
    (tmp_path / "m.csv").write_text("path\nside.png\n")
    metrics = counted(tmp_path / "m.csv", tmp_path, tmp_path / "o", policy)
    assert metrics["silent_wrong"] == 4


def test_policy_says_what_is_sure(manifest: Path, tmp_path: Path, policy: Policy) -> None:
    strict = policy.model_copy(
        update={"orientation": policy.orientation.model_copy(update={"min_confidence": 0.99})}
    )
    metrics = counted(manifest, tmp_path, tmp_path / "out", strict)
    assert (metrics["silent_wrong"], metrics["review"]) == (0, 16)
    assert metrics["silent_wrong_bound"] == 3 / 16


def test_degraded_versions_are_told_apart(manifest: Path, tmp_path: Path, policy: Policy) -> None:
    out = tmp_path / "out"
    metrics = counted(manifest, tmp_path, out, policy, degrade=True)
    assert list(metrics["versions"]) == [CLEAN, *DEGRADATIONS]
    assert all(row["trials"] == 16 for row in metrics["versions"].values())
    assert metrics["trials"] == 16 * 7
    assert metrics["versions"]["grey"]["no_face"] == 16  # the fake needs colour
    plain = counted(manifest, tmp_path, out, policy)
    assert all(metrics["versions"][CLEAN][key] == plain[key] for key in ("wrong", "review"))


def test_a_seed_repeats_and_another_does_not(
    manifest: Path, tmp_path: Path, policy: Policy
) -> None:
    """The angle of a picture depends on the seed and its path, not on its place in the list."""
    out = tmp_path / "out"

    def angles(seed: int, *names: str) -> dict[str, str]:
        manifest.write_text("path\n" + "\n".join(names) + "\n")
        counted(manifest, tmp_path, out, policy, degrade=True, seed=seed)
        rows = rows_of(out / "trials.csv")
        assert {r["rolled_deg"] for r in rows if r["version"] != "roll"} == {"0.0"}
        return {r["path"]: r["rolled_deg"] for r in rows if r["version"] == "roll"}

    first = angles(1, "sure.png", "liar.png")
    assert first == angles(1, "liar.png", "sure.png")
    assert first["sure.png"] != first["liar.png"]
    assert first != angles(2, "sure.png", "liar.png")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("file\na.png\n", ("line 1", "`path`", "missing")),
        ("path,note\na.png,\n,x\n", ("line 3", "`path`", "empty")),
    ],
)
def test_mistakes_name_file_line_and_column(
    text: str, words: tuple[str, ...], tmp_path: Path, policy: Policy
) -> None:
    (tmp_path / "m.csv").write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        counted(tmp_path / "m.csv", tmp_path, tmp_path / "out", policy)
    for word in ("m.csv", *words):
        assert word in caught.value.message


@given(st.floats(-40, 40))
def test_rolled_is_clockwise_about_the_middle(roll_deg: float) -> None:
    """A spot to the right of the middle moves along the circle, down for a clockwise roll."""
    bgr = np.zeros((81, 121, 3), dtype=np.uint8)
    bgr[39:42, 99:102] = 255  # 40 px to the right of (60, 40)
    turned = rolled(bgr, roll_deg)[..., 0].astype(float)
    assert turned.shape == (81, 121)
    y, x = (np.indices(turned.shape) * turned).sum(axis=(1, 2)) / turned.sum()
    angle = np.radians(roll_deg)
    assert x == pytest.approx(60 + 40 * np.cos(angle), abs=0.1)
    assert y == pytest.approx(40 + 40 * np.sin(angle), abs=0.1)


def test_each_degradation_does_what_its_name_says() -> None:
    random = np.random.default_rng(0)
    bgr = random.integers(0, 256, (120, 90, 3), dtype=np.uint8)

    def worse(how: str, face_width: float | None = 60.0) -> Pixels:
        return degraded(bgr, how, face_width, 20.0)

    assert worse(CLEAN) is bgr
    assert worse("jpeg10").shape == bgr.shape
    assert np.abs(worse("jpeg10").astype(int) - bgr).mean() > 5
    assert worse("blur").std() < bgr.std() / 3
    assert worse("face40").shape == (80, 60, 3)
    assert worse("face40", 30.0) is bgr  # never enlarged
    assert worse("face40", None).shape == bgr.shape  # 36 px, the usual share of 90
    assert worse("dark").mean() == pytest.approx(bgr.mean() * 0.18, abs=1)
    grey = worse("grey")
    assert (grey[..., 0] == grey[..., 1]).all() and (grey[..., 1] == grey[..., 2]).all()
    assert (worse("roll") != bgr).any()
    assert (rolled(bgr, 0.0) == bgr).all()


@pytest.mark.long
@pytest.mark.networks
def test_sample_portraits_are_set_upright(tmp_path: Path) -> None:
    """The command from end to end; the rocket has no face, so nobody is told a turn."""
    names = ("guido.jpg", "rocket.jpg")
    for path in sources.fetch().values():
        if path.name in names:
            with Image.open(path) as picture:
                picture.thumbnail((480, 480))  # large ones only take longer
                picture.save(tmp_path / path.name)
    (tmp_path / "m.csv").write_text("path\n" + "\n".join(names) + "\n")
    arguments = [tmp_path / "m.csv", "--root", tmp_path, "--out", tmp_path / "out"]
    command = ["evaluate", "orientation", *arguments, "--workers", "1", "--degrade"]
    result = CliRunner().invoke(cli.app, list(map(str, command)))
    assert result.exit_code == 0, result.output
    assert "jpeg10" in result.stdout
    metrics = json.loads((tmp_path / "out/metrics.json").read_text("utf-8"))
    assert metrics["trials"] == 2 * 4 * 7
    assert metrics["silent_wrong"] == 0
    rows = rows_of(tmp_path / "out/trials.csv")
    clean = {(r["path"], r["turn_cw"]): r["verdict"] for r in rows if r["version"] == CLEAN}
    for turn_cw in TURNS:
        assert clean["guido.jpg", str(turn_cw)] == "right"
        assert clean["rocket.jpg", str(turn_cw)] in ("no_face", "review")


def test_the_fake_knows_the_turns() -> None:
    """The fake's table is right, so the counts above mean what they say."""
    bgr = np.asarray(picture(255, 0, 250))[..., ::-1].copy()
    for laid in TURNS:
        found = FakeLocator().locate(turn(bgr, laid)).orientation
        assert found is not None
        assert (found.turn_cw + laid) % 360 == 0
