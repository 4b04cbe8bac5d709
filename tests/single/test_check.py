"""Single photos without a roster: findings, JSON, guide lines, exit code."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from pipeline import cli
from pipeline.core.errors import SourceError, ViolationsFound
from pipeline.core.policy import Policy, Profile
from pipeline.core.types import Evidence, Job, Measurement
from pipeline.sample import sources
from pipeline.single.check import annotate, check_files
from pipeline.single.checked import Checked

SOUND = {
    "faces_found": 1.0,
    "turn_cw": 0.0,
    "turn_confidence": 1.0,
    "exif_orientation": 1.0,
    "eye_line": 0.4,
    "hairline": 0.12,
    "eye_column": 0.5,
    "off_centre": 0.0,
    "luminance": 120.0,
    "head_size": 0.45,
}


class StubEngine:
    """Sees the same in every photo."""

    def __init__(self, **changes: float | str) -> None:
        self._seen = {**SOUND, **changes}

    def assess(self, job: Job) -> Evidence:
        assert job.references == ()
        return Evidence(tuple(Measurement(name, value) for name, value in self._seen.items()))

    def start(self) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "one.png"
    Image.fromarray(np.full((640, 480, 3), 230, dtype=np.uint8)).save(path)
    return path


def checked(photo: Path, policy: Policy, profile: Profile, **changes: float | str) -> Checked:
    (one,) = check_files([photo], StubEngine(**changes), policy, profile)
    return one


def test_a_sound_photo_has_no_finding(photo: Path, policy: Policy, profile: Profile) -> None:
    one = checked(photo, policy, profile)
    assert one.assessment.findings == ()
    assert one.violations == ()


def test_no_reference_is_no_finding_here(photo: Path, policy: Policy, profile: Profile) -> None:
    assert "NO_REFERENCE" not in {
        f.code for f in checked(photo, policy, profile, luminance=1.0).assessment.findings
    }


def test_advice_is_a_violation_of_the_standard(
    photo: Path, policy: Policy, profile: Profile
) -> None:
    one = checked(photo, policy, profile, eye_line=340 / 640)
    assert [f.code for f in one.violations] == ["EYE_LINE"]


def test_json_tells_value_limit_sentences_and_component(
    photo: Path, policy: Policy, profile: Profile
) -> None:
    told = json.loads(json.dumps(checked(photo, policy, profile, eye_line=340 / 640).as_json()))
    assert told["violated"] is True
    (finding,) = told["findings"]
    assert (finding["value"], finding["limit"], finding["unit"]) == (340.0, "200 – 300", "px")
    assert finding["zh"].startswith("眼睛位于距上边 340 px 处，应为 200 – 300 px")
    assert finding["en"] and finding["clause"]
    assert told["measures"]["head_size"]["component"] == 100
    assert told["measures"]["eye_line"]["unit"] == "of the height"
    assert told["measures"]["eye_line"]["zh"] == "眼睛高度"
    assert told["measures"]["eye_line"]["en"] == "eye line"


def test_an_id_number_in_a_file_name_is_masked(
    photo: Path, policy: Policy, profile: Profile
) -> None:
    named = photo.rename(photo.with_name("11010519491231002X.png"))
    assert "11010519491231002X" not in json.dumps(checked(named, policy, profile).as_json())


def test_a_missing_file_stops_before_the_first_photo(
    photo: Path, policy: Policy, profile: Profile
) -> None:
    with pytest.raises(SourceError, match="no such file"):
        list(check_files([photo, photo.with_name("none.png")], StubEngine(), policy, profile))


def pixels(image: Image.Image | None) -> np.ndarray:
    assert image is not None
    return np.asarray(image)


@pytest.mark.parametrize(("eyes", "colour"), [(0.4, (30, 160, 60)), (0.6, (220, 30, 30))])
def test_guide_lines_lie_where_the_limits_and_the_eyes_are(
    photo: Path, policy: Policy, profile: Profile, eyes: float, colour: tuple[int, int, int]
) -> None:
    drawn = pixels(annotate(checked(photo, policy, profile, eye_line=eyes), policy, profile))
    assert drawn.shape[1] == 480
    assert drawn.shape[0] > 640, "notes lie below the picture"
    for row in (50, 110, 200, 300):
        assert tuple(drawn[row, 100]) == (70, 130, 255)
    assert tuple(drawn[round(eyes * 640), 100]) == colour
    assert tuple(drawn[20, 100]) == (230, 230, 230)


def test_the_place_of_a_fault_has_a_box(photo: Path, policy: Policy, profile: Profile) -> None:
    face = {"face_left": 0.3, "face_right": 0.7, "eye_line": 0.4, "chin_line": 0.65}
    sound = pixels(annotate(checked(photo, policy, profile, **face), policy, profile))
    closed = pixels(
        annotate(checked(photo, policy, profile, **face, eyes_open=0.0), policy, profile)
    )
    left, row = round(0.3 * 480), round(0.42 * 640)
    assert tuple(sound[row, left]) == (230, 230, 230)
    assert tuple(closed[row, left]) == (220, 30, 30)


def test_the_drawing_is_upright_and_the_photo_untouched(
    tmp_path: Path, policy: Policy, profile: Profile
) -> None:
    lying = tmp_path / "lying.png"
    Image.fromarray(np.full((480, 640, 3), 230, dtype=np.uint8)).save(lying)
    before = lying.read_bytes()
    drawn = pixels(annotate(checked(lying, policy, profile, turn_cw=90.0), policy, profile))
    assert drawn.shape[1] == 480
    assert lying.read_bytes() == before


def test_an_unreadable_photo_cannot_be_drawn(
    tmp_path: Path, policy: Policy, profile: Profile
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    assert annotate(checked(broken, policy, profile), policy, profile) is None


@pytest.mark.networks
def test_the_command_tells_draws_and_exits_with_its_own_code(tmp_path: Path) -> None:
    photo = sources.fetch()["hopper"]
    arguments = ["check", str(photo), "--lang", "en", "--annotate", str(tmp_path / "drawn")]
    for count in (1, 2):
        result = CliRunner().invoke(cli.app, arguments)
        assert isinstance(result.exception, ViolationsFound)
        assert result.exception.exit_code == 18
        assert "SIZE_PX" in result.output
        assert "512×600" in result.output
        assert len(list((tmp_path / "drawn").iterdir())) == count, "nothing is overwritten"


@pytest.mark.networks
def test_the_command_speaks_json() -> None:
    photo = sources.fetch()["hopper"]
    result = CliRunner().invoke(cli.app, ["check", str(photo), "--json", "--profile", "cet"])
    (told,) = json.loads(result.stdout)
    assert {f["code"] for f in told["findings"]} >= {"BACKGROUND_COLOUR"}
    assert told["measures"]["yaw"]["component"] > 90
