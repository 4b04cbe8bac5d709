"""Bits a pixel in the file: 24 for colour, 8 for grey or a palette, 32 for CMYK or RGBA."""

from __future__ import annotations

from pipeline.student.view.base import Measure, NotMeasuredError, View

_BITS = {
    **{"1": 1, "L": 8, "P": 8, "LA": 16, "PA": 16, "I;16": 16, "I;16B": 16, "RGB": 24},
    **{"YCbCr": 24, "LAB": 24, "HSV": 24, "RGBA": 32, "RGBa": 32, "RGBX": 32, "CMYK": 32},
    **{"I": 32, "F": 32},
}


def take(view: View) -> float:
    """From Pillow's mode of the stored picture."""
    bits = _BITS.get(view.photo.mode)
    if bits is None:
        raise NotMeasuredError(f"unknown pixel mode {view.photo.mode}")
    return float(bits)


MEASURE = Measure("colour_depth", "bit", take, below="COLOUR_DEPTH", above="COLOUR_DEPTH")
