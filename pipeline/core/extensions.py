"""Measures that other packages bring, with their reasons and words.

A package names an `Extension` in the entry point group `photoproof.measures`. What is wrong with it
is told before the first photo, with the package's name. `docs/measures.md` has the recipe,
`examples/warmth` a whole package.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.resources.abc import Traversable
from typing import Literal, Protocol

from pipeline.core.errors import InstallationError
from pipeline.core.said import said

GROUP = "photoproof.measures"


class Named(Protocol):
    """What is known here of a `pipeline.student.measures.Measure`."""

    @property
    def name(self) -> str:
        """The measurement's name."""

    @property
    def below(self) -> str:
        """Reason code of a value that is too low."""

    @property
    def above(self) -> str:
        """Reason code of a value that is too high."""


@dataclass(frozen=True, slots=True)
class Extension:
    """What one package brings.

    Attributes:
        measures: Each a `pipeline.student.measures.Measure`. A profile's limit makes one count.
        reasons: Default severity by reason code, for the codes that photoproof does not have.
        words: Folder with `zh.toml` and `en.toml`, as photoproof's own in `data/words`: `[measure]`
            names each measure, `[reason]` and `[finding]` have a short name and a sentence for each
            code, `[value]` puts other words of the package into the language.
        version: Raise it when values come out otherwise: then all students are looked at again.
    """

    measures: Sequence[Named]
    reasons: Mapping[str, Literal["advice", "review", "flag"]]
    words: Traversable
    version: int


@dataclass(frozen=True, slots=True)
class Installed:
    """An extension and the package that it comes from."""

    package: str
    extension: Extension
    words: Mapping[str, Mapping[str, Mapping[str, str]]]  # language, table, key

    @property
    def version(self) -> str:
        """What stands for its measures in a fingerprint."""
        return f"{self.package} {self.extension.version}"


@cache
def installed() -> tuple[Installed, ...]:
    """The extensions of this environment, by package.

    Raises:
        InstallationError: One cannot be loaded or lacks something; names its package.
    """
    points = entry_points(group=GROUP)
    return tuple(map(_load, sorted(points, key=lambda point: (_package(point), point.name))))


def fault(package: str, what: str) -> InstallationError:
    """The error that names a package whose measures cannot be used."""
    return InstallationError("extension_faulty", package=package, what=what)


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.module


def _load(point: EntryPoint) -> Installed:
    package = _package(point)
    try:
        extension = point.load()
        whole = isinstance(extension, Extension)
        words = {lang: _words(extension, lang) for lang in ("zh", "en")} if whole else {}
    except Exception as error:
        # Whatever a stranger's code raises is that package's fault, and told as such.
        raise fault(
            package,
            said(
                "extension_fault.fails", name=point.value, kind=type(error).__name__, why=str(error)
            ),
        ) from error
    if not whole:
        raise fault(package, said("extension_fault.none", name=point.value))
    _check(package, extension, words)
    return Installed(package, extension, words)


def _words(extension: Extension, lang: str) -> dict[str, dict[str, str]]:
    text = extension.words.joinpath(f"{lang}.toml").read_text("utf-8")
    return tomllib.loads(text)


def _check(
    package: str, extension: Extension, words: Mapping[str, Mapping[str, Mapping[str, str]]]
) -> None:
    """See that everything people will read is there."""
    needed = {
        "measure": [measure.name for measure in extension.measures],
        "reason": list(extension.reasons),
        "finding": list(extension.reasons),
    }
    for lang, tables in words.items():
        for table, keys in needed.items():
            for key in keys:
                if key not in tables.get(table, {}):
                    raise fault(
                        package, said("extension_fault.word", lang=lang, key=key, table=table)
                    )
    for code, severity in extension.reasons.items():
        if severity not in ("advice", "review", "flag"):
            raise fault(
                package, said("extension_fault.severity", code=code, severity=repr(severity))
            )
