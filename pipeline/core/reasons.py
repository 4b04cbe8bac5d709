"""Reason codes and their sentences, read from `data/reasons.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from pipeline.core.types import Finding, Severity, Value

Language = Literal["zh", "en"]

ACCEPTED = "照片正确"
OTHER = "其他"
DEFAULT_LANGUAGE: Language = "zh"

KIND_NAMES: dict[str, dict[Language, str]] = {
    "idcard": {"zh": "身份证照片", "en": "ID card"},
    "admission": {"zh": "录取照片", "en": "admission photo"},
    "household": {"zh": "户籍照片", "en": "household register photo"},
}

_UNMEASURED = re.compile(r"(\w+) \((.*?)\)(?:, |$)")  # "NAME (WHY), ...", as `decide` writes it


@dataclass(frozen=True, slots=True)
class Reason:
    """One code: default severity, registry category ("" when it has none), sentences."""

    code: str
    severity: Severity
    registry: str
    zh: str
    en: str


@cache
def catalogue() -> dict[str, Reason]:
    """All reasons by code, in the file's order."""
    table = tomllib.loads(files("data").joinpath("reasons.toml").read_text("utf-8"))
    return {
        code: Reason(
            code, Severity[row["severity"].upper()], row.get("registry", ""), row["zh"], row["en"]
        )
        for code, row in table.items()
    }


def kind_name(kind: str, lang: Language = DEFAULT_LANGUAGE) -> str:
    """A reference kind for people; an unknown kind is shown as it is."""
    return KIND_NAMES.get(kind, {}).get(lang, kind)


def sentence(finding: Finding, lang: Language = DEFAULT_LANGUAGE, kind: str = "") -> str:
    """What a person reads about a finding: the measured value and the limit in words."""
    reason, value = catalogue()[finding.code], finding.value
    template = reason.zh if lang == "zh" else reason.en
    return template.format(
        value=word(value, lang) if isinstance(value, str) else format_value(value),
        limit=finding.limit,
        unit=finding.unit,
        kind=kind_name(kind, lang) or ("参考照" if lang == "zh" else "reference"),
    )


def format_value(value: Value) -> str:
    """Three decimals for fractions, none for whole and large numbers, words as they are."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if float(value).is_integer():
        return str(int(value))
    size = abs(value)
    return f"{value:.3f}" if size < 1 else f"{value:.1f}" if size < 100 else f"{value:.0f}"


def word(value: str, lang: Language) -> str:
    """A word that stands as a value, for people; one that `data/words.toml` lacks stays as it is.

    "KIND: WORD", as an unusable reference says it, is put into words part by part; so are measures
    without a value, "NAME (WHY), NAME (WHY)", those with the same reason together.
    """
    kind, colon, rest = value.partition(": ")
    if colon and kind in KIND_NAMES:
        return f"{kind_name(kind, lang)}{'：' if lang == 'zh' else ': '}{word(rest, lang)}"
    unmeasured = _UNMEASURED.findall(value)
    if unmeasured and all(name in _table("measures") for name, _ in unmeasured):
        return _unmeasured(unmeasured, lang)
    return _table("words").get(value, {}).get(lang, value)


def measure_name(name: str, lang: Language = DEFAULT_LANGUAGE) -> str:
    """A measure for people; one that `data/measures.toml` lacks is shown as it is."""
    return _table("measures").get(name, {}).get(lang, name)


def _unmeasured(pairs: Sequence[tuple[str, str]], lang: Language) -> str:
    """Measures by the reason why they have no value, each in words."""
    comma, bracket = ("、", "{}（{}）") if lang == "zh" else (", ", "{} ({})")
    told: dict[str, list[str]] = {}
    for name, why in pairs:
        told.setdefault(why, []).append(measure_name(name, lang))
    return ("；" if lang == "zh" else "; ").join(
        bracket.format(comma.join(names), word(why, lang)) for why, names in told.items()
    )


@cache
def _table(name: str) -> dict[str, dict[str, str]]:
    return tomllib.loads(files("data").joinpath(f"{name}.toml").read_text("utf-8"))
