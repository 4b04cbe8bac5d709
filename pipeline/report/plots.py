"""Two small charts as inline SVG: light, offline, and coloured by the page's own style sheet."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

from pipeline.core.reasons import kind_name
from pipeline.core.types import Comparison
from pipeline.core.words import Language, word, words
from pipeline.report import svg

BIN = 0.02  # width of a histogram bar; fifty bars over 0-1 stay readable at phone width
WIDTH, HEIGHT = 460, 210
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 34, 40

Limits = Mapping[str, float | str]


class ScoreTally:
    """Histograms of comparison scores by reference kind, counted while the cases stream by."""

    def __init__(self) -> None:
        self.bins: dict[str, Counter[int]] = {}

    def add(self, comparisons: Iterable[Comparison]) -> None:
        """Count the completed comparisons of one case."""
        for c in comparisons:
            if c.judged is not None:
                self.bins.setdefault(c.kind, Counter())[math.floor(c.judged / BIN)] += 1


def score_chart(
    kind: str, bins: Counter[int], limits: Limits, strangers: Sequence[int], lang: Language
) -> Markup:
    """Histogram of one reference kind with its thresholds marked and named.

    Args:
        kind: Of the references.
        bins: Own comparisons by bin of width `BIN`.
        limits: The kind's thresholds.
        strangers: Non-mated comparisons in bins of the same width over -1 to 1, or nothing; drawn
            behind the bars, scaled to the same height.
        lang: Of the labels.
    """
    t = words("report", lang)
    behind = {n - len(strangers) // 2: count for n, count in enumerate(strangers) if count}
    first, last = min(0, *bins, *behind), max(math.ceil(1 / BIN), *(n + 1 for n in bins))
    top = max(bins.values())
    base = HEIGHT - BOTTOM

    def x(score: float) -> float:
        return LEFT + (score / BIN - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    width, rise = x(BIN) - x(0) - 1, (base - TOP) / top
    scale = (base - TOP) / max(behind.values(), default=1)
    parts = [
        svg.rect(x(n * BIN), base, width + 1, count * scale, "strangers")
        for n, count in sorted(behind.items())
    ]
    parts += [
        svg.rect(x(n * BIN) + 0.5, base, width, count * rise, _zone(n, limits))
        for n, count in sorted(bins.items())
    ]
    parts.append(svg.line(LEFT, base, WIDTH - RIGHT, base, "axis"))
    parts += [
        svg.text(x(tick / 5), base + 15, f"{tick / 5:.1f}")
        for tick in range(math.ceil(first * BIN * 5), math.floor(last * BIN * 5) + 1)
    ]
    parts += [svg.text(LEFT - 5, base, "0", "end"), svg.text(LEFT - 5, TOP + 8, str(top), "end")]
    parts.append(svg.text(2, TOP - 14, t["count_axis"], "start"))
    axis = t["score_axis"] + (t["strangers"] if behind else "")
    parts.append(svg.text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, axis))
    # The two thresholds lie close together: one label to each side.
    for key, anchor, shift in (("flag_below", "end", -4), ("accept_from", "start", 4)):
        if key in limits:
            at = x(float(limits[key]))
            parts.append(svg.line(at, TOP - 22, at, base, f"limit {key}"))
            parts.append(
                svg.text(at + shift, TOP - 14, f"{t[key]} {float(limits[key]):.2f}", anchor)
            )
    return _svg(f"{t['score_chart']}{t['separator']}{kind_name(kind, lang)}", HEIGHT, parts)


def stage_chart(stages: Mapping[str, float], lang: Language) -> Markup:
    """One horizontal bar a stage, in the order of the run."""
    t = words("report", lang)
    row, start, room = 24, 118, WIDTH - 118 - 58
    longest = max(stages.values()) or 1.0
    parts: list[Markup] = []
    for number, (stage, seconds) in enumerate(stages.items()):
        y, length = 8 + number * row, max(1.0, seconds / longest * room)
        parts.append(svg.text(start - 8, y + 13, word("stage", stage, lang), "end"))
        parts.append(svg.rect(start, y + 16, length, 14, "bar"))
        parts.append(svg.text(start + length + 6, y + 13, f"{seconds:.1f}", "start"))
    return _svg(t["stage_chart"], 12 + len(stages) * row, parts)


def _zone(number: int, limits: Limits) -> str:
    """Class of a bar by the decision its middle would get."""
    middle = (number + 0.5) * BIN
    if "flag_below" in limits and middle < float(limits["flag_below"]):
        return "FLAG"
    if "accept_from" in limits:
        return "ACCEPT" if middle >= float(limits["accept_from"]) else "REVIEW"
    return "bar"


def _svg(title: str, height: float, parts: Iterable[Markup]) -> Markup:
    """A picture that scales to its place and names itself to a screen reader."""
    frame = Markup('<svg viewBox="0 0 {} {}" role="img"><title>{}</title>{}</svg>')
    return frame.format(WIDTH, height, title, Markup("").join(parts))
