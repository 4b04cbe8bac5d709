"""Every student of a store decided, and what they come to."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass

from models.arithmetic import ARITHMETIC
from pipeline.core.digest import digest_of
from pipeline.core.measurements import ASSESS_ERROR, INSTRUCTIONS
from pipeline.core.policy import Policy, Profile
from pipeline.core.program import program_digest
from pipeline.core.said import said
from pipeline.core.types import Assessment, Decision, Measurement, Severity
from pipeline.decide import Judge
from pipeline.store import Store
from pipeline.store.summary import Counts

_NOTE = "decided"


@dataclass(frozen=True, slots=True)
class Tally:
    """What a store's students come to.

    Attributes:
        counts: Students by what was decided and why.
        instructions: Students by the instruction set that the networks ran on.
    """

    counts: Counts
    instructions: dict[str, int]

    @property
    def remarks(self) -> list[str]:
        """Where machines of several kinds looked at the students, that they did."""
        if len(self.instructions) < 2:
            return []
        kinds = tuple(f"{name} ({count})" for name, count in self.instructions.items())
        return [said("note.machines", kinds=kinds, arithmetic=ARITHMETIC)]


def decided(store: Store, policy: Policy, profile: Profile) -> Tally:
    """What `decide_all` says; asked anew only where anything that it depends on has changed."""
    last = json.loads(store.noted(_NOTE) or "{}")
    if last and last["of"] == _inputs(store, policy, profile):
        return Tally(Counts(**last["counts"]), last["instructions"])
    tally = decide_all(store, policy, profile)
    noted = {"of": _inputs(store, policy, profile), **asdict(tally)}
    with store.transaction():
        store.note(_NOTE, json.dumps(noted))
    return tally


def _inputs(store: Store, policy: Policy, profile: Profile) -> str:
    """Digest of all that decisions are made of, how they are made, and of themselves."""
    rules = policy.model_dump(mode="json"), profile.model_dump(mode="json")
    return digest_of(rules, store.digest(), program_digest())


def decide_all(store: Store, policy: Policy, profile: Profile) -> Tally:
    """Decide every student of a store from what was measured; no pixel is touched."""
    counting, instructions = Counting(), Counter[str]()
    strays = store.cohort.strays()
    judge, unassessed = Judge(policy, profile), store.unassessed()
    with store.transaction():
        for student_key, seen, comparisons in store.evidence():
            if student_key in unassessed:  # nobody is accepted unseen, whatever went wrong before
                seen = seen.also([Measurement(ASSESS_ERROR, "it was not looked at")])
            if ran_on := seen.values.get(INSTRUCTIONS):
                instructions[str(ran_on)] += 1
            assessment = judge.judge(seen, comparisons)
            store.decide(student_key, assessment)
            counting.add(assessment, student_key in strays)
    return Tally(counting.counts(), dict(sorted(instructions.items())))


class Counting:
    """Counts decisions as they come."""

    def __init__(self) -> None:
        self._decisions = Counter({decision.value: 0 for decision in Decision})
        self._categories: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._advice: Counter[str] = Counter()
        self._files: Counter[str] = Counter()

    def add(self, assessment: Assessment, stray: bool) -> None:
        """Count a student, or a photo that nobody claims."""
        if stray:  # files are counted by themselves, never among students
            self._files[assessment.decision.value] += 1
            return
        self._decisions[assessment.decision.value] += 1
        self._categories[assessment.category] += 1
        # Each once, in the order of the findings: a set would count in an order of its own.
        found = dict.fromkeys((f.code, f.severity is Severity.ADVICE) for f in assessment.findings)
        for code, is_advice in found:
            (self._advice if is_advice else self._reasons)[code] += 1

    def counts(self) -> Counts:
        """What they come to."""
        return Counts(
            decision=dict(self._decisions),
            category=dict(self._categories.most_common()),
            reasons=dict(self._reasons.most_common()),
            advice=dict(self._advice.most_common()),
            strays=dict(self._files.most_common()),
        )
