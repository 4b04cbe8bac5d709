"""Cases made of what a run has decided: one a student, one a photo that nobody claims."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from math import ceil

from pipeline.core.privacy import Mask
from pipeline.core.types import Assessment, Decision, Severity, Subject
from pipeline.store import Store
from pipeline.store.answers import Answers
from pipeline.store.items import Item

VERSION = 2  # counts up when a case is made otherwise of the same run
# Reasons about whose face it is: such cases are judged before the machine's answer is shown.
IDENTITY = ("NOT_ME", "LOOKS_LIKE_OTHER")


def cases_of(
    store: Store, answers: Answers, mask: Mask, seeded_share: float, secret: str
) -> Iterator[Item]:
    """The students of a run as cases, in order.

    Args:
        store: The run's.
        answers: What people have said; a photo that replaces one they judged is never a seed.
        mask: What every text goes through.
        seeded_share: Of the cases in doubt, so many sure ones are asked as well.
        secret: What makes ids that nobody can guess.
    """
    decided = list(store.decided())
    in_doubt = sum(_in_doubt(found) for *_, found in decided)
    wanted = ceil(seeded_share * in_doubt)
    judged = answers.photos()
    known = {answers_key for answers_key, _ in judged}
    # A photo that replaces one people have judged is their case, never a seed.
    sure = [
        student_key
        for student_key, subject, sha256, found in decided
        if _known(found)
        and (
            (whose := _answers_key(student_key, subject, sha256)) not in known
            or (whose, sha256) in judged
        )
    ]
    seeded = set(sorted(sure, key=lambda one: _identifier(secret, "seed", one))[:wanted])
    for position, (student_key, subject, sha256, found) in enumerate(decided):
        blind = student_key in seeded or _in_doubt(found)
        yield Item(
            id=_identifier(secret, "case", student_key),
            student_key=student_key,
            answers_key=_answers_key(student_key, subject, sha256),
            photo_sha256=sha256,
            position=position,
            name=mask(subject.name or _file_of(student_key, subject)),
            numbers=_numbers(subject, mask),
            college=mask(subject.college),
            class_name=mask(subject.class_name),
            decision=found.decision,
            blind=blind,
            seeded=student_key in seeded,
            codes=tuple(_codes(found)),
        )


def _in_doubt(found: Assessment) -> bool:
    return not set(IDENTITY).isdisjoint(_codes(found))


def _known(found: Assessment) -> bool:
    return found.decision is Decision.ACCEPT and found.score is not None


def _codes(found: Assessment) -> list[str]:
    return list(dict.fromkeys(f.code for f in found.findings if f.severity > Severity.ADVICE))


def _numbers(subject: Subject, mask: Mask) -> str:
    """What a search finds a student by, the ID number not among it."""
    return " ".join(
        dict.fromkeys(
            mask(n) for n in (subject.student_key, subject.student_no, subject.candidate_no) if n
        )
    )


def _answers_key(student_key: str, subject: Subject, sha256: str) -> str:
    """Whose answers: the student's; for a photo that nobody claims, those of its bytes."""
    return subject.student_key or f"extra:{(sha256 or _identifier('', 'extra', student_key))[:16]}"


def _file_of(student_key: str, subject: Subject) -> str:
    """What a photo that nobody claims is called by: its file's name."""
    return "" if subject.student_key else student_key.split(":", 2)[-1]


def _identifier(secret: str, purpose: str, name: str) -> str:
    return hashlib.sha256(f"{secret}\0{purpose}\0{name}".encode()).hexdigest()[:20]
