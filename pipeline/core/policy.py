"""Policy and profile: every limit and threshold, read once, checked before photo 1.

Both are TOML. The shipped files are the defaults; a user's file overrides single keys. An unknown
key or a bad value raises `ConfigError` with the file, the key and what is allowed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from pipeline.core.card_policy import CardPolicy
from pipeline.core.errors import ConfigError
from pipeline.core.input_limits import InputLimits
from pipeline.core.intake_policy import IntakePolicy
from pipeline.core.reasons import catalogue
from pipeline.core.said import Sentences, cause, recognised
from pipeline.core.standard import Frame, Limit, Profile, Strict
from pipeline.core.toml import parsed
from pipeline.core.types import Severity

__all__ = ["Frame", "InputLimits", "Limit", "Policy", "Profile"]

_M = TypeVar("_M", bound=BaseModel)
_SCALAR = (str, int, float)  # bool is an int


class OrientationPolicy(Strict):
    """When the machine says which way is up."""

    min_confidence: float = Field(ge=0, le=1)


class Thresholds(Strict):
    """Comparison scores (cosine): FLAG below one, ACCEPT from the other, REVIEW between."""

    flag_below: float = Field(ge=-1, le=1)
    accept_from: float = Field(ge=-1, le=1)
    provenance: str

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.flag_below > self.accept_from:
            raise ValueError("flag_below must not be above accept_from")
        return self


class ComparisonPolicy(Strict):
    """What compares, which reference decides, and the thresholds by reference kind."""

    recogniser: str
    best: Literal["highest", "first"]
    order: tuple[str, ...]
    same_picture_from: float = Field(ge=0, le=1)
    thresholds: Mapping[str, Thresholds]

    @field_validator("recogniser", mode="before")
    @classmethod
    def _has_thresholds(cls, value: object) -> object:
        """One whose scores nobody has measured has no thresholds, and so is refused."""
        allowed = (_data("policy.toml")["comparison"]["recogniser"], *_data("recognisers.toml"))
        if value not in allowed:
            raise ValueError(f"allowed: {', '.join(map(repr, allowed))}")
        return value

    @field_validator("thresholds")
    @classmethod
    def _has_default(cls, value: Mapping[str, Thresholds]) -> Mapping[str, Thresholds]:
        if "default" not in value:
            raise ValueError("a table `default` is needed")
        return value

    @property
    def recognisers(self) -> tuple[str, ...]:
        """Names of the recognisers that compare; the scores of several are averaged."""
        return tuple(self.recogniser.split("+"))

    def of(self, kind: str) -> Thresholds:
        """The thresholds for one reference kind."""
        return self.thresholds.get(kind, self.thresholds["default"])


class CalibrationPolicy(Strict):
    """How thresholds are read from the cohort's own non-mated pairs (`pipeline.cohort.calibrate`).

    Attributes:
        flag_fmr: FLAG below the score at this false match rate.
        accept_fmr: ACCEPT from the score at this one.
        flag_floor: FLAG threshold never below this.
        accept_floor: ACCEPT threshold never below this.
        min_exceedances: Non-mated scores that must lie above a threshold to read it here.
        tail_from: False match rate from which on the tail of strangers is fitted; above accept_fmr.
        tail_scale: By how much public strangers exceed their score there, on average.
        public_pairs: The public threshold weighs as much as so many pairs of the cohort.
        public_margin: It is raised by so many tail scales over the root of the cohort's pairs.
        sample: Photos compared at most.
        same_face_from: From this score on two students' pictures are taken for one face.
    """

    enabled: bool
    flag_fmr: float = Field(gt=0, lt=1)
    accept_fmr: float = Field(gt=0, lt=1)
    flag_floor: float = Field(ge=-1, le=1)
    accept_floor: float = Field(ge=-1, le=1)
    min_exceedances: int = Field(ge=1)
    tail_from: float = Field(gt=0, lt=1)
    tail_scale: float = Field(gt=0, le=1)
    public_pairs: int = Field(ge=0)
    public_margin: float = Field(ge=0)
    sample: int = Field(ge=1)
    same_face_from: float = Field(ge=-1, le=1)


class CohortPolicy(Strict):
    """What is asked across students."""

    one_to_many: bool
    owner_margin: float = Field(ge=0, le=2)
    calibration: CalibrationPolicy


class PrivacyPolicy(Strict):
    """What stays after a run."""

    keep_templates: bool


class ReviewPolicy(Strict):
    """How people judge.

    Attributes:
        two_reviewers: Reason codes for which two reviewers answer, and a lead where they differ.
        seeded_share: Cases the machine is sure of, shown as if it were not, for each case whose
            person is in question; tells the lead how well reviewers agree.
        desk: Where the desk is served; the report's links lead there. "" for no links.
    """

    two_reviewers: tuple[str, ...]
    seeded_share: float = Field(ge=0, le=1)
    desk: str = Field(pattern=r"^(https?://[^\s/?#@]+/?)?$")

    @field_validator("two_reviewers")
    @classmethod
    def _known_codes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for code in value:
            if code not in catalogue():
                raise ValueError(f"`{code}` is no reason code; see data/reasons.toml")
        return value


class Policy(Strict):
    """Everything `decide` needs beside the measurements."""

    profile: str
    input: InputLimits
    intake: IntakePolicy
    orientation: OrientationPolicy
    comparison: ComparisonPolicy
    card: CardPolicy
    cohort: CohortPolicy
    privacy: PrivacyPolicy
    review: ReviewPolicy
    severity: Mapping[str, Literal["advice", "review", "flag"]]

    @field_validator("severity")
    @classmethod
    def _known_codes(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        for code in value:
            if code not in catalogue():
                raise ValueError(f"`{code}` is no reason code; see data/reasons.toml")
        return value

    def severity_of(self, code: str) -> Severity:
        """The severity of a reason code: this policy's, else the catalogue's."""
        override = self.severity.get(code)
        return Severity[override.upper()] if override else catalogue()[code].severity


def load_policy(path: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Policy:
    """The shipped policy with a user's file on top, and single keys from the command line on that.

    Scores of another recogniser than the shipped policy's mean something else: what
    `data/recognisers.toml` says of it comes between the shipped policy and the user's file.

    Raises:
        ConfigError: Unreadable file, bad TOML, unknown key or bad value.
    """
    own = _merge({} if path is None else read_toml(path), overrides or {})
    comparison = own.get("comparison")
    chosen = comparison.get("recogniser") if isinstance(comparison, Mapping) else None
    table = _merge(_data("policy.toml"), _data("recognisers.toml").get(str(chosen), {}))
    return checked(Policy, _merge(table, own), str(path or "data/policy.toml"))


def altered(policy: Policy, overrides: Mapping[str, Any]) -> Policy:
    """A policy with single keys replaced.

    Raises:
        ConfigError: Unknown key or bad value.
    """
    return checked(Policy, _merge(policy.model_dump(mode="json"), overrides), "the policy")


def _data(name: str) -> dict[str, Any]:
    """A shipped TOML file."""
    return tomllib.loads(files("data").joinpath(*name.split("/")).read_text("utf-8"))


def load_profile(name: str, known_measures: Collection[str] | None = None) -> Profile:
    """A shipped profile by name, or a file's path (ends in .toml; `base` names what it extends).

    Args:
        name: A shipped profile, or a file; its `base`, if any, is a shipped profile.
        known_measures: Names that `[limits]` may use; None allows any.

    Raises:
        ConfigError: Unknown name, unreadable file, bad TOML, unknown key or bad value.
    """
    if name.endswith(".toml"):
        where, table = name, read_toml(Path(name))
        if (base := table.pop("base", None)) is not None:
            table = _merge(_shipped(str(base), f"{name}: `base`"), table)
    else:
        where, table = f"profile {name}", _shipped(name, "profile")
    profile = checked(Profile, table, where)
    for measure in profile.limits:
        if known_measures is not None and measure not in known_measures:
            known = ", ".join(sorted(known_measures))
            raise ConfigError("limit_unknown", where=where, measure=measure, known=known)
    return profile


def _shipped(name: str, asked_by: str) -> dict[str, Any]:
    """A shipped profile's table; it may extend another shipped one."""
    if name not in profile_names():
        known = ", ".join(profile_names())
        raise ConfigError("profile_unknown", asked_by=asked_by, name=name, known=known)
    table = _data(f"profiles/{name}.toml")
    base = table.pop("base", None)
    return table if base is None else _merge(_shipped(str(base), name), table)


