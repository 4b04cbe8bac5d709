"""A profile's limits as the rules that stored numbers and words are held against."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipeline.core.policy import Limit, Profile
from pipeline.student.measures import Measure
from pipeline.student.view.colour_space import delta_e


@dataclass(frozen=True, slots=True)
class Rule:
    """A profile's limit of one measure.

    Attributes:
        scale: What a stored number is multiplied by to be in the limit's unit.
        unit: The limit's.
        low: The limit's `min`, or minus infinity.
        high: The limit's `max`, or infinity.
        below: Reason code of a number under `low`.
        above: Reason code of one over `high`, or of a word that is not allowed.
        text: The limit for people.
    """

    name: str
    limit: Limit
    scale: float
    unit: str
    low: float
    high: float
    below: str
    above: str
    text: str


def rule_of(measure: Measure, limit: Limit, profile: Profile) -> Rule:
    """A stored fraction becomes pixels of the profile's frame, or per cent without one."""
    scale, unit = 1.0, measure.unit
    if measure.per and profile.frame is None:
        scale, unit = 100.0, "%"
    elif measure.per and profile.frame is not None:
        side = profile.frame.width_px if measure.per == "width" else profile.frame.height_px
        scale = float(side)
    return Rule(
        name=measure.name,
        limit=limit,
        scale=scale,
        unit=unit,
        low=-math.inf if limit.min is None else limit.min,
        high=math.inf if limit.max is None else limit.max,
        below=measure.below,
        above=measure.above,
        text=limit.text,
    )


def permits(limit: Limit, word: str) -> bool:
    """Whether a word is allowed, or a colour near enough to one of the limit's."""
    if limit.near and limit.max is not None:
        return any(delta_e(word, colour) <= limit.max for colour in limit.near)
    return not limit.allowed or word in limit.allowed
