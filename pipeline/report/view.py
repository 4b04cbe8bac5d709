"""What a person may see of a case: words and order, the same for every report."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256
from typing import Any

from pipeline.core.delivery import Delivered
from pipeline.core.policy import Profile
from pipeline.core.privacy import Mask, masked_file_name, masked_sentence
from pipeline.core.reasons import (
    format_value,
    handed_in_again,
    kind_name,
    raw_scores,
    sentence,
    value_name,
)
from pipeline.core.scale import LINES
from pipeline.core.types import OVERLAY, PHOTO, Case, Comparison, Decision, Finding, Severity
from pipeline.core.words import (
    DEFAULT_LANGUAGE,
    Language,
    clause_text,
    value_word,
    word,
    words,
)

# What a roster says of a student that is not the ID number's own column.
_TEXTS = (
    *("student_key", "name", "student_no", "candidate_no"),
    *("birth_date", "college", "major", "class_name", "remark"),
)
# Decisions are told apart by more than colour, the same everywhere.
_OF_NOBODY = re.compile(r"\bextra:\d+:")  # before the name of a file that nobody claims
SYMBOLS = {"FLAG": "✕", "REVIEW": "?", "ACCEPT": "✓"}


def masked_case(case: Case, mask: Mask) -> Case:
    """A case as it may leave: every text of it that people or programs read without ID numbers."""
    subject, found = case.subject, case.assessment
    texts: dict[str, Any] = {name: mask(getattr(subject, name)) for name in _TEXTS}
    findings = tuple(
        replace(f, value=mask(f.value)) if isinstance(f.value, str) else f for f in found.findings
    )
    compared = (replace(c, error=mask(c.error)) if c.error else c for c in case.comparisons)
    return replace(
        case,
        subject=replace(subject, id_number=subject.masked_id_number, phone="", **texts),
        photo=mask(case.photo),
        assessment=replace(found, looks_like=mask(found.looks_like), findings=findings),
        comparisons=tuple(compared),
        files=tuple(masked_file(file, mask) for file in case.files),
    )


def masked_file(file: Delivered, mask: Mask) -> Delivered:
    """A delivered file as it may leave."""
    path, name, key = mask(file.path), mask(file.name), mask(file.student_key)
    near = tuple(map(mask, file.near))
    if (path, name, key, near) == (file.path, file.name, file.student_key, file.near):
        return file
    return replace(file, path=path, name=name, student_key=key, near=near)


def photo_name(case: Case) -> str:
    """The photo's file name as it may be shown: the student's own and any other ID masked."""
    return masked_file_name(case.photo, case.subject.id_number)


def reasons_of(case: Case) -> list[Finding]:
    """REVIEW and FLAG findings, worst first."""
    found = [f for f in case.assessment.findings if f.severity > Severity.ADVICE]
    return sorted(found, key=lambda f: -f.severity)


def advice_of(case: Case) -> list[Finding]:
    """ADVICE findings in the order they were made."""
    return [f for f in case.assessment.findings if f.severity is Severity.ADVICE]


def codes(findings: Iterable[Finding]) -> str:
    """Codes joined by semicolons, each once."""
    return ";".join(dict.fromkeys(f.code for f in findings))


def told(finding: Finding, case: Case, lang: Language) -> str:
    """The finding as a sentence about this case, without ID numbers."""
    told = masked_sentence(sentence(finding, lang, kind=case.assessment.reference))
    return _OF_NOBODY.sub("", told)


def profile_title(profile: Profile | None, name: str, lang: Language) -> str:
    """A photo standard for people; its file's name where it is no longer there."""
    if profile is None:
        return name
    title = profile.title_zh if lang == DEFAULT_LANGUAGE else profile.title_en
    return title or name


