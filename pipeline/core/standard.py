"""The photo standard's own records: limits by measure, read from `data/profiles/`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)


class Strict(BaseModel):
    """Unknown keys are refused, values never change, infinities are no numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _of_its_kind(cls, value: object, info: ValidationInfo) -> object:
        """Refuse `true` for 1, "3" for 3 and 1 for `true`, which Python or pydantic would take."""
        kinds = _kinds(cls.model_fields[str(info.field_name)].annotation)
        number = not kinds.isdisjoint({int, float})
        if (number and bool not in kinds and isinstance(value, bool)) or (
            number and str not in kinds and isinstance(value, str)
        ):
            wanted = "a number" if float in kinds else "an integer"
            raise ValueError(f"must be {wanted}, neither a text nor true or false")
        if kinds == {bool} and not isinstance(value, bool):
            raise ValueError("must be a boolean, true or false")
        return value


def _kinds(annotation: object) -> set[object]:
    """The types that a field may have, None left out."""
    return {*getattr(annotation, "__args__", (annotation,))} - {type(None)}


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


class Taken(Strict):
    """From which day on a photo may be taken, by the date that the camera wrote into its file.

    Attributes:
        since: None where no day is set: it changes with every class of graduates.
    """

    since: date | None = None
    clause: str = ""

    @field_validator("since", mode="before")
    @classmethod
    def _day(cls, value: object) -> object:
        """Refuse numbers, which pydantic takes for seconds since 1970."""
        if isinstance(value, int | float):
            raise ValueError("must be a day, such as 2025-07-01")
        return value


class Profile(Strict):
    """A photo standard: limits by measure name.

    Attributes:
        taken: What the standard says of the photo's age.
        frame: None for a standard that states no size; its geometry limits are then in per cent
            of the picture's width or height.
    """

    title_zh: str
    title_en: str
    source: str
    frame: Frame | None = None
    taken: Taken = Taken()
    limits: Mapping[str, Limit]
