"""Proposals in new files: the lossless quarter turn of a sideways JPEG, and where to crop.

Originals are read and never written. A turn moves the JPEG's own DCT coefficients, so nothing is
encoded anew; a crop is proposed as coordinates, because cutting is the photographer's to do.
"""

from __future__ import annotations

import csv
import struct
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.core import measurements as names
from pipeline.core.errors import InstallationError, StoreError
from pipeline.core.policy import Limit, Policy, Profile
from pipeline.core.said import cause, said, together
from pipeline.core.types import ImageFile
from pipeline.single.checked import Checked
from pipeline.student.decode import read

CSV_NAME = "proposals.csv"
_EXIF_TURN = {1: 0, 3: 180, 6: 90, 8: 270}  # the others mirror
_STEPS = 61  # of scales and of eye rows that are tried for a crop

Coefficients = NDArray[np.int16]


class NotLosslessError(Exception):
    """This file cannot be turned without loss; the text says why."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One photo's row: the file written, and a crop in pixels of the upright picture.

    Attributes:
        turn_cw: Clockwise turn that was applied to the stored pixels; 0 for none.
        turned: Name of the file written, "" for none.
        left: With `top`, `width` and `height` the crop; None where none can be proposed.
        inside: Whether the crop lies inside the picture.
        note: Why something is missing.
    """

    photo: str
    turn_cw: int = 0
    turned: str = ""
    left: int | None = None
    top: int | None = None
    width: int | None = None
    height: int | None = None
    inside: bool | None = None
    note: str = ""


