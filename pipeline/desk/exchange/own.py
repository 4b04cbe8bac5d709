"""Which pictures of a case show somebody else, and so are on no paper of this student's."""

from __future__ import annotations

from pipeline.core.types import Case
from pipeline.desk.cases.verdicts import Outcome, Verdict
from pipeline.store.items import Item

# Reasons that say whose the photo is instead.
_OWNED = frozenset({"LOOKS_LIKE_OTHER", "SWAPPED", "DUPLICATE_PHOTO", "COPIED_PHOTO"})
# Reasons that say so of a reference; which one it is, the conflict says.
_REFERENCE_OWNED = ("REFERENCE_OF_OTHER", "CARD_OF_ANOTHER")
_CARD = "idcard"


def shows_own(item: Item, outcome: Outcome, *, doubted: bool) -> bool:
    """Whether the photo may be shown as the student's: not where it is another's.

    Args:
        item: The case, with the machine's reasons.
        outcome: What people have concluded; their word counts before the machine's.
        doubted: Show it although nobody knows whose it is: the doubt is what the paper is about.
    """
    if outcome.verdict is Verdict.NOT_ME:
        return False
    if outcome.verdict not in (None, Verdict.CANNOT_TELL):
        return True
    foreign = _OWNED if doubted else _OWNED | {"NOT_ME", "SAME_FACE"}
    return foreign.isdisjoint(item.codes)


def foreign_kinds(case: Case) -> set[str]:
    """Kinds of references that show another student."""
    found = {f.code: f.value for f in case.assessment.findings}
    if not any(code in found for code in _REFERENCE_OWNED):
        return set()
    odd = found.get("REFERENCE_CONFLICT")
    return set(odd.split(", ")) if isinstance(odd, str) else {_CARD}
