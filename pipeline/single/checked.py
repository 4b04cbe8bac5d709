"""What came of one photo: its measurements and findings, for programs and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core.policy import Policy, Profile
from pipeline.core.privacy import masked
from pipeline.core.reasons import measure_name, sentence
from pipeline.core.types import Assessment, Evidence, Finding, Measurement, Severity
from pipeline.core.words import languages
from pipeline.decide import decide_one
from pipeline.student.measures import all_measures


@dataclass(frozen=True, slots=True)
class Checked:
    """One photo's measurements and what they mean under the standard."""

    path: Path
    measurements: Mapping[str, Measurement]
    assessment: Assessment

    @property
    def violations(self) -> tuple[Finding, ...]:
        """Findings that the standard or the registry would object to: all but "not measured"."""
        return tuple(
            finding
            for finding in self.assessment.findings
            if finding.code != "NOT_ASSESSED" or finding.severity > Severity.ADVICE
        )

    def as_json(self) -> dict[str, Any]:
        """Findings with sentences, values with units and ISO/IEC 29794-5 components."""
        return {
            "photo": masked(self.path.name),
            "violated": bool(self.violations),
            "turn_cw": self.assessment.turn_cw,
            "findings": [
                {
                    "code": finding.code,
                    "severity": finding.severity.name.lower(),
                    "value": finding.value,
                    "limit": finding.limit,
                    "unit": finding.unit,
                    "clause": finding.clause,
                    **{lang: sentence(finding, lang) for lang in languages()},
                }
                for finding in self.assessment.findings
            ],
            "measures": {name: _row(m) for name, m in self.measurements.items()},
        }


def judged(path: Path, evidence: Evidence, policy: Policy, profile: Profile) -> Checked:
    """What was seen of one photo, judged without references."""
    measured = {m.name: m for m in evidence.measurements}
    return Checked(path, measured, decide_one(measured, (), policy, profile))


def _row(measurement: Measurement) -> dict[str, Any]:
    """One measurement for JSON."""
    measure = all_measures().get(measurement.name)
    row: dict[str, Any] = {"value": measurement.value, "unit": measurement.unit}
    if measurement.error:
        row["error"] = measurement.error
    if measure is not None and measure.per:
        row["unit"] = f"of the {measure.per}"
    if measure is not None and measure.scalar and isinstance(measurement.value, float):
        row["component"] = measure.scalar(measurement.value)
    if measure is not None:
        row |= {lang: measure_name(measure.name, lang) for lang in languages()}
    return row
