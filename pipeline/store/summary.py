"""What is told of a run as a whole: the record behind `run.json`, which the store keeps as well."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pipeline.core.aside import replacing
from pipeline.core.errors import StoreError
from pipeline.core.shares import shares

# Raise when a key changes its meaning; a further key is none, older files do without it.
FORMAT = 1
_ONLY_IF_SAID = ("identity", "purged", "intake")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Students by decision, by the registry's category, by reason code and by advice.

    Attributes:
        strays: Photos that nobody claims, by decision; they are no students.
    """

    decision: Mapping[str, int] = field(default_factory=dict)
    category: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    advice: Mapping[str, int] = field(default_factory=dict)
    strays: Mapping[str, int] = field(default_factory=dict)

    @property
    def shares(self) -> dict[str, float]:
        """Percent of the students by decision, to one decimal; they add up to 100.0."""
        return shares(self.decision)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """One run. The fields are the keys of `run.json`, in their order.

    What has a default may be absent from runs that are older than the field.

    Attributes:
        format: Of the record itself.
        photoproof: Version of the program.
        started: ISO 8601, as `finished`.
        seconds: The run took, without the reports.
        students: In the roster.
        assessed: Students looked at in this run, not in an earlier one.
        intake: The balance of roster and files (`pipeline.source.balance`).
        stages: Seconds by stage, of all workers together.
        versions: By package.
        models: sha256 by weight id.
        arithmetic: Number format that the networks computed in.
        instructions: Students by the instruction set that the networks ran on.
        policy: All of it.
        profile: Name of the photo standard.
        thresholds: By reference kind, those in force.
        calibration: By reference kind, how the thresholds came about.
        non_mated: By reference kind, scores of strangers as counts in equal bins over -1 to 1.
        remarks: Sentences for those who read the report; no ID number.
        identity: What this folder's reports are known by.
        purged: When its students were deleted; ISO 8601.
    """

    format: int = FORMAT
    photoproof: str
    started: str
    finished: str
    seconds: float = 0.0
    students: int
    assessed: int = 0
    students_per_second: float = 0.0
    workers: int = 1
    counts: Counts
    intake: Mapping[str, Any] = field(default_factory=dict)
    stages: Mapping[str, float] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    arithmetic: str = ""
    instructions: Mapping[str, int] = field(default_factory=dict)
    policy: Mapping[str, Any]
    profile: str
    thresholds: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    calibration: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    non_mated: Mapping[str, Sequence[int]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    identity: str = ""
    purged: str = ""

    @classmethod
    def read(cls, text: str, place: str) -> RunSummary:
        """The record of `text()`, also of an older program.

        Args:
            text: JSON.
            place: Where it comes from, for messages.

        Raises:
            StoreError: It is damaged, or of a newer program.
        """
        try:
            summary = _SUMMARY.validate_json(text)
        except ValidationError as error:
            where = ".".join(map(str, error.errors()[0]["loc"]))
            raise StoreError(
                "summary_unreadable", place=place, where=where or "its beginning"
            ) from error
        if summary.format > FORMAT:
            raise StoreError("summary_newer", place=place, format=summary.format, known=FORMAT)
        return summary

    @property
    def recogniser(self) -> str:
        """What compared faces; runs that do not say were made when there was one only."""
        return str(self.policy.get("comparison", {}).get("recogniser", "sface"))

    @property
    def review(self) -> Mapping[str, Any]:
        """The policy's table of how people judge; empty where the run is older than that."""
        review: Mapping[str, Any] = self.policy.get("review", {})
        return review

    def as_json(self) -> dict[str, Any]:
        """The record as JSON's types."""
        table = asdict(self)
        if not self.counts.strays:
            del table["counts"]["strays"]
        table["counts"]["shares"] = self.counts.shares
        return {key: v for key, v in table.items() if v or key not in _ONLY_IF_SAID}

    def text(self) -> str:
        """The record on one line."""
        return json.dumps(self.as_json(), ensure_ascii=False)

    def write(self, path: Path) -> None:
        """Write the record as `run.json`, whole or not at all; OSError where it cannot be."""
        with replacing(path) as aside:
            told = json.dumps(self.as_json(), ensure_ascii=False, indent=2)
            aside.write_text(told + "\n", "utf-8")


_SUMMARY = TypeAdapter(RunSummary)
