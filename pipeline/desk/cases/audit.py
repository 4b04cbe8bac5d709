"""Whether everything people and machine concluded is as it was written.

The log vouches for itself, answers and accounts (`Ledger.verify`), and for the run's decisions by
the digest that the run put into it at its end. What a case's state is follows from these, so it is
worked out anew and compared.
"""

from __future__ import annotations

import json
from dataclasses import replace

from pipeline.core.types import Decision
from pipeline.desk.cases.desk import Desk
from pipeline.desk.cases.made import IDENTITY
from pipeline.store.items import State
from pipeline.store.ledger import RUN_DECIDED
from pipeline.store.log import Verification

AT_WORK = "a run is at work or was cut off: its decisions and the states of cases were not compared"


def verified(desk: Desk, noted_head: str = "") -> Verification:
    """Check log, answers, accounts, the run's decisions and the states of cases, at one moment.

    Args:
        desk: Not brought up to date: that would make states anew.
        noted_head: A head hash noted earlier; it must still be in the chain.
    """
    with desk.ledger.snapshot(), desk.store.snapshot(), desk.ledger.items.whole():
        found = desk.ledger.verify(noted_head)
        if found.fault:
            return found
        if desk.at_work:
            return replace(found, unchecked=AT_WORK)
        return replace(found, fault=_decisions(desk) or _states(desk))


def _decisions(desk: Desk) -> str:
    """What is wrong with the run's decisions; nothing is known of runs that put none on record."""
    entry = desk.ledger.log.last(RUN_DECIDED)
    if entry is None:
        return ""
    said = json.loads(entry.detail)
    if said["decisions"] != desk.store.decisions_digest():
        return f"the run's decisions are not those that it put on record in entry {entry.seq}"
    if said["run"] != desk.store.stamp():
        return f"the run's summary is not the one that entry {entry.seq} speaks of"
    return ""


def _states(desk: Desk) -> str:
    """The first case that is not as the run and people's answers make it."""
    if desk.ledger.noted("run") != desk.stamp:
        return ""  # the cases are an earlier run's, and made anew before anybody sees them
    kept = {item.student_key: item for item in desk.items()}
    for made in desk.cases_of_store():
        item = kept.pop(made.student_key, None)
        if item is None:
            return f"case {made.id} is missing"
        # Which cases are seeded was drawn from the sure ones by the answers of that time.
        seeded = item.seeded and made.decision is Decision.ACCEPT
        blind = seeded or not set(IDENTITY).isdisjoint(made.codes)
        expected = made._replace(seeded=seeded, blind=blind)
        outcome = desk.settled(expected)
        queued = outcome.state is not State.NONE
        expected = expected._replace(queued=queued, state=outcome.state, need=outcome.need)
        if item != expected:
            return f"case {item.id} is not what the run and people's answers make of it"
    return f"case {next(iter(kept.values())).id} is of no student" if kept else ""
