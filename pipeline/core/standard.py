"""The photo standard's own records: limits by measure, read from `data/profiles/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Strict(BaseModel):
    """Unknown keys are refused, values never change, infinities are no numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Limit(Strict):
    """One profile limit and the clause it rests on: a range, allowed words, or colours.

    Attributes:
        near: Colours as "#RRGGBB"; a measured colour must be within `max` CIELAB units (ΔE*ab) of
            one of them.
    """

    min: float | None = None
    max: float | None = None
    allowed: tuple[str, ...] = ()
    near: tuple[Annotated[str, Field(pattern=r"^#[0-9A-F]{6}$")], ...] = ()
    clause: str = ""

    @property
    def text(self) -> str:
        """The limit for people: "200 – 300", "≥ 20", "≤ 40", "JPEG", "#FFFFFF (ΔE ≤ 20)"."""
        if self.near:
            return f"{' / '.join(self.near)} (ΔE ≤ {self.max:g})"
        if self.allowed:
            return " / ".join(self.allowed)
        if self.min is None:
            return f"≤ {self.max:g}"
        if self.max is None:
            return f"≥ {self.min:g}"
        return f"{self.min:g}" if self.min == self.max else f"{self.min:g} – {self.max:g}"

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.min is None and self.max is None and not self.allowed:
            raise ValueError("give min, max or allowed")
        if self.near and (self.max is None or self.min is not None or self.allowed):
            raise ValueError("with near give max, the largest colour difference, and nothing else")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min must not be above max")
        return self


class Frame(Strict):
    """The standard picture's size in pixels; geometry limits are in these pixels."""

    width_px: int = Field(gt=0)
    height_px: int = Field(gt=0)


class Profile(Strict):
    """A photo standard: limits by measure name.

    Attributes:
        frame: None for a standard that states no size; its geometry limits are then in per cent
            of the picture's width or height.
    """

    title_zh: str
    title_en: str
    source: str
    frame: Frame | None = None
    limits: Mapping[str, Limit]
