"""Random cohorts of faces from the measuring pictures, judged as a night judges them.

People with two shots or more are students: the first shot is the photo, another one the reference.
Templates are taken once; a store holds what an engine would have seen, and the cohort stage and
`decide` do the rest. Used by bench/duplicates.py and bench/small_cohorts.py.
"""

from __future__ import annotations

import hashlib
import random
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from simulated_cohort import people, spotter

from models import recognisers
from pipeline.cohort.conclude import conclude_all, effective
from pipeline.core.geometry import align
from pipeline.core.measurements import (
    FACES_FOUND,
    PHOTO_HASH,
    PHOTO_HASH_MIRRORED,
    TURN_CONFIDENCE,
    TURN_CW,
)
from pipeline.core.policy import Policy, load_profile
from pipeline.core.types import (
    PHOTO,
    Assessment,
    Comparison,
    Evidence,
    Floats,
    Measurement,
    Subject,
)
from pipeline.decide import Judge
from pipeline.store import Store
from pipeline.store.packing import keep
from pipeline.student import orient
from pipeline.student.compare import embed, score, scores_between
from pipeline.student.detect import limit_size
from pipeline.student.resemblance import picture_hashes


@dataclass(frozen=True)
class Shot:
    """One picture: its template and hashes."""

    template: Floats
    hashes: tuple[str, str]


@dataclass
class Seen:
    """What a night saw of one student."""

    photo: Shot
    references: Mapping[str, Shot]
    sha256: str = ""
    facts: list[Measurement] = field(default_factory=list)


def shots(shared: Path, least: int = 1) -> dict[str, list[Shot]]:
    """All pictures by person, of those with at least so many; kept between calls."""
    kept = Path(tempfile.gettempdir()) / "photoproof-bench-shots.npz"
    if kept.is_file():
        table = np.load(kept)
        names, templates, hashes = table["names"], table["templates"], table["hashes"]
    else:
        names, templates, hashes = _taken(shared)
        np.savez(kept, names=names, templates=templates, hashes=hashes)
    found: dict[str, list[Shot]] = {}
    for name, template, pair in zip(names, templates, hashes, strict=True):
        found.setdefault(str(name), []).append(Shot(template, (str(pair[0]), str(pair[1]))))
    return {name: own for name, own in found.items() if len(own) >= least}


def _taken(shared: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    spot, fused = spotter(), recognisers.load(("sface",))
    names, templates, hashes = [], [], []
    for person, paths in sorted(people(shared).items()):
        for path in paths:
            bgr = limit_size(cv2.imread(str(path)))
            sightings, found = orient.settle(spot.looks(bgr))
            if found is None:
                continue
            face = spot.portrait(bgr, sightings, found)
            crop = align(face.bgr, face.face.landmarks, averaged=True)
            names.append(person)
            templates.append(embed(fused, [crop])[0])
            hashes.append(picture_hashes(face.bgr))
    return np.array(names), np.stack(templates), np.array(hashes)


def students(
    found: Mapping[str, list[Shot]],
    drawn: list[str],
    rng: random.Random,
    kinds: tuple[str, ...] = ("idcard",),
) -> dict[str, Seen]:
    """These people as students, each with two shots; one kind of reference after the other."""
    seen = {}
    for name in drawn:
        photo, *others = rng.sample(found[name], min(len(found[name]), 1 + len(kinds)))
        others = others or [photo]
        references = {kind: others[i % len(others)] for i, kind in enumerate(kinds)}
        seen[name] = Seen(photo, references)
    return seen


def night(seen: Mapping[str, Seen], policy: Policy) -> tuple[dict[str, Assessment], Policy]:
    """Everybody judged, and the policy with the cohort's thresholds."""
    profile = load_profile(policy.profile).model_copy(update={"limits": {}})
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "run.sqlite") as store:
        store.enrol((key, Subject(key, row), key) for row, key in enumerate(seen, 1))
        for key, student in seen.items():
            store.save((key, "done", keep(_evidence(key, student))))
        conclude_all(store, policy)
        judged, _ = effective(store, policy)
        judge = Judge(judged, profile)
        return {key: judge.judge(measured, c) for key, measured, c in store.evidence()}, judged


def _evidence(key: str, student: Seen) -> Evidence:
    templates = {PHOTO: student.photo.template}
    templates |= {slot: shot.template for slot, shot in student.references.items()}
    plain, mirrored = student.photo.hashes
    return Evidence(
        (
            *student.facts,
            Measurement(FACES_FOUND, 1.0),
            Measurement(TURN_CW, 0.0),
            Measurement(TURN_CONFIDENCE, 1.0),
            Measurement(PHOTO_HASH, plain),
            Measurement(PHOTO_HASH_MIRRORED, mirrored),
            *scores_between(templates),
        ),
        tuple(
            Comparison(slot, score(templates[PHOTO], shot.template), "sface", slot=slot)
            for slot, shot in student.references.items()
        ),
        student.sha256 or hashlib.sha256(key.encode()).hexdigest(),
        templates=templates,
    )
