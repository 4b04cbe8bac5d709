"""Two charts as SVG files that stand alone: the DET curve and the score histograms."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from markupsafe import Markup

from pipeline.assurance.evaluate.rates import Miss, Scores, det
from pipeline.report import svg

_WIDTH, _HEIGHT = 640, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 72, 24, 46, 56
_BIN = 0.02
# Colours that stay apart for colour-blind readers (Okabe and Ito 2008).
_STYLE = """
svg { background: #fff; font: 13px sans-serif; fill: #222; }
.title { font-size: 15px; font-weight: bold; }
.axis { stroke: #444; } .grid { stroke: #ddd; } .limit { stroke: #222; stroke-dasharray: 4 3; }
.curve { stroke: #0072b2; stroke-width: 2; fill: none; } .dot { fill: #d55e00; }
.mated { fill: #0072b2; fill-opacity: .6; } .non_mated { fill: #d55e00; fill-opacity: .6; }
"""


def det_chart(mated: Scores, non_mated: Scores, misses: Sequence[Miss]) -> str:
    """FNMR against FMR, both axes logarithmic, the tabled operating points as dots.

    A rate of zero has no place on a logarithmic axis: it is drawn on the axis' lowest line, half a
    trial.
    """
    _, fmr, fnmr = det(mated, non_mated)
    lowest = (_decade(0.5 / non_mated.size), _decade(0.5 / mated.size))

    def place(rate_x: float, rate_y: float) -> tuple[float, float]:
        return (
            _across(math.log10(max(rate_x, 10.0 ** lowest[0])), lowest[0], 0),
            _upward(math.log10(max(rate_y, 10.0 ** lowest[1])), lowest[1], 0),
        )

    rates = list(zip(fmr.tolist(), fnmr.tolist(), strict=True))
    corners = [place(*rates[0])]
    for (_, missed_before), (passed, missed) in pairwise(rates):
        # A step: the FMR falls first, then the FNMR rises.
        corners += [place(passed, missed_before), place(passed, missed)]
    parts = [*_decades_x(lowest[0]), *_decades_y(lowest[1])]
    parts.append(_path(corners))
    for miss in misses:
        x, y = place(miss.fmr, miss.fnmr)
        parts.append(Markup('<circle cx="{:.1f}" cy="{:.1f}" r="4" class="dot"/>').format(x, y))
        parts.append(svg.text(x + 6, y - 7, f"{miss.missed} of {mated.size:,}", "start"))
    parts += _titles("FMR: share of non-mated comparisons that pass", "FNMR: share of mated missed")
    title = f"DET curve, {mated.size:,} mated and {non_mated.size:,} non-mated comparisons"
    return _svg(title, parts)


def score_chart(mated: Scores, non_mated: Scores, misses: Sequence[Miss]) -> str:
    """Both score distributions as shares of their own comparisons, the thresholds marked."""
    both = np.concatenate((mated, non_mated))
    first, last = math.floor(both.min() / _BIN), math.floor(both.max() / _BIN) + 1
    edges = np.arange(first, last + 1) * _BIN
    shares = {
        name: np.histogram(scores, edges)[0] / scores.size
        for name, scores in (("non_mated", non_mated), ("mated", mated))
    }
    top = max(float(share.max()) for share in shares.values())
    low, high = first * _BIN, last * _BIN
    parts: list[Markup] = []
    for percent in _ticks(top * 100):
        y = _upward(percent / 100, 0, top)
        parts += [
            svg.line(_LEFT, y, _WIDTH - _RIGHT, y, "grid"),
            svg.text(_LEFT - 8, y + 4, f"{percent:g} %", "end"),
        ]
    parts += [
        _bar(e, s, name, (low, high), top)
        for name in shares
        for e, s in zip(edges.tolist(), shares[name].tolist(), strict=False)
        if s > 0
    ]
    for tenth in range(math.ceil(low * 5 - 1e-9), math.floor(high * 5 + 1e-9) + 1):
        x = _across(tenth / 5, low, high)
        parts.append(svg.text(x, _HEIGHT - _BOTTOM + 18, f"{tenth / 5:.1f}"))
    for row, miss in enumerate(misses):
        x, y = _across(miss.threshold, low, high), _TOP + 14 + 16 * row
        parts.append(svg.line(x, y - 10, x, _HEIGHT - _BOTTOM, "limit"))
        parts.append(svg.text(x + 5, y, f"FMR {miss.fmr:g}: {miss.threshold:.3f}", "start"))
    parts += _legend(mated.size, non_mated.size)
    parts += _titles("comparison score (higher = more alike)", "share of comparisons")
    return _svg("Comparison scores", parts)


def _bar(score: float, share: float, name: str, span: tuple[float, float], top: float) -> Markup:
    left, right = _across(score, *span), _across(score + _BIN, *span)
    y = _upward(share, 0, top)
    bar = Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" class="{}"/>')
    return bar.format(left + 0.5, y, right - left - 1, _HEIGHT - _BOTTOM - y, name)


def _legend(mated: int, non_mated: int) -> Iterable[Markup]:
    square = Markup('<rect x="{}" y="{}" width="12" height="12" class="{}"/>')
    for place, (name, count) in enumerate((("non_mated", non_mated), ("mated", mated))):
        x, y = _WIDTH - _RIGHT - 330 + 180 * place, 13
        yield square.format(x, y, name)
        yield svg.text(x + 18, y + 11, f"{name.replace('_', '-')}: {count:,}", "start")


def _decades_x(lowest: int) -> Iterable[Markup]:
    for power in range(lowest, 1):
        x = _across(power, lowest, 0)
        yield svg.line(x, _TOP, x, _HEIGHT - _BOTTOM, "grid")
        yield svg.text(x, _HEIGHT - _BOTTOM + 18, f"{10.0**power:.{max(0, -power - 2)}%}")


def _decades_y(lowest: int) -> Iterable[Markup]:
    for power in range(lowest, 1):
        y = _upward(power, lowest, 0)
        yield svg.line(_LEFT, y, _WIDTH - _RIGHT, y, "grid")
        yield svg.text(_LEFT - 8, y + 4, f"{10.0**power:.{max(0, -power - 2)}%}", "end")


def _titles(x: str, y: str) -> Iterable[Markup]:
    yield svg.line(_LEFT, _HEIGHT - _BOTTOM, _WIDTH - _RIGHT, _HEIGHT - _BOTTOM, "axis")
    yield svg.line(_LEFT, _TOP, _LEFT, _HEIGHT - _BOTTOM, "axis")
    yield svg.text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 14, x)
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    upright = Markup(
        '<text x="16" y="{0:.1f}" text-anchor="middle"'
        ' transform="rotate(-90 16 {0:.1f})">{1}</text>'
    )
    yield upright.format(middle, y)


def _decade(rate: float) -> int:
    """The power of ten at or below a rate."""
    return math.floor(math.log10(rate))


def _ticks(top: float) -> list[float]:
    """About five round values from 0 to `top`."""
    rough = top / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    return [step * n for n in range(int(top / step) + 1)]


def _across(value: float, low: float, high: float) -> float:
    return _LEFT + (value - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)


def _upward(value: float, low: float, high: float) -> float:
    base = _HEIGHT - _BOTTOM
    return base - (value - low) / (high - low) * (base - _TOP)


def _svg(title: str, parts: Iterable[Markup]) -> str:
    frame = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img">'
        "<title>{}</title><style>{}</style>{}</svg>\n"
    )
    heading = Markup('<text x="{}" y="24" class="title">{}</text>').format(_LEFT, title)
    return str(frame.format(_WIDTH, _HEIGHT, title, _STYLE, heading + Markup("").join(parts)))


def _path(points: Iterable[tuple[float, float]]) -> Markup:
    # Thousands of steps fall on the same tenth of a pixel; a falling curve never comes back.
    text = " ".join(dict.fromkeys(f"{x:.1f},{y:.1f}" for x, y in points))
    return Markup('<polyline points="{}" class="curve"/>').format(text)
