"""The few SVG shapes that the report's and the evaluation's charts are drawn of, text escaped."""

from __future__ import annotations

from markupsafe import Markup


def rect(x: float, bottom: float, width: float, height: float, style: str) -> Markup:
    """A bar standing on `bottom`."""
    bar = Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" class="{}"/>')
    return bar.format(x, bottom - height, width, height, style)


def line(x1: float, y1: float, x2: float, y2: float, style: str) -> Markup:
    """A straight line."""
    stroke = Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" class="{}"/>')
    return stroke.format(x1, y1, x2, y2, style)


def text(x: float, y: float, words: str, anchor: str = "middle") -> Markup:
    """A label; `anchor` is SVG's start, middle or end."""
    label = Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>')
    return label.format(x, y, anchor, words)
