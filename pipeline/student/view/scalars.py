"""OFIQ's published mappings from raw value to quality component, 0 (worst) to 100.

Source: OFIQ `ScalarConversion` and the constants of its configuration `ofiq_config.jaxn` (MIT).
"""

from __future__ import annotations

import math
from collections.abc import Callable


def sigmoid(
    x0: float, w: float, h: float = 100.0, a: float = 0.0, s: float = 1.0
) -> Callable[[float], float]:
    """Logistic curve h · (a + s / (1 + exp((x0 - raw) / w))), rounded and kept within 0-100."""

    def component(raw: float) -> float:
        return bounded(h * (a + s * logistic((raw - x0) / w)))

    return component


def cosine(degrees: float) -> float:
    """100 · max(0, cos)² of an angle of the head, rounded (ISO/IEC 29794-5 head pose)."""
    return bounded(100 * max(0.0, math.cos(math.radians(degrees))) ** 2)


def logistic(x: float) -> float:
    """1 / (1 + e^-x), without overflow."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else 1 - 1 / (1 + math.exp(x))


def bounded(value: float) -> float:
    """Rounded half up and kept within 0-100."""
    return min(100.0, max(0.0, math.floor(value + 0.5)))
