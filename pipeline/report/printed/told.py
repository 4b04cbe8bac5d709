"""What may be told on a student's own paper: nothing of it can name anybody else.

Findings about whose face it is carry another student's number, so only those are put into their own
words that a limit objects to: the value is a number then, or a word that a measure took. For some
others there are words without any name in them (`[slip]` of the catalogue); the rest is not told.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from PIL import Image

from pipeline.core.policy import Profile
from pipeline.core.reasons import sentence
from pipeline.core.types import Case, Finding, Severity
from pipeline.core.words import DEFAULT_LANGUAGE, Language, words
from pipeline.report.guides import guides_of

_END = re.compile(r"(?<=。)|(?<=\.) (?=[A-Z])")
MOST = 3  # sentences on one student's paper


@dataclass(frozen=True, slots=True)
class Told:
    """One fault in words: what is wrong, and how it should be ("" where the words say no more)."""

    wrong: str
    right: str = ""


def faults_of(case: Case, *, advice: bool = False) -> list[Finding]:
    """What is wrong with a student's photo, worst first; nothing about references or rosters.

    Args:
        case: The student's.
        advice: Also what decides nothing, where it is a matter of the photo standard.
    """
    own = words("slip", DEFAULT_LANGUAGE)
    found = sorted(case.assessment.findings, key=lambda f: -f.severity)
    return [
        f
        for f in found
        if (f.code in own or f.limit) and (f.severity > Severity.ADVICE or (advice and f.limit))
    ]


def told_of(case: Case, lang: Language, *, advice: bool = False) -> list[Told]:
    """The same in words, each once and at most `MOST` of it."""
    told = (_told(finding, case, lang) for finding in faults_of(case, advice=advice))
    return list(dict.fromkeys(told))[:MOST]


def _told(finding: Finding, case: Case, lang: Language) -> Told:
    own = words("slip", lang)
    if finding.code in own:
        return Told(own[finding.code])
    text = sentence(finding, lang, kind=case.assessment.reference)
    wrong, *right = (part.strip() for part in _END.split(text) if part.strip())
    return Told(wrong, " ".join(right))


def picture_of(
    jpeg: bytes, case: Case | None = None, profile: Profile | None = None
) -> dict[str, Any]:
    """A JPEG as templates take it: bytes, width over height, and lines to draw over it.

    Args:
        jpeg: Upright.
        case: Whose photo it is, to draw guide lines; None draws none.
        profile: The standard, for its bands.
    """
    with Image.open(io.BytesIO(jpeg)) as picture:
        width, height = picture.size
    shown: dict[str, Any] = {"jpeg": list(jpeg), "ratio": width / height}
    if case is not None:
        guides = guides_of(case.measurements, _objections(case.assessment.findings), profile)
        shown["guides"] = guides.as_json()
    return shown


def _objections(findings: Iterable[Finding]) -> list[Finding]:
    """The findings of the photo standard, which are about places in the picture."""
    return [f for f in findings if f.limit]
