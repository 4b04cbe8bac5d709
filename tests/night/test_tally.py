"""Everybody of a store decided and counted."""

from __future__ import annotations

from pathlib import Path

from pipeline.core.policy import Policy, Profile
from pipeline.core.types import Comparison, Evidence, Measurement, Severity, Subject
from pipeline.night.tally import decide_all
from pipeline.store import Store
from pipeline.store.packing import keep
from pipeline.student.measures import all_measures


def test_reasons_with_equal_counts_stand_in_the_order_of_the_findings(
    tmp_path: Path, policy: Policy, profile: Profile
) -> None:
    """`run.json` comes out the same however Python hashes strings in this process."""
    seen = tuple(Measurement(name, 0.5) for name in all_measures())
    with Store(tmp_path / "photoproof.sqlite") as store:
        store.enrol([("s", Subject("s", 1), "")])
        store.save(("s", "print", keep(Evidence(seen, (Comparison("idcard", 0.9, "drawn"),)))))
        counts = decide_all(store, policy, profile).counts
        case = store.case("s")
    assert case is not None
    advice = [f.code for f in case.assessment.findings if f.severity is Severity.ADVICE]
    assert len(set(advice)) > 5
    assert list(counts.advice) == list(dict.fromkeys(advice))
