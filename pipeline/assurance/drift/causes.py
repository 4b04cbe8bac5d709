"""What a changed result goes back to: inputs, networks, numbers, rules, other students."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pipeline.assurance.drift.records import Cause, Delta, deltas
from pipeline.core.measurements import ALIKE, COHORT, EYES, INSTRUCTIONS, SOURCE
from pipeline.core.types import Assessment, Case, Value
from pipeline.report.view import codes, reasons_of

_IDENTITY = frozenset({"NOT_ME", "SWAPPED", "LOOKS_LIKE_OTHER", "SAME_FACE"})

RunDeltas = Mapping[str, tuple[Delta, ...]]


@dataclass(frozen=True, slots=True)
class Side:
    """One student in one run; `fingerprint` covers all that the evidence depends on."""

    case: Case
    sha256: str
    fingerprint: str


def result_deltas(old: Case, new: Case) -> tuple[Delta, ...]:
    """What changed in the result itself; without advice, which never decides."""
    return tuple(deltas(_result(old), _result(new)))


def measurement_deltas(old: Case, new: Case) -> tuple[Delta, ...]:
    """Every measurement that changed, the intake's and the cohort's included."""
    return tuple(deltas(_values(old), _values(new)))


def find_causes(old: Side, new: Side, run: RunDeltas) -> tuple[Cause, ...]:
    """Why a student's result changed; `unknown` where the stores do not tell.

    Args:
        old: The student in the first run.
        new: The student in the second.
        run: What changed for the runs as a whole: models, program, policy, thresholds.
    """
    every = measurement_deltas(old.case, new.case)
    measured = (
        *(d for d in every if not d.name.startswith((SOURCE, COHORT))),
        *deltas(_scores(old.case), _scores(new.case)),
    )
    photo = tuple(deltas({"sha256": old.sha256[:12]}, {"sha256": new.sha256[:12]}))
    intake = (
        *(d for d in every if d.name.startswith(SOURCE)),
        *deltas({"sex": old.case.subject.sex}, {"sex": new.case.subject.sex}),
    )
    cohort = (
        *(d for d in every if d.name.startswith(COHORT)),
        *_adjusted(old.case, new.case),
    )
    found = {
        "photo": photo,
        "intake": intake,
        "references": tuple(_references(old, new, run)),
        "models": run["models"] if measured else (),
        "program": run["program"] if measured else (),
        "measurement": measured,
        "policy": tuple(_policy(old.case, new.case, run, bool(measured), bool(cohort))),
        "thresholds": tuple(_thresholds(old.case, new.case, run)),
        "cohort": cohort,
    }
    told = [Cause(kind, what) for kind, what in found.items() if what]
    inputs = {cause.kind for cause in told} - {"policy", "thresholds", "cohort", "measurement"}
    taken = any(d.name in _values(old.case) for d in measured)  # of the photo, not of the pair
    if old.fingerprint != new.fingerprint and not inputs and not taken and not _input(run):
        # Of all that the fingerprint covers, the bytes of the references alone are left.
        told.insert(0, Cause("references"))
    return tuple(told) or (Cause("unknown"),)


def _result(case: Case) -> dict[str, Value]:
    found = case.assessment
    return {
        "decision": found.decision.value,
        "category": found.category,
        "reasons": codes(reasons_of(case)),
        "turn_cw": found.turn_cw,
        "score": None if found.score is None else round(found.score, 4),
        "looks_like": found.looks_like,
    }


def _values(case: Case) -> dict[str, Value]:
    """All but what decides nothing: where the eyes lie in thumbnails, what networks ran on."""
    return {
        name: m.value
        for name, m in case.measurements.items()
        if not name.startswith(EYES) and name not in (INSTRUCTIONS, ALIKE)
    }


def _scores(case: Case) -> dict[str, Value]:
    return {f"score.{c.slot or c.kind}": c.score for c in case.comparisons}


def _adjusted(old: Case, new: Case) -> Iterator[Delta]:
    """Scores set against other strangers; told only where they may have decided."""
    if _identity_changed(old, new):
        yield from deltas(
            *({f"adjusted.{c.slot}": c.adjusted for c in x.comparisons} for x in (old, new))
        )


def _references(old: Side, new: Side, run: RunDeltas) -> Iterator[Delta]:
    """References that came, went, or are another picture."""
    before, after = (
        {c.slot or c.kind: "there" for c in side.case.comparisons} for side in (old, new)
    )
    yield from deltas(before, after)
    if run["models"] or run["program"]:
        return  # the same reference may give another thumbnail
    for role in sorted(before.keys() & after.keys()):
        if old.case.pictures.get(role) != new.case.pictures.get(role):
            yield Delta(role, "one picture", "another picture")


def _policy(old: Case, new: Case, run: RunDeltas, measured: bool, cohort: bool) -> Iterator[Delta]:
    """Keys of the policy that may bear on what changed."""
    changed = _changed_codes(old.assessment, new.assessment)
    identity = _identity_changed(old, new)
    bears: dict[str, Callable[[str], bool]] = {
        "profile": lambda _: bool(changed),
        "input": lambda _: measured,
        "orientation": lambda _: bool(changed),
        "comparison": lambda key: identity and not key.endswith(".provenance"),
        "cohort": lambda key: identity if ".calibration." in key else cohort,
        "severity": lambda key: key.split(".")[1] in changed,
    }  # how people review and what is deleted afterwards decide nothing
    for delta in run["policy"]:
        table = delta.name.split(".")[0]
        if table in bears and bears[table](delta.name):
            yield delta


def _thresholds(old: Case, new: Case, run: RunDeltas) -> Iterator[Delta]:
    """Thresholds of the reference kinds the student was judged by."""
    if _identity_changed(old, new):
        kinds = {old.assessment.reference, new.assessment.reference} - {""}
        for delta in run["thresholds"]:
            kind, _, key = delta.name.rpartition(".")
            if kind in kinds and key != "provenance":
                yield delta


def _identity_changed(old: Case, new: Case) -> bool:
    named = old.assessment.looks_like != new.assessment.looks_like
    return named or bool(_changed_codes(old.assessment, new.assessment) & _IDENTITY)


def _changed_codes(old: Assessment, new: Assessment) -> set[str]:
    """Reason codes that came, went or weigh otherwise now; advice included."""
    before, after = ({(f.code, f.severity) for f in a.findings} for a in (old, new))
    return {code for code, _ in before ^ after}


def _input(run: RunDeltas) -> bool:
    """Whether the runs' input limits, models or program differ: all in the fingerprint."""
    limits = any(delta.name.startswith("input.") for delta in run["policy"])
    return limits or bool(run["models"] or run["program"])