def propose_corrections(
    photos: Iterable[Checked], out: Path, policy: Policy, profile: Profile
) -> Iterator[Proposal]:
    """Write turned copies and `proposals.csv` to a new folder, one proposal a photo.

    Raises:
        StoreError: The folder holds something already, or cannot be written.
        InstallationError: A file must be turned and `jpeglib` is not installed.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise StoreError("out_not_empty", out=out)
        with (out / CSV_NAME).open("w", encoding="utf-8-sig", newline="") as file:
            table = csv.DictWriter(file, [field.name for field in fields(Proposal)])
            table.writeheader()
            for checked in photos:
                proposal = _one(checked, out, policy, profile)
                table.writerow(asdict(proposal))
                yield proposal
    except OSError as error:
        raise StoreError("proposals_unwritable", out=out, why=cause(error)) from error


def quarter_turn(data: bytes, turn_cw: int) -> bytes:
    """A JPEG turned clockwise by moving its DCT coefficients; metadata but JFIF and ICC dropped.

    Transposing a block transposes its coefficients; mirroring changes the sign of the odd ones
    (Independent JPEG Group, `transupp.c`). Turning back gives the same coefficients again.

    Raises:
        NotLosslessError: The size is no whole number of blocks, or it is no YCbCr or grey JPEG.
        InstallationError: `jpeglib` is not installed.
    """
    library = _jpeglib()
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder, "before.jpg"), Path(folder, "after.jpg")
        before.write_bytes(data)
        try:
            found = library.read_dct(str(before))
        except (OSError, RuntimeError, ValueError) as error:
            raise NotLosslessError(said("proposal.no_jpeg")) from error
        if found.num_components not in (1, 3):
            raise NotLosslessError(said("proposal.components", n=found.num_components))
        down, across = (8 * int(v) for v in np.max(found.samp_factor, axis=0))
        if found.height % down or found.width % across:
            size = {"width": found.width, "height": found.height}
            raise NotLosslessError(said("proposal.blocks", across=across, down=down, **size))
        planes = [plane for plane in (found.Y, found.Cb, found.Cr) if plane is not None]
        tables = found.qt if turn_cw == 180 else found.qt.transpose(0, 2, 1)
        turned = library.from_dct(
            *(_turned(np.asarray(plane), turn_cw) for plane in planes),
            qt=np.ascontiguousarray(tables),
            quant_tbl_no=found.quant_tbl_no,
        )
        turned.write_dct(str(after))
        return _with_headers(after.read_bytes(), data, turn_cw)


def suggested_crop(
    checked: Checked, profile: Profile
) -> tuple[tuple[int, int, int, int], bool] | None:
    """Left, top, width, height in pixels of the upright picture, and whether it lies inside.

    Of all crops of the frame's shape that keep face width, eye line and hairline within the
    standard, the one nearest to the middle of the limits. None if no crop meets all of them, or
    the face was not measured, or the standard states no frame.
    """
    frame = profile.frame
    found = {
        name: _number(checked, name) for name in (names.WIDTH_PX, names.HEIGHT_PX, names.FACE_WIDTH)
    }
    eyes, column = _number(checked, names.EYE_LINE), _number(checked, names.EYE_COLUMN)
    hair = _number(checked, names.HAIRLINE)
    if frame is None or eyes is None or column is None or None in found.values():
        return None
    width, height, face = (value or 0.0 for value in found.values())
    # Rows of the grid are scales (frame pixels a picture pixel), columns are eye rows in the frame.
    wide = _range(profile.limits.get(names.FACE_WIDTH), 0.3 * frame.width_px, 0.7 * frame.width_px)
    scale = (wide / (face * width))[:, None]
    row = _range(profile.limits.get(names.EYE_LINE), 0.3 * frame.height_px, 0.5 * frame.height_px)
    cost = _off_middle(wide)[:, None] + _off_middle(row)[None, :]
    limit = profile.limits.get(names.HAIRLINE)
    if hair is not None and limit is not None:
        top = row[None, :] - scale * (eyes - hair) * height
        low, high = limit.min or 0.0, limit.max or float(frame.height_px)
        cost = cost + ((top - (low + high) / 2) / (high - low) * 2) ** 2
        cost[(top < low) | (top > high)] = np.inf
    at = np.unravel_index(int(np.argmin(cost)), cost.shape)
    if not np.isfinite(cost[at]):
        return None
    by = float(scale[at[0], 0])
    box = (
        round(column * width - frame.width_px / by / 2),
        round(eyes * height - float(row[at[1]]) / by),
        round(frame.width_px / by),
        round(frame.height_px / by),
    )
    inside = box[0] >= 0 and box[1] >= 0 and box[0] + box[2] <= width and box[1] + box[3] <= height
    return box, inside


def _one(checked: Checked, out: Path, policy: Policy, profile: Profile) -> Proposal:
    """The proposal of one photo; writes its turned copy if it needs one."""
    notes: list[str] = []
    turned = ""
    tag = _number(checked, names.EXIF_ORIENTATION) or 1.0
    wanted = checked.assessment.turn_cw
    turn_cw = (_EXIF_TURN.get(int(tag), 0) + (wanted or 0)) % 360
    if wanted is None:
        turn_cw = 0
        notes.append(said("proposal.unsure"))
    elif int(tag) not in _EXIF_TURN:
        turn_cw = 0
        notes.append(said("proposal.mirrored"))
    elif turn_cw:
        try:
            data = quarter_turn(read(ImageFile(checked.path), policy.input), turn_cw)
        except NotLosslessError as error:
            notes.append(said("proposal.not_turned", why=cause(error)))
        else:
            turned = _free(out, checked.path)
            (out / turned).write_bytes(data)
    crop = suggested_crop(checked, profile)
    if crop is None:
        notes.append(said("proposal.no_crop"))
        return Proposal(checked.path.name, turn_cw, turned, note=together(notes))
    box, inside = crop
    return Proposal(
        checked.path.name, turn_cw, turned, *box, inside, together(notes) if notes else ""
    )


def _jpeglib() -> Any:
    try:
        return import_module("jpeglib")  # optional: only a turn needs it
    except ImportError as error:
        raise InstallationError("jpeglib_missing") from error


def _turned(plane: Coefficients, turn_cw: int) -> Coefficients:
    """(rows, columns, 8, 8) coefficients of one plane, turned clockwise."""
    odd = np.where(np.arange(8) % 2, -1, 1).astype(np.int16)
    if turn_cw == 180:
        return np.ascontiguousarray(plane[::-1, ::-1] * odd[:, None] * odd[None, :])
    flat = plane.transpose(1, 0, 3, 2)
    if turn_cw == 90:
        return np.ascontiguousarray(flat[:, ::-1] * odd[None, :])
    return np.ascontiguousarray(flat[::-1] * odd[:, None])


def _with_headers(turned: bytes, original: bytes, turn_cw: int) -> bytes:
    """`turned` with the original's resolution (exchanged by a quarter turn) and ICC profile."""
    kept = b""
    for marker, body in _segments(original):
        if marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) == 14:
            x, y = struct.unpack(">HH", body[8:12])
            density = (y, x) if turn_cw != 180 else (x, y)
            kept = _segment(0xE0, body[:8] + struct.pack(">HH", *density) + body[12:]) + kept
        elif marker == 0xE2 and body.startswith(b"ICC_PROFILE\0"):
            kept += _segment(0xE2, body)
    own = b"".join(_segment(m, b) for m, b in _segments(turned) if m == 0xE0)
    rest = turned[2 + len(own) :] if turned[2:].startswith(own) else turned[2:]
    return turned[:2] + (kept if kept.startswith(b"\xff\xe0") else own + kept) + rest


def _segments(jpeg: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and body of every header segment before the first scan."""
    at = 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF and jpeg[at + 1] != 0xDA:
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        yield marker, jpeg[at + 4 : at + 2 + length]
        at += 2 + length


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


def _range(limit: Limit | None, low: float, high: float) -> NDArray[np.float64]:
    """Values to try: the limit's range, or a default's where a side is open."""
    if limit is not None:
        low = limit.min if limit.min is not None else min(low, limit.max or low)
        high = limit.max if limit.max is not None else max(high, low)
    return np.linspace(low, high, _STEPS)


def _off_middle(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared distance to the middle of a range, 1 at its ends."""
    return np.linspace(-1, 1, len(values)) ** 2


def _free(out: Path, original: Path) -> str:
    """The original's name, numbered where two photos share one."""
    name, number = original.name, 1
    while (out / name).exists():
        number += 1
        name = f"{original.stem}-{number}{original.suffix}"
    return name


def _number(checked: Checked, name: str) -> float | None:
    measurement = checked.measurements.get(name)
    value = measurement.value if measurement else None
    return value if isinstance(value, float) else None
