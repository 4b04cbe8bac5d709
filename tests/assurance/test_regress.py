"""`photoproof regress`: wrong values and turns are noticed, mistakes are named, --accept heals."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner
from typer.testing import Result as Ended

from pipeline import cli
from pipeline.assurance.regress.golden import SHIPPED, Golden, GoldenRow, load, rewrite, written
from pipeline.assurance.regress.judge import Eyes, Result, accept, regress
from pipeline.assurance.regress.sheet import write_sheet
from pipeline.cli import regress as command
from pipeline.core.errors import ConfigError, RegressionError, StoreError
from pipeline.core.geometry import TURNS, turn
from pipeline.core.policy import Policy
from pipeline.core.types import Evidence, Job, Measurement, Orientation, Pixels

Invoke = Callable[..., Ended]
HEADER = "image,measure,expected,tolerance,why\n"
GOOD = (
    "a.png,sharpness,12.5,0.1,drawn\n"
    "a.png,size_px,24×16,,drawn\n"
    "b.png,hairline,,,hidden\n"
    "b.png,turn_cw,90,0,lies on its side\n"
)
SEEN = {
    "sharpness": Measurement("sharpness", 12.5301234),
    "size_px": Measurement("size_px", "24×16"),
    "hairline": Measurement("hairline", None, "", "hair does not stand out"),
    "turn_cw": Measurement("turn_cw", 90.0),
}


@dataclass
class FakeEyes:
    """Knows the values; finds the upright turn by the white corner, top left when upright."""

    values: dict[str, Measurement] = field(default_factory=lambda: dict(SEEN))
    confidence: float = 1.0
    lie: int = 0
    closed: bool = False

    def assess(self, job: Job) -> Evidence:
        return Evidence(tuple(self.values.values()), pictures={"photo": b"jpeg of a face"})

    def locate(self, bgr: Pixels) -> SimpleNamespace:
        for answer in TURNS:
            if turn(bgr, answer)[0, 0, 0] == 255:
                told = TURNS[(answer + self.lie) // 90 % 4]
                return SimpleNamespace(orientation=Orientation(told, 0.0, self.confidence))
        return SimpleNamespace(orientation=None)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A private golden folder: `a.png` is upright, `b.png` needs a clockwise turn of 90°."""
    golden = tmp_path / "golden"
    golden.mkdir()
    upright = np.zeros((24, 16, 3), np.uint8)
    upright[0, 0] = 255
    for name, picture in (("a.png", upright), ("b.png", turn(upright, 270))):
        (golden / name).write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    (golden / "measures.csv").write_text(HEADER + GOOD, "utf-8")
    return golden


def look(golden: Golden, policy: Policy, eyes: FakeEyes | None = None) -> Result:
    paths = {image: golden.folder / image for image in golden.images}
    return regress(golden, paths, cast(Eyes, eyes or FakeEyes()), policy)


def plant(folder: Path, old: str, new: str) -> Golden:
    path = folder / "measures.csv"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    return load(folder)


def test_right_values_pass(folder: Path, policy: Policy) -> None:
    result = look(load(folder), policy)
    told = result.as_json()
    assert told["passed"]
    assert told["wrong"] == []
    assert told["rows"] == {"trials": 4, "wrong": 0, "wrong_bound": 0.75}
    assert told["orientation"]["trials"] == 8
    assert told["orientation"]["silent_wrong"] == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("12.5,0.1", "12.3,0.1"),  # a number out of tolerance
        ("12.5,0.1", ",0.1"),  # a value where there must be none
        ("24×16,,", "16×24,,"),  # another word
        ("24×16,,", "3,1,"),  # a word where a number is expected
        ("hairline,,", "hairline,0.2,"),  # no value where one is expected
        ("b.png,hairline", "b.png,sharpness,9,1,drawn\nb.png,hairline"),
    ],
)
def test_a_planted_wrong_value_is_caught(folder: Path, policy: Policy, old: str, new: str) -> None:
    result = look(plant(folder, old, new), policy)
    assert len(result.wrong) == 1
    assert [f.name for f in result.broken] == ["rows.share_right"]
    assert accept(result).wrong == []
    again = look(load(folder), policy)
    assert again.wrong == []
    assert again.broken == []


def test_accept_changes_the_wrong_value_alone(folder: Path, policy: Policy) -> None:
    before = HEADER.replace("why", "why,seen by") + "".join(
        f"{line},staff\n" for line in GOOD.splitlines()
    )
    path = folder / "measures.csv"
    path.write_text(before.replace("12.5,0.1", "99,0.1"), "utf-8")
    accept(look(load(folder), policy))
    # Rows that hold keep their value: `b.png` still says 90, not 90.0.
    assert path.read_text("utf-8") == before.replace("12.5,0.1", "12.5301,0.1")


