"""Proofs that a student brings after the doubt: found by name, and compared with the photo.

They are judged by the policy's own thresholds on plain scores: no other student is looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.measurements import REFUSED, SAME_PICTURE
from pipeline.core.policy import load_policy
from pipeline.core.types import Case, Comparison, ImageFile, Job, Measurement, Reference, Subject
from pipeline.source.kinds import by_kind
from pipeline.source.match import Index
from pipeline.source.pdf_pages import pages
from pipeline.student.engine import Engine


@dataclass(frozen=True, slots=True)
class Proof:
    """One further picture of a student.

    Attributes:
        comparison: With the photo; None where the student refuses comparison.
        picture: As it is shown, JPEG; None where it cannot be read.
        again: It is the photo itself again, and so proves nothing.
    """

    kind: str
    file: ImageFile
    comparison: Comparison | None
    picture: bytes | None
    again: bool = False


def found_proofs(
    folders: Sequence[Path], everybody: Iterable[Subject]
) -> Mapping[str, list[Reference]]:
    """Pictures by student key, by the rules of the intake: what fits several is nobody's.

    Args:
        folders: Folders and zip archives; a folder `学号-姓名` says whose, names say the kind.
        everybody: All students of the run, so that nobody gets another's.

    Raises:
        SourceError: A folder cannot be used.
    """
    index = Index(everybody)
    owned: defaultdict[str, list[Reference]] = defaultdict(list)
    for kind, files in by_kind({"": folders}):
        for found in files:
            if found.picture and (key := _owner(index, found.name)):
                owned[key] += (Reference(kind, one) for one in pages(found.picture, found.pages))
    return owned


def _owner(index: Index, path: str) -> str:
    """Whose a proof is: the student's whose folder it lies in, if its own name names no other.

    Proofs are called 旧身份证 and 医院证明, so that here a folder says more than in an intake.
    """
    *folders, name = path.split("/")
    claims = [index.claim(name.rpartition(".")[0] or name, folders), *map(index.claim, folders)]
    owners = {claim.owners[0] for claim in claims if claim and len(claim.owners) == 1}
    return owners.pop() if len(owners) == 1 else ""


def compared(
    case: Case, photo: ImageFile | None, proofs: Sequence[Reference], engine: Engine
) -> list[Proof]:
    """Each proof with its score against the photo.

    Args:
        case: The student's; whoever refuses comparison by machine is not compared here either.
        photo: Where the photo's bytes are; None leaves everything uncompared.
        proofs: Of the student.
        engine: Started.
    """
    refused = any(m.name == REFUSED and m.value for m in case.measurements.values())
    facts = (Measurement(REFUSED, "yes"),) if refused else ()
    evidence = engine.assess(Job(case.subject, photo, tuple(proofs), facts))
    told = list(evidence.comparisons)
    taken: dict[str, int] = {}
    result = []
    for place, proof in enumerate(proofs):
        number = taken[proof.kind] = taken.get(proof.kind, 0) + 1
        slot = proof.kind if number == 1 else f"{proof.kind}#{number}"
        comparison = told[place] if place < len(told) else None
        again = is_again({m.name: m for m in evidence.measurements}, slot)
        picture = evidence.pictures.get(slot)
        result.append(Proof(proof.kind, proof.file, comparison, picture, again))
    return result


def is_again(measured: Mapping[str, Measurement], slot: str) -> bool:
    """Whether a reference is the same picture as the photo, as `decide` judges it."""
    agreed = measured.get(SAME_PICTURE + slot)
    limit = load_policy().comparison.same_picture_from
    return agreed is not None and isinstance(agreed.value, float) and agreed.value >= limit
