"""Reason codes with their weight, and findings put into words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pipeline.core.colour_names import named
from pipeline.core.extensions import fault, installed
from pipeline.core.said import said
from pipeline.core.scale import LINES, points
from pipeline.core.types import Finding, Severity, Value
from pipeline.core.words import DEFAULT_LANGUAGE, Language, value_word, words

STRAY = "extra:"  # how the keys of photos begin that nobody claims, before number and file name
ACCEPTED = "照片正确"
OTHER = "其他"

# Behind the name of a file that is more alike, as `cohort.set_aside` writes it: its score and the
# photo's, cosines.
_SCORES = re.compile(r" \((-?\d\.\d\d)(?: > (-?\d\.\d\d))?\)$")
# A reference handed in again, as `decide` writes it: its kind and the agreement of detail.
_AGREED = re.compile(r"(\w+): (\d\.\d+)")
_UNMEASURED = re.compile(r"(\w+) \((.*?)\)(?:, |$)")  # "NAME (WHY), ...", as `decide` writes it


@dataclass(frozen=True, slots=True)
class Reason:
    """One code: default severity, and the registry's category ("" when it has none)."""

    code: str
    severity: Severity
    registry: str = ""


@cache
def catalogue() -> dict[str, Reason]:
    """All reasons by code: those of `data/reasons.toml` in its order, then the extensions'.

    Raises:
        InstallationError: An extension cannot be used, or brings a code that is there already.
    """
    table = tomllib.loads(files("data").joinpath("reasons.toml").read_text("utf-8"))
    found = {
        code: Reason(code, Severity[row["severity"].upper()], row.get("registry", ""))
        for code, row in table.items()
    }
    for one in installed():
        for code, severity in one.extension.reasons.items():
            if code in found:
                raise fault(one.package, said("extension_fault.reason", code=code))
            found[code] = Reason(code, Severity[severity.upper()])
    return found


def kind_name(kind: str, lang: Language = DEFAULT_LANGUAGE) -> str:
    """A reference kind for people; an unknown kind is shown as it is."""
    return words("kind", lang).get(kind, kind)


def sentence(finding: Finding, lang: Language = DEFAULT_LANGUAGE, kind: str = "") -> str:
    """What a person reads about a finding: the measured value and the limit in words."""
    value, limit = finding.value, finding.limit
    if finding.code == "BETTER_FILE" and isinstance(value, str):
        value = _SCORES.sub("", value)
    if again := handed_in_again(finding):
        kind, value, limit = again.kind, float(again.points), again.limit
    return words("finding", lang)[finding.code].format(
        value=value_name(value, lang) if isinstance(value, str) else format_value(value),
        limit=named(limit, lang),
        unit=finding.unit,
        kind=kind_name(kind, lang) or words("style", lang)["reference"],
    )


@dataclass(frozen=True, slots=True)
class Again:
    """A reference handed in again, for people: its kind and its detail's agreement, 0 to 100.

    Attributes:
        limit: What two real shots have, on the same scale.
        agreed: The agreement as computed, for who asks.
        limit_agreed: Where it begins to tell.
    """

    kind: str
    points: int
    limit: str
    agreed: str
    limit_agreed: str


def handed_in_again(finding: Finding) -> Again | None:
    """What `decide` says of a reference handed in again; None for any other finding."""
    if finding.code != "REFERENCE_REUSED" or not isinstance(finding.value, str):
        return None
    found, line = _AGREED.fullmatch(finding.value), finding.limit.removeprefix("< ")
    if found is None or not line:
        return None
    place = points(max(float(found[2]), float(line)), 0.0, float(line))
    return Again(found[1], place, f"< {LINES[1]}", found[2], line)


def raw_scores(finding: Finding) -> tuple[str, str] | None:
    """What `sentence` leaves out of a file that is more alike: its score, and the photo's or ""."""
    if finding.code != "BETTER_FILE" or not isinstance(finding.value, str):
        return None
    found = _SCORES.search(finding.value)
    return (found[1], found[2] or "") if found else None


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


def value_name(value: str, lang: Language) -> str:
    """A word that stands as a value, for people; one that the catalogue lacks stays as it is.

    Put into words part by part are "KIND: WORD", as an unusable reference says it, "KIND, KIND",
    and measures without a value, "NAME (WHY), NAME (WHY)", those with the same reason together.
    """
    if value.startswith(STRAY):
        return words("style", lang)["stray"].format(value.split(":", 2)[-1])
    kind, colon, rest = value.partition(": ")
    if colon and kind in words("kind", lang):
        return kind_name(kind, lang) + words("style", lang)["colon"] + value_name(rest, lang)
    kinds = value.split(", ")
    if all(name in words("kind", lang) for name in kinds):
        return words("style", lang)["comma"].join(kind_name(name, lang) for name in kinds)
    unmeasured = _UNMEASURED.findall(value)
    if unmeasured and all(name in words("measure", lang) for name, _ in unmeasured):
        return _unmeasured(unmeasured, lang)
    return named(value_word(value, lang), lang)


def measure_name(name: str, lang: Language = DEFAULT_LANGUAGE) -> str:
    """A measure for people; one that the catalogue lacks is shown as it is."""
    return words("measure", lang).get(name, name)


def _unmeasured(pairs: Sequence[tuple[str, str]], lang: Language) -> str:
    """Measures by the reason why they have no value, each in words."""
    style = words("style", lang)
    told: dict[str, list[str]] = {}
    for name, why in pairs:
        told.setdefault(why, []).append(measure_name(name, lang))
    return style["semicolon"].join(
        style["aside"].format(style["comma"].join(names), value_name(why, lang))
        for why, names in told.items()
    )
