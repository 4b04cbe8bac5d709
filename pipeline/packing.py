"""Measurements and decisions as the JSON texts that the store keeps: one a student."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields

from pipeline.types import Assessment, Decision, Finding, Measurement, Severity

_ASSESSMENT = tuple(field.name for field in fields(Assessment))
_FINDING = tuple(field.name for field in fields(Finding))


def pack(measurements: Iterable[Measurement]) -> str:
    """Measurements as `{name: [value, unit, error]}`; a value that is NaN becomes null."""
    packed = {
        m.name: (None if m.value != m.value else m.value, m.unit, m.error) for m in measurements
    }
    return json.dumps(packed, ensure_ascii=False)


def unpack(text: str) -> dict[str, Measurement]:
    """The measurements of `pack`, by name."""
    return {name: Measurement(name, *rest) for name, rest in json.loads(text).items()}


def pack_assessment(assessment: Assessment) -> str:
    """An Assessment as JSON; by hand, because `asdict` copies deeply and slowly."""
    whole = {name: getattr(assessment, name) for name in _ASSESSMENT}
    whole["findings"] = [
        {name: getattr(finding, name) for name in _FINDING} for finding in assessment.findings
    ]
    return json.dumps(whole, ensure_ascii=False)


def unpack_assessment(text: str) -> Assessment:
    """The Assessment of `pack_assessment`."""
    whole = json.loads(text)
    findings = whole.pop("findings")
    return Assessment(
        decision=Decision(whole.pop("decision")),
        findings=tuple(Finding(**{**f, "severity": Severity(f["severity"])}) for f in findings),
        **whole,
    )
