"""Drawn heads that stand for the sample's photos, and where their eyes are found again."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from pipeline.sample.cohort import SampleCohort
from pipeline.sample.plan import STUDENTS
from pipeline.sample.sources import Picture
from pipeline.sample.tables import photo_name


def drawn(picture: Picture) -> Image.Image:
    """A grey picture with a red dot for the right eye and a blue one for the left."""
    (rx, ry), (lx, ly) = picture.right_eye, picture.left_eye
    image = Image.new("RGB", (int(2 * max(rx, lx)) + 160, int(3 * max(ry, ly)) + 210), "grey")
    pen = ImageDraw.Draw(image)
    radius = max(3.0, np.hypot(rx - lx, ry - ly) / 10)
    for x, y, colour in ((rx, ry, (255, 0, 0)), (lx, ly, (0, 0, 255))):
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    # Sources must differ: the person's name is what tells drawn pictures apart.
    pen.text((5, 5), picture.asset.id, fill="white")
    return image


def row_of(planted: str) -> int:
    return next(row for row, student in enumerate(STUDENTS) if student.planted == planted)


def photo_of(built: SampleCohort, planted: str) -> Path:
    return built.photos / photo_name(row_of(planted))


def eyes(image: Image.Image) -> np.ndarray:
    """(2, 2) centre of the red and of the blue dot, px."""
    rgb = np.asarray(image.convert("RGB")).astype(int)
    red = (rgb[..., 0] > 150) & (rgb[..., 1] < 90) & (rgb[..., 2] < 90)
    blue = (rgb[..., 2] > 150) & (rgb[..., 1] < 90) & (rgb[..., 0] < 90)
    return np.array([np.argwhere(mask).mean(axis=0)[::-1] for mask in (red, blue)])


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