def test_accept_of_a_turn_gives_green(folder: Path, policy: Policy) -> None:
    result = look(plant(folder, "turn_cw,90,0", "turn_cw,180,0"), policy)
    assert len(result.silent_wrong) == 4
    assert accept(result).broken == []
    assert look(load(folder), policy).broken == []


def test_accept_never_touches_floors(folder: Path, policy: Policy) -> None:
    floors = folder / "floors.toml"
    floors.write_text("[rows]\ntrials_at_least = 5\n")
    after = accept(look(load(folder), policy))
    assert [f.name for f in after.broken] == ["rows.trials_at_least"]
    assert floors.read_text() == "[rows]\ntrials_at_least = 5\n"


def test_confident_wrong_turn_breaks_a_floor(folder: Path, policy: Policy) -> None:
    result = look(load(folder), policy, FakeEyes(lie=90))
    assert len(result.silent_wrong) == 8
    assert [f.name for f in result.broken] == ["orientation.silent_wrong_at_most"]


def test_uncertain_turn_is_not_silently_wrong(folder: Path, policy: Policy) -> None:
    result = look(load(folder), policy, FakeEyes(lie=90, confidence=0.1))
    assert result.broken == []
    (folder / "floors.toml").write_text("[orientation]\nreview_share_at_most = 0.5\n")
    result = look(load(folder), policy, FakeEyes(lie=90, confidence=0.1))
    assert [f.name for f in result.broken] == ["orientation.review_share_at_most"]


def test_lower_floor_lets_a_wrong_row_pass(folder: Path, policy: Policy) -> None:
    (folder / "floors.toml").write_text("[rows]\nshare_right = 0.75\n")
    result = look(plant(folder, "12.5,0.1", "99,0.1"), policy)
    assert len(result.wrong) == 1
    assert result.broken == []


def test_unreadable_picture_is_told_and_lowers_the_trials(folder: Path, policy: Policy) -> None:
    (folder / "a.png").write_text("no picture")
    (folder / "floors.toml").write_text("[orientation]\ntrials_at_least = 8\n")
    result = look(load(folder), policy)
    assert result.as_json()["unreadable"] == ["a.png"]
    assert [f.name for f in result.broken] == ["orientation.trials_at_least"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("why\n", "reason\n", ["line 1", "`why`", "missing"]),
        ("a.png,sharpness", "c.png,sharpness", ["line 2", "`image`", "c.png"]),
        ("a.png,sharpness", "a.png,sharpnes", ["line 2", "`measure`", "sharpnes"]),
        ("12.5,0.1", "12.5,wide", ["line 2", "`tolerance`", "wide"]),
        ("12.5,0.1", "12.5,-1", ["line 2", "`tolerance`", "-1"]),
        ("12.5,0.1", "nan,0.1", ["line 2", "`expected`", "nan"]),
        ("12.5,0.1", "much,0.1", ["line 2", "`expected`", "much"]),
        ("turn_cw,90", "turn_cw,91", ["line 5", "`expected`", "91"]),
        ("a.png,size_px", "a.png,sharpness", ["line 3", "`measure`", "earlier line"]),
    ],
)
def test_mistakes_name_file_line_and_column(
    folder: Path, old: str, new: str, words: list[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        plant(folder, old, new)
    for word in ("measures.csv", *words):
        assert word in caught.value.message


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[rows]\nshare = 1\n", "rows.share"),
        ("[rows]\nshare_right = 2\n", "rows.share_right"),
        ("[rows\n", "TOML"),
    ],
)
def test_mistakes_in_floors_name_the_key(folder: Path, text: str, word: str) -> None:
    (folder / "floors.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"floors\.toml") as caught:
        load(folder)
    assert word in caught.value.message


def test_missing_golden_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "nowhere")


def test_no_id_number_in_messages_or_results(folder: Path, policy: Policy) -> None:
    number = "110105194912310021"
    with pytest.raises(ConfigError) as caught:
        plant(folder, "a.png,sharpness", f"{number}.png,sharpness")
    assert number not in caught.value.message
    (folder / "a.png").rename(folder / f"{number}.png")
    text = (folder / "measures.csv").read_text("utf-8").replace("a.png", f"{number}.png")
    (folder / "measures.csv").write_text(text.replace("12.5", "99"), "utf-8")
    result = look(load(folder), policy, FakeEyes(lie=90))
    assert number not in json.dumps(result.as_json())