def measured(finding: Finding, lang: Language) -> str:
    """The small print under a sentence: value with its limit, and what the limit rests on."""
    t = words("report", lang)
    parts = []
    if again := handed_in_again(finding):
        parts = [f"{t['measured']} {again.points}", f"{t['limit']} {again.limit}"]
        raw = {"agreed": again.agreed, "line": again.limit_agreed, "points": LINES[1]}
        parts.append(t["raw_agreement"].format(**raw))
    elif finding.limit:
        told = finding.value
        word_or_number = value_name(told, lang) if isinstance(told, str) else format_value(told)
        value = f"{word_or_number} {finding.unit}".rstrip()
        limit = f"{finding.limit} {finding.unit}".rstrip()
        parts = [f"{t['measured']} {value}", f"{t['limit']} {limit}"]
    if scores := raw_scores(finding):
        theirs, ours = scores
        parts.append(t["raw_other"].format(theirs=theirs, ours=ours or "–"))
    if finding.clause:
        clause = t["threshold_clause"] if finding.code == "NOT_ME" else finding.clause
        parts.append(f"{t['clause']} {clause_text(clause, lang)}")
    return masked_sentence(" · ".join(parts))


def has_pictures(case: Case, everyone: bool) -> bool:
    """Whether the case's pictures go into a report: always, unless accepted in a large batch."""
    return bool(case.pictures) and (everyone or case.assessment.decision is not Decision.ACCEPT)


def shown_name(case: Case) -> str:
    """What was shown as the photo: 16 digits of its thumbnail's sha256, "" where there is none."""
    jpeg = case.pictures.get("photo")
    return sha256(jpeg).hexdigest()[:16] if jpeg else ""


def _uncompared(case: Case) -> list[Comparison]:
    """References that have a picture but were never compared, say for want of a photo."""
    known = {PHOTO, OVERLAY, *(c.kind for c in case.comparisons)}
    return [Comparison(kind, None, "") for kind in case.pictures if kind not in known]


def files_of(case: Case, lang: Language) -> list[list[str]]:
    """A student's files where there is a choice or a doubt: name, what became of it, why."""
    files = [file for file in case.files if file.kind == PHOTO]
    if len(files) < 2 and not any(file.weak or file.why for file in files):
        return []
    return [
        [
            masked_file_name(file.name, case.subject.id_number),
            word("fate", file.fate.value, lang),
            masked_sentence(reason_of_fate(file, lang)),
        ]
        for file in files
    ]


def masked_path(file: Delivered) -> str:
    """Where a file lies inside its source, fit to be shown."""
    return masked_file_name(file.name)


def kind_of(file: Delivered, lang: Language) -> str:
    """What a file was handed in as: a student's photo, or a kind of reference."""
    return word("intake", "photo", lang) if file.kind == PHOTO else kind_name(file.kind, lang)


def reason_of_fate(file: Delivered, lang: Language) -> str:
    """Why a file has its fate, what is weak about its match, and whom it fits or may mean."""
    parts = [value_word(text, lang) for text in (file.why, file.weak) if text]
    told = "; ".join(dict.fromkeys(parts))
    return f"{told}: {', '.join(file.near)}" if file.near else told


def card(case: Case, lang: Language) -> dict[str, Any]:
    """One student for `report.js`; empty entries are left out to keep the file small.

    `reasons` and `advice` are lists of [code, sentence, small print], `scores` of
    [kind, kind in words, score or None, error], `overlay` is in words what the picture shows.
    """
    subject, found = case.subject, case.assessment
    numbers = (subject.student_no, subject.candidate_no)
    entries = {
        "id": subject.student_key,
        "also": " ".join(n for n in numbers if n and n != subject.student_key),
        "name": subject.name,
        "number": subject.masked_id_number,
        "college": subject.college,
        "major": subject.major,
        "class": subject.class_name,
        "decision": found.decision.value,
        "category": found.category,
        "photo": photo_name(case),
        "seen": shown_name(case),
        "turn": found.turn_cw,
        "roll": None if found.roll_deg is None else round(found.roll_deg, 1),
        "reference": found.reference,
        "like": found.looks_like,
        "reasons": [[f.code, told(f, case, lang), measured(f, lang)] for f in reasons_of(case)],
        "advice": [[f.code, told(f, case, lang), measured(f, lang)] for f in advice_of(case)],
        "files": files_of(case, lang),
        "scores": [
            [c.kind, kind_name(c.kind, lang), c.judged, masked_sentence(value_name(c.error, lang))]
            for c in (*case.comparisons, *_uncompared(case))
        ],
        "overlay": kind_name(OVERLAY, lang) if OVERLAY in case.pictures else "",
    }
    return {key: value for key, value in entries.items() if value}
