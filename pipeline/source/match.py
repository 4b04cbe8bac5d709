"""Whose picture is it: students found by file and folder names, by dictionary look-ups alone.

A file costs a number of look-ups that depends on the length of its name, not of the roster. A name
is believed where a person would believe it; where it could mean somebody else nobody is named, and
those it may mean are told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.core.types import Subject
from pipeline.source import file_names
from pipeline.source.belonging import Groups, narrowed
from pipeline.source.file_names import COPY, TOKEN, is_plain, stem_text
from pipeline.source.found import Found
from pipeline.source.names import Names
from pipeline.source.numbers import Hit, Key, Numbers, split
from pipeline.source.text import squashed


@dataclass(frozen=True, slots=True)
class Claim:
    """What a name says.

    Attributes:
        owners: Student keys: one; several where it fits several; none where it is not believed.
        mismatch: The number is the owner's, the name is not.
        copy: Found only without a copy mark.
        weak: Why somebody should look, a word of `data/words.toml`; "" where it is plain.
        by: What else spoke for the owner: `class`, `college`, `folder`, `pinyin` and so on.
        near: Whom it may mean, where it is not believed.
    """

    owners: tuple[str, ...]
    key: Key
    mismatch: bool = False
    copy: bool = False
    weak: str = ""
    by: tuple[str, ...] = ()
    near: tuple[str, ...] = ()

    @property
    def matched_by(self) -> str:
        """The key and what else spoke for it: "name+class"."""
        return "+".join((self.key.name.lower(), *self.by))


@dataclass(frozen=True, slots=True)
class Matches:
    """Files by owner.

    Attributes:
        owned: Per student key the files that are theirs by name, in the order given.
        fits: Per student key the files that fit others as well.
        near: Per student key the files that may mean the student and are not believed.
        unclaimed: Files that belong to nobody or to nobody in particular, and what they say.
    """

    owned: dict[str, list[tuple[Claim, Found]]] = field(default_factory=lambda: defaultdict(list))
    fits: dict[str, list[Found]] = field(default_factory=lambda: defaultdict(list))
    near: dict[str, list[Found]] = field(default_factory=lambda: defaultdict(list))
    unclaimed: list[tuple[Claim | None, Found]] = field(default_factory=list)


class Index:
    """Students by everything a file may be named after."""

    def __init__(self, subjects: Iterable[Subject]) -> None:
        self._subjects = {s.student_key: s for s in subjects}
        self._groups = Groups(self._subjects.values())
        self._numbers = Numbers(self._subjects.values())
        self._names = Names(self._subjects.values(), self._groups)

    def claim(self, name: str, folders: Sequence[str] = ()) -> Claim | None:
        """Whom a file's name, or else its folders, point to; None for nobody.

        Args:
            name: Without the ending.
            folders: Names of the folders it lies in, outermost first.
        """
        text = stem_text(name)
        around = [stem_text(folder) for folder in folders]
        found = self._read(text, around)
        if found is None and not text.isascii():
            trials = (self._read(stem_text(t), around) for t in file_names.repaired(name))
            found = next((c for c in trials if c and c.owners and not c.weak), None)
        if found is None and is_plain(text):
            found = self._of_folder(around)
        return found

    def _of_folder(self, folders: Sequence[str]) -> Claim | None:
        """Whose folder it is, where the file's own name says nothing."""
        for depth in range(len(folders) - 1, -1, -1):
            claim = self._read(folders[depth], folders[:depth])
            if claim and claim.owners:
                weak = claim.weak or "file_named_by_folder"
                return replace(claim, weak=weak, by=(*claim.by, "folder"))
            if not is_plain(folders[depth]):
                break
        return None

    def _read(self, text: str, folders: Sequence[str]) -> Claim | None:
        bare = COPY.sub("", text)
        whole = "/".join((*folders, text))
        return (
            self._exact(text, whole)
            or self._exact(bare, whole, copy=bare != text)
            or self._by_parts(bare, whole, copy=bare != text)
            or (self._by_parts(text, whole, copy=False) if bare != text else None)
        )

    def _exact(self, text: str, whole: str, copy: bool = False) -> Claim | None:
        hit = self._numbers.exact(text)
        if hit:
            return Claim(hit.owners, hit.key, copy=copy)
        owners = self._names.exact(squashed(text))
        return self._among(owners, whole, Claim((), Key.NAME, copy=copy)) if owners else None

    def _by_parts(self, text: str, whole: str, copy: bool) -> Claim | None:
        """Numbers and names among other words, as in `1班_20240001_张三`."""
        names = self._names.within(text)
        hits = self._numbers.within(text, {owner for owners in names for owner in owners})
        sure = [hit for hit in hits if hit.sure]
        if sure:
            return self._by_number(sure, names, text, copy)
        if names:
            return self._by_name(names, text, whole, copy)
        owners = self._names.by_pinyin(text)
        if owners:
            claim = Claim((), Key.NAME, copy=copy, weak="named_in_pinyin", by=("pinyin",))
            return self._among(owners, whole, claim)
        return None

    def _by_number(
        self, hits: Sequence[Hit], names: Sequence[tuple[str, ...]], text: str, copy: bool
    ) -> Claim | None:
        owners = tuple(dict.fromkeys(owner for hit in hits for owner in hit.owners))
        key = min(hit.key for hit in hits)
        named = [owner for owner in owners if any(owner in told for told in names)]
        if len(owners) > 1:
            best = [hit.owners for hit in hits if hit.key is key]
            if len(named) == 1:
                owners = (named[0],)
                return Claim(owners, key, mismatch=len(hits) > 1, copy=copy)
            # Numbers of two students: the better kind tells, as long as there is one of it.
            if len(best) == 1 and len(best[0]) == 1 and len(hits) > 1:
                return Claim(best[0], key, mismatch=True, copy=copy)
            return Claim(owners, key, copy=copy)
        (owner,) = owners
        own = squashed(self._subjects[owner].name)
        if named:
            return Claim(owners, key, mismatch=len(names) > 1, copy=copy)
        if names or (own and self._names.another(text)):
            return Claim(owners, key, mismatch=True, copy=copy)
        letters = any(split(token)[0] for token in TOKEN.findall(text))
        weak = "number_among_others" if letters else ""
        return Claim(owners, key, copy=copy, weak=weak)

    def _by_name(
        self, names: Sequence[tuple[str, ...]], text: str, whole: str, copy: bool
    ) -> Claim:
        owners = tuple(dict.fromkeys(owner for told in names for owner in told))
        claim = Claim((), Key.NAME, copy=copy)
        if len(names) > 1:
            return replace(claim, owners=owners)
        if foreign := self._numbers.foreign(text):
            slips = tuple(o for o in owners if any(self._numbers.slip(o, r) for r in foreign))
            if len(slips) != 1:
                return replace(claim, near=owners, weak="number_of_nobody")
            return replace(claim, owners=slips, weak="number_with_a_slip", by=("number_part",))
        if self._names.another(text, beside=owners):
            claim = replace(claim, weak="other_words_beside")
        return self._among(owners, whole, claim)

    def _among(self, owners: tuple[str, ...], whole: str, claim: Claim) -> Claim:
        """One of those who share a name, by class and the like; nobody where these speak against.

        A name that only one student has is believed unless the path names another class.
        """
        subjects = [self._subjects[owner] for owner in owners]
        if len(subjects) == 1:
            judged = self._groups.judge(subjects[0], whole)
            if judged.score < 0 and not judged.by:
                return replace(claim, near=owners, weak="of_another_class")
            weak = claim.weak or ("of_another_class" if judged.score < 0 else "")
            return replace(claim, owners=owners, by=(*claim.by, *judged.by), weak=weak)
        chosen, judged = narrowed(self._groups, subjects, whole)
        if chosen is None:
            if judged.score < 0:
                return replace(claim, near=owners, weak="of_another_class")
            return replace(claim, owners=owners)
        weak = claim.weak
        if not weak and "class" not in judged.by:
            weak = "one_of_a_name"
        return replace(claim, owners=(chosen.student_key,), by=(*claim.by, *judged.by), weak=weak)


def match_files(
    index: Index, files: Iterable[Found], assigned: Mapping[str, str] | None = None
) -> Matches:
    """Give every file to the student its name points to.

    Args:
        index: All students.
        files: Pictures.
        assigned: By `Found.path`, the student to whom people have given a file.
    """
    matches = Matches()
    for found in files:
        *folders, last = found.name.split("/")
        if assigned and (owner := assigned.get(found.path)):
            claim: Claim | None = Claim((owner,), Key.ASSIGNED)
        else:
            claim = index.claim(last.rpartition(".")[0] or last, folders)
        if claim and len(claim.owners) == 1:
            matches.owned[claim.owners[0]].append((claim, found))
            continue
        matches.unclaimed.append((claim, found))
        for owner in claim.owners if claim else ():
            matches.fits[owner].append(found)
        for owner in claim.near if claim else ():
            matches.near[owner].append(found)
    return matches
