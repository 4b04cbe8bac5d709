"""Renderings of a photograph: the standard portrait, and what printing would make of it.

Pictures are Pillow images in RGB. Everything is arithmetic without chance, so that the same source
gives the same bytes under the same library versions.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from pipeline.core.geometry import similarity, turn
from pipeline.core.types import TurnCw
from pipeline.sample.sources import Picture

WIDTH, HEIGHT = 480, 640  # chsi-graduation profile
DPI = 300
EYE_LINE = 250.0  # px from the top, the middle of the profile's 200-300
_EYE_LINES = 215.0, 285.0
_MARGIN = 240  # px of repeated border around a photograph that was cut close to the head
_MOST_BYTES = 38_000  # below the 40 KB that schools ask for


@dataclass(frozen=True, slots=True)
class Crop:
    """What differs between two crops of one photograph.

    Attributes:
        eye_distance: Between the eyes, px.
        shift: To the right, px.
        brightness: Factor.
    """

    eye_distance: float = 107.0
    shift: float = 0.0
    brightness: float = 1.0


@dataclass(frozen=True, slots=True)
class Print:
    """What a portrait loses when it is printed small and scanned.

    Attributes:
        width: Resolution of the print, px across the portrait.
        blur: Radius in px of the print.
        gain: Factor for red, green and blue.
        contrast: Factor around the mean.
        quality: JPEG quality of the scan, 1-95.
    """

    width: int = 240
    blur: float = 0.6
    gain: tuple[float, float, float] = (1.03, 0.99, 0.93)
    contrast: float = 0.88
    quality: int = 70


def portrait(source: Image.Image, picture: Picture, crop: Crop) -> Image.Image:
    """The photograph cut to the standard: (480, 640), eyes level, centred, about 250 from the top.

    The eye line gives way, within the standard, where the photograph ends too soon; what is still
    missing repeats the border.
    """
    scale = crop.eye_distance / float(np.hypot(*np.subtract(picture.left_eye, picture.right_eye)))
    eyes_y = (picture.right_eye[1] + picture.left_eye[1]) / 2
    above, below = eyes_y * scale, (source.height - eyes_y) * scale
    line = min(max(EYE_LINE, HEIGHT - below), above)
    line = min(max(line, _EYE_LINES[0]), _EYE_LINES[1])

    half, middle = crop.eye_distance / 2, WIDTH / 2 + crop.shift
    eyes = np.array([(middle - half, line), (middle + half, line)], dtype=np.float32)
    found = np.array([picture.right_eye, picture.left_eye], dtype=np.float32) + _MARGIN
    matrix = similarity(eyes, found)  # Pillow asks where each new pixel comes from
    border = ((_MARGIN, _MARGIN), (_MARGIN, _MARGIN), (0, 0))
    wide = Image.fromarray(np.pad(np.asarray(source), border, mode="edge"))
    data = tuple(float(value) for value in matrix.ravel())
    cut = wide.transform((WIDTH, HEIGHT), Image.Transform.AFFINE, data, Image.Resampling.BICUBIC)
    return ImageEnhance.Brightness(cut).enhance(crop.brightness)


def fill(source: Image.Image) -> Image.Image:
    """The middle of a picture without a face, cut and scaled to (480, 640)."""
    width = source.height * WIDTH / HEIGHT
    left = (source.width - width) / 2
    box = (left, 0.0, left + width, float(source.height))
    return source.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS, box=box)


def side_by_side(one: Image.Image, other: Image.Image) -> Image.Image:
    """Two portraits at half size in one (480, 640) picture, on white."""
    sheet = Image.new("RGB", (WIDTH, HEIGHT), "white")
    for left, half in ((0, one), (WIDTH // 2, other)):
        small = half.resize((WIDTH // 2, HEIGHT // 2), Image.Resampling.LANCZOS)
        sheet.paste(small, (left, HEIGHT // 4))
    return sheet


def printed(image: Image.Image, how: Print) -> Image.Image:
    """The portrait as print and scan would give it back, `how.width` px wide."""
    height = round(how.width * image.height / image.width)
    small = image.resize((how.width, height), Image.Resampling.LANCZOS)
    small = small.filter(ImageFilter.GaussianBlur(how.blur))
    small = ImageEnhance.Contrast(small).enhance(how.contrast)
    coloured = np.asarray(small) * np.array(how.gain)
    small = Image.fromarray(np.clip(coloured, 0, 255).astype(np.uint8))
    scanned = io.BytesIO()
    small.save(scanned, "JPEG", quality=how.quality)
    return Image.open(scanned).convert("RGB")


def turned(image: Image.Image, turn_cw: TurnCw) -> Image.Image:
    """The picture turned clockwise."""
    return Image.fromarray(turn(np.asarray(image), turn_cw))


def jpeg(image: Image.Image, exif_orientation: int = 1) -> bytes:
    """JPEG of at most 38 KB, 300 dpi, quality 60 or more; grain that does not fit is blurred."""
    exif = Image.Exif()
    if exif_orientation != 1:
        exif[0x0112] = exif_orientation
    for blur in (0.0, 0.6, 1.2):
        soft = image.filter(ImageFilter.GaussianBlur(blur)) if blur else image
        for quality in range(95, 59, -5):
            file = io.BytesIO()
            soft.save(file, "JPEG", quality=quality, dpi=(DPI, DPI), exif=exif, optimize=True)
            if file.tell() <= _MOST_BYTES:
                return file.getvalue()
    return file.getvalue()


def png(image: Image.Image) -> bytes:
    """PNG, 300 dpi."""
    file = io.BytesIO()
    image.save(file, "PNG", dpi=(DPI, DPI))
    return file.getvalue()