def profile_names() -> list[str]:
    """Names of the shipped profiles."""
    names = (f.name for f in files("data").joinpath("profiles").iterdir())
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


def _merge(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the keys of `over` replaced, table by table."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        both = isinstance(old, dict) and isinstance(value, Mapping)
        merged[key] = _merge(old, value) if both and isinstance(old, dict) else value
    return merged


def read_toml(path: Path) -> dict[str, Any]:
    """A user's TOML file. Raises ConfigError that names it where it cannot be read."""
    try:
        return parsed(path.read_text("utf-8-sig"), str(path))  # Windows editors put a mark in front
    except OSError as error:
        raise ConfigError("config_unreadable", path=path, why=cause(error)) from error
    except UnicodeDecodeError as error:
        raise ConfigError("config_not_utf8", path=path) from error


def checked(model: type[_M], table: Mapping[str, Any], where: str) -> _M:
    """A table as its model. Raises ConfigError with the file, the key and what is allowed."""
    try:
        return model.model_validate(table)
    except ValidationError as error:
        told = [_explain(model, fault) for fault in error.errors()]
        lines = Sentences(recognised(text, "config_fault", "config_fault") for text in told)
        raise ConfigError("config_faulty", where=where, lines=lines) from error


def _explain(model: type[BaseModel], fault: Any) -> str:
    """One fault as "`comparison.best` is 'lowest'; allowed: 'highest' or 'first'"."""
    key = ".".join(location := [str(part) for part in fault["loc"]])
    if fault["type"] == "extra_forbidden":
        return f"unknown key `{key}`; allowed here: {', '.join(_siblings(model, location))}"
    if fault["type"] == "missing":
        return f"key `{key}` is missing"
    text = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "literal_error":
        text = f"allowed: {fault['ctx']['expected']}"
    # What is wrong between keys names them itself.
    given, named = fault["input"], f"`{key}`: {text}" if key else str(text)
    return f"`{key}` is {given!r}; {text}" if isinstance(given, _SCALAR) else named


def _siblings(model: type[BaseModel], location: list[str]) -> list[str]:
    """Keys allowed beside an unknown one, found by walking the model."""
    for part in location[:-1]:
        field = model.model_fields.get(part)
        if field is None:  # the key of a mapping such as [limits.NAME]: its value model is current
            continue
        inner = field.annotation
        arguments = getattr(inner, "__args__", ())
        kinds = [a for a in (inner, *arguments) if isinstance(a, type) and issubclass(a, BaseModel)]
        if kinds:
            model = kinds[0]
    return sorted(model.model_fields)
