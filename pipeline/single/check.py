"""Single photos against a photo standard, without a roster: looked at, and drawn with guides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import wrap

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pipeline.core.errors import SourceError
from pipeline.core.geometry import turn
from pipeline.core.measurements import ASSESS_ERROR
from pipeline.core.policy import Policy, Profile
from pipeline.core.privacy import masked
from pipeline.core.reasons import format_value
from pipeline.core.types import Finding, ImageFile, Job, Pixels, Subject
from pipeline.report.guides import Axis, Guides, guides_of
from pipeline.single.checked import Checked, judged
from pipeline.student.decode import UnreadableError, decode_picture, read
from pipeline.student.engine import Engine

_ALLOWED, _GOOD, _BAD = (70, 130, 255), (30, 160, 60), (220, 30, 30)  # RGB of lines
_NOTE_PX, _NOTE_LINE = 15, 20  # type size and line height of the notes below the picture


def check_files(
    photos: Sequence[Path], engine: Engine, policy: Policy, profile: Profile
) -> Iterator[Checked]:
    """Check photos one after the other.

    Raises:
        SourceError: A photo is no file. A file that is no picture is a finding, not an error.
    """
    for path in photos:
        if not path.is_file():
            raise SourceError("no_such_file", name=masked(path.name))
    for path in photos:
        evidence = engine.assess(Job(Subject("", 0), ImageFile(path)))
        yield judged(path, evidence, policy, profile)


def annotate(checked: Checked, policy: Policy, profile: Profile) -> Image.Image | None:
    """The upright photo with guide lines, its findings below it; None where nobody can look at it.

    Thin blue: what the standard allows. Green, or wider and red: where it was found. A box with a
    code: where that fault lies. The photo's own file is only read.
    """
    if ASSESS_ERROR in checked.measurements:
        return None  # it took too long, or ended its process; here it would end this one
    try:
        photo = decode_picture(read(ImageFile(checked.path), policy.input), policy.input)
    except UnreadableError:
        return None
    upright = turn(photo.bgr, checked.assessment.turn_cw or 0)
    letters = max(24, upright.shape[1] * 2 // _NOTE_PX)
    told = [f"{f.code}  {_reading(f)}" for f in checked.assessment.findings] or ["no finding"]
    notes = [line for note in told for line in wrap(note, letters, subsequent_indent="    ")]
    canvas = _on_canvas(upright, len(notes))
    draw = ImageDraw.Draw(canvas)
    height, width = upright.shape[:2]
    shown = guides_of(checked.measurements, checked.assessment.findings, profile)
    _draw(draw, shown, width, height)
    font = ImageFont.load_default(_NOTE_PX)
    for row, note in enumerate(notes):
        colour = _BAD if checked.assessment.findings else _GOOD
        draw.text((6, height + 4 + row * _NOTE_LINE), note, fill=colour, font=font)
    return canvas


def _reading(finding: Finding) -> str:
    """Value and limit of a finding in ASCII, which the drawing font has."""
    text = f"{format_value(finding.value)} {finding.unit}"
    text += f" (allowed: {finding.limit})" if finding.limit else ""
    for mark, plain in (("≥", ">="), ("≤", "<="), ("–", "-"), ("×", "x"), ("ΔE", "dE")):
        text = text.replace(mark, plain)
    return text


def _on_canvas(upright: Pixels, notes: int) -> Image.Image:
    """The picture with room for notes below."""
    height, width = upright.shape[:2]
    canvas = Image.new("RGB", (width, height + 8 + notes * _NOTE_LINE), "white")
    canvas.paste(Image.fromarray(np.ascontiguousarray(upright[:, :, ::-1])))
    return canvas


def _draw(draw: ImageDraw.ImageDraw, shown: Guides, width: int, height: int) -> None:
    """Lines and boxes in pixels of the picture; what differs in colour differs in width too."""

    def across(axis: Axis, at: float) -> list[tuple[float, float]]:
        row = axis == "row"
        return (
            [(0, at * height), (width, at * height)]
            if row
            else [(at * width, 0), (at * width, height)]
        )

    for band in shown.bands:
        for at in (band.start, band.stop):
            draw.line(across(band.axis, at), fill=_ALLOWED, width=1)
    for mark in shown.marks:
        draw.line(across(mark.axis, mark.at), fill=_BAD if mark.bad else _GOOD, width=2 + mark.bad)
    for area in shown.areas:
        box = (area.left * width, area.top * height, area.right * width, area.bottom * height)
        draw.rectangle(box, outline=_BAD, width=2)
        draw.text(
            (box[0] + 5, box[1] + 3), area.code, fill=_BAD, stroke_width=2, stroke_fill="white"
        )
