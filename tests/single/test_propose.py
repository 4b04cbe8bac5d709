"""Lossless turns and crops: new files only, the same coefficients, crops that meet the standard."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline.core.errors import InstallationError, StoreError
from pipeline.core.policy import Policy, Profile, load_profile
from pipeline.core.types import Assessment, Decision, Measurement, TurnCw
from pipeline.single import propose as module
from pipeline.single.checked import Checked
from pipeline.single.propose import (
    CSV_NAME,
    NotLosslessError,
    propose_corrections,
    quarter_turn,
    suggested_crop,
)

jpeglib = pytest.importorskip("jpeglib", reason="jpeglib is an extra of its own")


def jpeg(width: int = 96, height: int = 128, mode: str = "RGB", **options: object) -> bytes:
    """A picture whose corners differ, as JPEG."""
    rows, columns = np.mgrid[:height, :width]
    rgb = np.stack((rows * 2 % 256, columns * 2 % 256, (rows + columns) % 256), axis=-1)
    data = io.BytesIO()
    picture = Image.fromarray(rgb.astype(np.uint8)).convert(mode)
    picture.save(data, "JPEG", **{"quality": 85, "dpi": (300, 200), **options})
    return data.getvalue()


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data))).astype(int)


def coefficients(data: bytes, folder: Path) -> list[np.ndarray]:
    path = folder / "c.jpg"
    path.write_bytes(data)
    found = jpeglib.read_dct(str(path))
    return [np.array(p) for p in (found.Y, found.Cb, found.Cr, found.qt) if p is not None]


@pytest.mark.parametrize("turn_cw", [90, 180, 270])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_a_turn_shows_the_picture_turned(turn_cw: int, subsampling: int) -> None:
    data = jpeg(subsampling=subsampling)
    expected = np.rot90(pixels(data), -turn_cw // 90)
    # Coefficients are the same; decoders round rows and columns a little differently.
    assert np.abs(pixels(quarter_turn(data, turn_cw)) - expected).max() <= 6


@pytest.mark.parametrize("options", [{}, {"mode": "L"}, {"progressive": True}, {"subsampling": 0}])
@pytest.mark.parametrize("turn_cw", [90, 180, 270])
def test_turning_back_gives_the_very_same_coefficients(
    turn_cw: int, options: dict[str, Any], tmp_path: Path
) -> None:
    data = jpeg(**options)
    back = quarter_turn(quarter_turn(data, turn_cw), 360 - turn_cw)
    for one, other in zip(coefficients(data, tmp_path), coefficients(back, tmp_path), strict=True):
        np.testing.assert_array_equal(one, other)


def test_resolution_is_exchanged_and_the_exif_tag_is_gone() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.open(io.BytesIO(quarter_turn(jpeg(exif=exif), 90)))
    assert turned.info["dpi"] == (200, 300)
    assert 0x0112 not in turned.getexif()
    upside = Image.open(io.BytesIO(quarter_turn(jpeg(), 180)))
    assert upside.info["dpi"] == (300, 200)


def test_a_colour_profile_is_kept() -> None:
    turned = Image.open(io.BytesIO(quarter_turn(jpeg(icc_profile=b"p" * 500), 90)))
    assert turned.info["icc_profile"] == b"p" * 500


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (jpeg(width=100), "multiple"),
        (jpeg(height=100), "multiple"),
        (jpeg(mode="CMYK"), "4 colour components"),
    ],
)
def test_what_cannot_be_turned_without_loss_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(NotLosslessError, match=why):
        quarter_turn(data, 90)


def test_without_jpeglib_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(module, "import_module", absent)
    with pytest.raises(InstallationError, match="jpeglib"):
        quarter_turn(jpeg(), 90)


UPRIGHT = {
    "exif_orientation": 1.0,
    "width_px": 1200.0,
    "height_px": 1600.0,
    "eye_line": 0.5,
    "eye_column": 0.45,
    "face_width": 0.25,
    "hairline": 0.38,
}


def seen(path: Path, turn_cw: TurnCw | None = 0, **changes: float | None) -> Checked:
    values = {**UPRIGHT, **changes}
    return Checked(
        path,
        {name: Measurement(name, value) for name, value in values.items()},
        Assessment(Decision.ACCEPT, "", turn_cw=turn_cw),
    )


def positions(crop: tuple[int, int, int, int], profile: Profile, **changes: float) -> list[float]:
    """Face width, eye row, hair row and eye column in the frame after the crop."""
    at = {**UPRIGHT, **changes}
    left, top, width, height = crop
    assert profile.frame is not None
    across, down = profile.frame.width_px / width, profile.frame.height_px / height
    return [
        at["face_width"] * at["width_px"] * across,
        (at["eye_line"] * at["height_px"] - top) * down,
        (at["hairline"] * at["height_px"] - top) * down,
        (at["eye_column"] * at["width_px"] - left) * across,
    ]


@pytest.mark.parametrize("name", ["chsi-graduation", "exit-entry"])
@given(
    face=st.floats(0.1, 0.4),
    eyes=st.floats(0.3, 0.6),
    column=st.floats(0.3, 0.7),
    crown=st.floats(0.45, 0.7),
)
def test_a_suggested_crop_meets_the_standard(
    name: str, face: float, eyes: float, column: float, crown: float
) -> None:
    profile = load_profile(name)
    # The crown lies `crown` face widths above the eyes.
    hair = eyes - crown * face * UPRIGHT["width_px"] / UPRIGHT["height_px"]
    changes = {"face_width": face, "eye_line": eyes, "eye_column": column, "hairline": hair}
    found = suggested_crop(seen(Path("a.jpg"), 0, **changes), profile)
    if found is None:
        return
    wide, row, top, middle = positions(found[0], profile, **changes)
    for value, limit in ((wide, "face_width"), (row, "eye_line"), (top, "hairline")):
        bounds = profile.limits[limit]
        assert (bounds.min or 0) - 3 <= value <= (bounds.max or 0) + 3  # whole pixels of the crop
    assert middle == pytest.approx(profile.frame.width_px / 2, abs=3)  # type: ignore[union-attr]


def test_an_ordinary_portrait_gets_a_crop_inside_it(profile: Profile) -> None:
    found = suggested_crop(seen(Path("a.jpg")), profile)
    assert found is not None
    box, inside = found
    assert inside
    assert box[2] / box[3] == pytest.approx(0.75, abs=0.01)


def test_a_crop_that_does_not_fit_says_so(profile: Profile) -> None:
    found = suggested_crop(seen(Path("a.jpg"), eye_column=0.02), profile)
    assert found is not None
    assert not found[1]


def test_no_crop_where_none_meets_the_standard_or_nothing_was_measured(profile: Profile) -> None:
    assert suggested_crop(seen(Path("a.jpg"), hairline=0.49), profile) is None
    assert suggested_crop(seen(Path("a.jpg"), face_width=None), profile) is None
    assert suggested_crop(seen(Path("a.jpg")), load_profile("cet")) is None


def test_turned_copies_and_the_table_are_new_files(
    tmp_path: Path, policy: Policy, profile: Profile
) -> None:
    lying, upright = tmp_path / "lying.jpg", tmp_path / "upright.jpg"
    for path in (lying, upright):
        path.write_bytes(jpeg())
    out = tmp_path / "out"
    photos = [
        seen(lying, 90),
        seen(upright),
        seen(upright, None),
        seen(lying, 0, exif_orientation=5.0),
    ]
    rows = list(propose_corrections(photos, out, policy, profile))
    assert sorted(p.name for p in out.iterdir()) == ["lying.jpg", CSV_NAME]
    assert lying.read_bytes() == upright.read_bytes() == jpeg(), "originals are untouched"
    assert pixels((out / "lying.jpg").read_bytes()).shape == (96, 128, 3)
    with (out / CSV_NAME).open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["turned"] for row in table] == ["lying.jpg", "", "", ""]
    assert table[0]["turn_cw"] == "90"
    assert int(table[1]["width"]) > 0
    assert "not sure" in rows[2].note
    assert "mirrors" in rows[3].note


def test_an_exif_turn_is_made_real(tmp_path: Path, policy: Policy, profile: Profile) -> None:
    path = tmp_path / "phone.jpg"
    path.write_bytes(jpeg())
    (row,) = propose_corrections(
        [seen(path, exif_orientation=6.0)], tmp_path / "out", policy, profile
    )
    assert (row.turn_cw, row.turned) == (90, "phone.jpg")


def test_a_folder_with_files_is_refused(tmp_path: Path, policy: Policy, profile: Profile) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(StoreError, match="not empty"):
        list(propose_corrections([], tmp_path, policy, profile))
