"""Which of several files of one student is looked at as the photo, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.core.imagefile import READ_ERRORS
from pipeline.source.found import Found
from pipeline.source.match import Claim

# Times of files differ by up to two seconds where they are the same: FAT and zip count in twos.
GRAIN_S = 2.0
_LIMIT = 64 << 20

Owned = tuple[Claim, Found]


@dataclass(frozen=True, slots=True)
class Choice:
    """One student's files of one kind.

    Attributes:
        used: The one that is looked at as the photo.
        why: What decided, a word of `data/words.toml`; "" where there was nothing to decide.
        aside: The others, each with the reason.
    """

    used: Owned
    why: str
    aside: tuple[tuple[Owned, str], ...]

    @property
    def in_doubt(self) -> bool:
        """Whether another file of other content could have been meant."""
        return any(why != "same_bytes" for _, why in self.aside)


def choose(files: Sequence[Owned], assigned: Found | None = None) -> Choice:
    """The file to look at: given by people, agreeing, from the latest source, newest, plainest.

    Args:
        files: At least one; in the order given.
        assigned: What people have given the student.
    """
    ordered = sorted(files, key=lambda one: _rank(one, assigned))
    first = ordered[0]
    level = [one for one in ordered if _rank(one, assigned)[:3] == _rank(first, assigned)[:3]]
    newest = max(found.changed for _, found in level)
    recent = [one for one in level if one[1].changed >= newest - GRAIN_S]
    used = min(recent, key=lambda one: (bool(one[0].weak), one[0].key, one[0].copy))
    others = [one for one in ordered if one is not used]
    aside = tuple((one, _behind(used, one, assigned)) for one in others)
    whys = [why for _, why in aside if why != "same_bytes"]
    return Choice(used, _CHOSEN.get(whys[0], "") if whys else "", aside)


# Why a file was set aside, and what is then said of the one that was not.
_CHOSEN = {
    "another_was_assigned": "assigned",
    "name_disagrees": "name_agrees",
    "from_an_earlier_source": "from_the_latest_source",
    "older": "newest",
    "named_less_plainly": "named_most_plainly",
    "a_copy": "no_copy",
    "equal_claims": "first_given",
}


def _rank(one: Owned, assigned: Found | None) -> tuple[bool, bool, int]:
    claim, found = one
    return (assigned is not None and found is not assigned, claim.mismatch, -found.order)


def _behind(used: Owned, other: Owned, assigned: Found | None) -> str:
    """Why a file stands behind the one that is used."""
    if same_bytes(used[1], other[1]):
        return "same_bytes"
    if assigned is used[1]:
        return "another_was_assigned"
    if other[0].mismatch and not used[0].mismatch:
        return "name_disagrees"
    if other[1].order != used[1].order:
        return "from_an_earlier_source"
    if other[1].changed < used[1].changed - GRAIN_S:
        return "older"
    if (bool(other[0].weak), other[0].key) > (bool(used[0].weak), used[0].key):
        return "named_less_plainly"
    return "a_copy" if other[0].copy and not used[0].copy else "equal_claims"


def same_bytes(one: Found, other: Found) -> bool:
    """Whether two pictures are the same bytes; False where either is empty or cannot be read."""
    if one.picture is None or other.picture is None or one.size != other.size or one.size < 1:
        return False
    try:
        return one.picture.read_bytes(_LIMIT) == other.picture.read_bytes(_LIMIT)
    except READ_ERRORS:
        return False
