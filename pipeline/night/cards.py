"""Which ID cards a night reads: those that no earlier night has read, of the same bytes.

What a card says is held against the roster's name and number. So a card is read again where one of
these, the card or the networks have changed, and one with another's number also where the roster's
numbers have: its owner may have come or gone. A student who is looked at again for any other reason
takes over what is known of the card.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from models.manifest import OCR, parts
from pipeline.core import measurements as names
from pipeline.core.digest import digest_of
from pipeline.core.types import SET_ASIDE, Cohort, ImageFile, Job, Measurement
from pipeline.source.id_number import normalise
from pipeline.store import Store


def owners_of(cohort: Cohort) -> dict[str, str]:
    """The roster's students by ID number; a number that several have is nobody's."""
    found: dict[str, str] = {}
    several: set[str] = set()
    for job in cohort.jobs:
        number = normalise(job.subject.id_number)
        several |= {number} & found.keys()
        found[number] = job.subject.student_key
    return {number: key for number, key in found.items() if number and number not in several}


class Cards:
    """What of a night depends on cards; nothing where the policy reads none.

    Args:
        cohort: The roster and its references.
        digests: sha256 by weight id; cards are read where the networks for it are among them.
        store: Of the nights before.

    Attributes:
        other_networks: Of `digests` those that look at everybody.
    """

    def __init__(self, cohort: Cohort, digests: Mapping[str, str], store: Store) -> None:
        read_by = {weight for weight, part in parts().items() if part == OCR}
        self._networks = {n: sha256 for n, sha256 in digests.items() if n in read_by}
        self.other_networks = {n: sha256 for n, sha256 in digests.items() if n not in read_by}
        self._roster = ""
        self._known: dict[str, dict[str, str]] = {}
        if self._networks:
            self._roster = digest_of(sorted(owners_of(cohort).items()))
            self._known = store.cohort.known_of_cards()
        self._reads: dict[str, str] = {}

    def print_of(
        self, key: str, job: Job, sha256_of: Callable[[ImageFile], str]
    ) -> tuple[str, ...]:
        """What a reading of a student's cards depends on; nothing where none is read."""
        if not self._networks:
            return ()
        cards = [(r.kind, sha256_of(r.file)) for r in job.references if r.kind != SET_ASIDE]
        refused = any(fact.name == names.REFUSED for fact in job.facts)
        if not cards or refused:
            return ()
        who = job.subject.name, job.subject.id_number
        self._reads[key] = digest_of(self._networks, cards, who)
        return (self._reads[key],)

    def outdated(self) -> list[str]:
        """Students whose card has another's number and was held against another roster."""
        return [key for key in self._known if self._outdated(key)]

    def _outdated(self, key: str) -> bool:
        known = self._known.get(key, {})
        return known.get(names.CARD_ROSTER, self._roster) != self._roster and any(
            name.startswith(names.CARD_NUMBER) and value == names.OTHER
            for name, value in known.items()
        )

    def handed_on(self, pending: Iterable[tuple[str, Job]]) -> Iterator[tuple[str, Job]]:
        """Every job with what is known of its cards, and with what a reading now depends on."""
        for key, job in pending:
            read = self._reads.get(key)
            if read is None:
                yield key, job
                continue
            facts = {names.CARD_READ: read, names.CARD_ROSTER: self._roster}
            known = self._known.get(key, {})
            if known.get(names.CARD_READ) == read and not self._outdated(key):
                facts = {**known, **facts}
            said = (Measurement(name, value) for name, value in facts.items())
            yield key, replace(job, facts=(*job.facts, *said))