def test_faces_are_in_the_sheet_alone(folder: Path, policy: Policy, tmp_path: Path) -> None:
    golden = plant(folder, "12.5,0.1,drawn", "99,0.1,<b>drawn</b>")
    html = write_sheet(look(golden, policy), tmp_path / "out").read_text("utf-8")
    assert html.count("data:image/jpeg;base64,anBlZyBvZiBhIGZhY2U=") == 1
    assert "&lt;b&gt;drawn" in html
    assert "jpeg" not in (tmp_path / "out" / "regress.json").read_text("utf-8")
    page = write_sheet(look(load(folder), policy, FakeEyes(lie=90)), tmp_path / "out")
    assert page.read_text("utf-8").count("<img") == 2
    plant(folder, "99,", "12.5,")
    page = write_sheet(look(load(folder), policy), tmp_path / "out")
    assert "No failures." in page.read_text("utf-8")


def test_measures_that_cannot_be_written(folder: Path) -> None:
    golden = load(folder)
    (folder / "measures.csv").unlink()
    (folder / "measures.csv").mkdir()
    with pytest.raises(StoreError, match=r"measures\.csv"):
        rewrite(golden)


@given(st.floats(-1e9, 1e9), st.sampled_from(["", "0", "0.5"]))
def test_an_accepted_number_holds(value: float, tolerance: str) -> None:
    cells = {"image": "a", "measure": "yaw", "expected": "1", "tolerance": tolerance, "why": ""}
    row = GoldenRow(cells, float(tolerance) if tolerance else None)
    found = Measurement("yaw", value)
    assert row.accepting(found).holds(found)
    assert float(written(value)) == pytest.approx(value, abs=5.1e-5)


@pytest.fixture
def invoke(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """The command with fake eyes instead of networks."""
    eyes = FakeEyes()
    monkeypatch.setattr(command, "NetworkEngine", lambda _limits: eyes)
    monkeypatch.setattr("models.manifest.digests", dict)

    def run(*options: str) -> Ended:
        result = CliRunner().invoke(cli.app, ["regress", "--golden", str(folder), *options])
        assert eyes.closed
        return result

    return run


def test_command_has_an_exit_code_of_its_own(folder: Path, invoke: Invoke, tmp_path: Path) -> None:
    assert invoke().exit_code == 0
    plant(folder, "12.5,0.1", "99,0.1")
    result = invoke("--out", str(tmp_path / "out"))
    assert isinstance(result.exception, RegressionError)
    assert result.exception.exit_code == 19
    assert "rows.share_right" in result.exception.message
    for word in ("a.png", "sharpness", "99", "12.5301", "drawn", "4 values of 2 pictures: 1 wrong"):
        assert word in result.stdout
    assert (tmp_path / "out" / "failures.html").is_file()
    assert "accepted" in invoke("--accept").stdout
    assert invoke().exit_code == 0


def test_json_is_one_object(folder: Path, invoke: Invoke) -> None:
    plant(folder, "12.5,0.1", "99,0.1")
    told = json.loads(invoke("--json").stdout)
    assert not told["passed"]
    assert told["wrong"][0]["found"] == "12.5301"


def test_folder_can_be_configured(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOTOPROOF_GOLDEN", str(folder.parent / "nowhere"))
    result = CliRunner().invoke(cli.app, ["regress"])
    assert isinstance(result.exception, ConfigError)
    assert "nowhere" in result.exception.message


def test_shipped_images_are_sample_pictures() -> None:
    assert "rocket" in load(SHIPPED).images


@pytest.mark.networks
def test_the_real_networks_notice_a_planted_value(tmp_path: Path) -> None:
    """A private folder of one sample picture: caught, accepted, green."""
    from pipeline.sample import sources

    picture = sources.fetch()["hopper"]
    (tmp_path / "hopper.jpg").write_bytes(picture.read_bytes())
    (tmp_path / "measures.csv").write_text(
        HEADER + "hopper.jpg,face_width,0.9,0.01,planted\nhopper.jpg,turn_cw,0,0,upright\n", "utf-8"
    )
    run = ["regress", "--golden", str(tmp_path), "--json"]
    result = CliRunner().invoke(cli.app, run)
    assert isinstance(result.exception, RegressionError)
    told = json.loads(result.stdout.splitlines()[-1])
    assert [row["measure"] for row in told["wrong"]] == ["face_width"]
    assert told["orientation"]["trials"] == 4
    assert CliRunner().invoke(cli.app, [*run, "--accept"]).exit_code == 0
    assert CliRunner().invoke(cli.app, run).exit_code == 0
