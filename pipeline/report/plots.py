"""Two small charts as inline SVG: light, offline, and coloured by the page's own style sheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from pipeline.core.reasons import kind_name
from pipeline.core.scale import LINES, points
from pipeline.core.types import Comparison
from pipeline.core.words import Language, word, words
from pipeline.report import svg
from pipeline.report.score import lines_of

STEP = 2  # points of a histogram bar; fifty bars over 0 to 100 stay readable at phone width
WIDTH, HEIGHT = 460, 210
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 34, 40

_KEYS = ("flag_below", "accept_from")
_SLIVERS = 64  # that a bin of strangers' scores is cut into, because it lies across several bars

Limits = Mapping[str, Any]


class ScoreTally:
    """Histograms of likeness by reference kind, counted while the cases stream by.

    Bars are `STEP` of the 100 points wide that people read everywhere (`pipeline.core.scale`).
    """

    def __init__(self, thresholds: Mapping[str, Limits]) -> None:
        self.bars: dict[str, Counter[int]] = {}
        self._thresholds = thresholds

    def add(self, comparisons: Iterable[Comparison]) -> None:
        """Count the completed comparisons of one case."""
        for c in comparisons:
            if c.judged is not None:
                bar = _bar(c.judged, lines_of(self._thresholds, c.kind))
                self.bars.setdefault(c.kind, Counter())[bar] += 1


def score_chart(
    kind: str,
    bars: Counter[int],
    thresholds: Mapping[str, Limits],
    strangers: Sequence[int],
    lang: Language,
) -> Markup:
    """Histogram of one reference kind on the scale for people, both lines marked and named.

    Args:
        kind: Of the references.
        bars: Own comparisons by bar, as `ScoreTally` counts them.
        thresholds: By kind; without the kind's own no line is drawn.
        strangers: Non-mated comparisons as computed in equal bins over -1 to 1, or nothing; drawn
            behind the bars, scaled to the same height.
        lang: Of the labels.
    """
    t = words("report", lang)
    behind = _spread(strangers, lines_of(thresholds, kind))
    top = max(bars.values())
    base = HEIGHT - BOTTOM

    def x(points: float) -> float:
        return LEFT + points / 100 * (WIDTH - LEFT - RIGHT)

    width, rise = x(STEP) - x(0) - 1, (base - TOP) / top
    # Most strangers lie at 0 and below it: that bar is cut, or the others would not be seen.
    highest = max((count for bar, count in behind.items() if bar), default=0.0) or 1.0
    parts = [
        svg.rect(
            x(n * STEP), base, width + 1, min(1.0, count / highest) * (base - TOP), "strangers"
        )
        for n, count in sorted(behind.items())
    ]
    parts += [
        svg.rect(x(n * STEP) + 0.5, base, width, count * rise, _zone(n, kind in thresholds))
        for n, count in sorted(bars.items())
    ]
    parts.append(svg.line(LEFT, base, WIDTH - RIGHT, base, "axis"))
    parts += [svg.text(x(tick), base + 15, str(tick)) for tick in range(0, 101, 20)]
    parts += [svg.text(LEFT - 5, base, "0", "end"), svg.text(LEFT - 5, TOP + 8, str(top), "end")]
    parts.append(svg.text(2, TOP - 14, t["count_axis"], "start"))
    axis = t["score_axis"] + (t["strangers"] if behind else "")
    parts.append(svg.text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, axis))
    if kind in thresholds:  # one label to each side
        for key, place, anchor, shift in zip(_KEYS, LINES, ("end", "start"), (-4, 4), strict=True):
            parts.append(svg.line(x(place), TOP - 22, x(place), base, f"limit {key}"))
            parts.append(svg.text(x(place) + shift, TOP - 14, f"{t[key]} {place}", anchor))
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


def _bar(score: float, lines: tuple[float, float]) -> int:
    """The bar that a score stands in; 100 points are in the last one."""
    return min(points(score, *lines), 99) // STEP


def _spread(counts: Sequence[int], lines: tuple[float, float]) -> dict[int, float]:
    """Scores in equal bins over -1 to 1, by bar; a bin is spread evenly over the bars it meets."""
    spread: Counter[int] = Counter()
    for n, count in enumerate(counts):
        for sliver in range(_SLIVERS if count else 0):
            share = (n + (sliver + 0.5) / _SLIVERS) / len(counts)
            spread[_bar(2 * share - 1, lines)] += count
    return {bar: count / _SLIVERS for bar, count in spread.items()}


def _zone(bar: int, judged: bool) -> str:
    """Class of a bar by the decision it would get; bars begin at the lines."""
    if not judged:
        return "bar"
    below, above = LINES
    return "FLAG" if bar * STEP < below else "ACCEPT" if bar * STEP >= above else "REVIEW"


def _svg(title: str, height: float, parts: Iterable[Markup]) -> Markup:
    """A picture that scales to its place and names itself to a screen reader."""
    frame = Markup('<svg viewBox="0 0 {} {}" role="img"><title>{}</title>{}</svg>')
    return frame.format(WIDTH, height, title, Markup("").join(parts))
