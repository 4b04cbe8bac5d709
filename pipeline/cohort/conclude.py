"""What is concluded across students: the order of the cohort stage, between store and store."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping

import numpy as np

from pipeline.cohort.across import across, is_large
from pipeline.cohort.calibrate import NonMated, calibrated, non_mated, sampled
from pipeline.cohort.duplicates import identical, settled
from pipeline.cohort.gallery import NO_FACES, Faces, Galleries, Gallery, norms
from pipeline.cohort.set_aside import better_files
from pipeline.core.identity import best_comparison, conflict, matches
from pipeline.core.measurements import LIKELY_OWNER, LOOKS_LIKE
from pipeline.core.policy import Policy
from pipeline.core.types import PHOTO, SET_ASIDE, Comparison, Measurement
from pipeline.store import Store

_NOTE = "non_mated"
MOST_ALIKE = 5  # students that are proposed to people for a photo that nobody claims


def conclude_all(store: Store, policy: Policy) -> None:
    """Replace all that was concluded across students: adjusted scores, owners, copies."""
    photos, asides, galleries = _galleries(store)
    with store.transaction():
        store.cohort.adjust(_adjusted(galleries))
    _keep(store, _distributions(store, photos, galleries, policy))
    judged, _ = effective(store, policy)
    own = dict(_own_scores(store, judged))
    suspects = {student_key: score for student_key, (score, same) in own.items() if not same}
    matching = own.keys() - suspects.keys()
    found = list(settled(identical(store.cohort.same_photo()), matching))
    same_bytes = {student_key for student_key, _ in found}
    asked = across(photos, galleries, policy)
    copied = [c for c in asked.copies(store.cohort) if c[0] not in same_bytes]
    found += settled(copied, matching)
    references = [
        Faces.of(gallery.reference_keys, {}, gallery.references)
        for gallery, _ in galleries.values()
    ]
    files = store.cohort.set_aside()
    found += better_files(photos, asides, references, files, policy.cohort.owner_margin)
    if policy.cohort.one_to_many:
        found += asked.reference_owners(_odd_references(store, judged), judged)
        strays = store.cohort.strays()  # whose they are is asked of all
        suspects |= {key: -1.0 for key in photos.keys if key in strays}
        owners = asked.owners(suspects, judged)
        found += asked.most_alike(sorted(strays), MOST_ALIKE)
        found += [_proposed(key, told) if key in strays else (key, told) for key, told in owners]
        explained = {*suspects, *(student_key for student_key, _ in found)}
        found += asked.same_face(explained, judged)
    store.cohort.conclude(found)


def _proposed(key: str, told: Measurement) -> tuple[str, Measurement]:
    """What is said of a photo that nobody claims: no one else's photo is wrong by it."""
    return key, told._replace(name=LIKELY_OWNER) if told.name == LOOKS_LIKE else told


def effective(store: Store, policy: Policy) -> tuple[Policy, dict[str, dict[str, object]]]:
    """The policy with this cohort's thresholds, and how they came about by reference kind."""
    if not policy.cohort.calibration.enabled:
        return policy, {}
    comparison, notes = calibrated(policy.comparison, _kept(store), policy.cohort.calibration)
    return policy.model_copy(update={"comparison": comparison}), notes


def histograms(store: Store, bins: int = 100) -> dict[str, list[int]]:
    """Non-mated scores by reference kind as counts in `bins` equal bins over -1 to 1."""
    return {
        kind: seen.counts.sum(axis=0).reshape(bins, -1).sum(axis=1).tolist()
        for kind, seen in _kept(store).items()
    }


def _galleries(store: Store) -> tuple[Faces, dict[int, Faces], Galleries]:
    """All photos, files set aside, and photos against references by slot ("idcard", "idcard#2")."""
    sexes = store.cohort.sexes()
    faces = {
        slot: Faces.of(keys, sexes, vectors)
        for slot, (keys, vectors) in store.cohort.templates().items()
    }
    photos = faces.pop(PHOTO, NO_FACES)
    others = [slot for slot in faces if slot.split("#")[0] == SET_ASIDE]
    asides = {int(slot.partition("#")[2] or 1) - 1: faces.pop(slot) for slot in others}
    galleries = {slot: Gallery(photos, references) for slot, references in sorted(faces.items())}
    return photos, asides, {slot: (g, norms(g)) for slot, g in galleries.items()}


def _adjusted(galleries: Galleries) -> Iterator[tuple[str, str, float]]:
    """Every student's own comparisons against what their pictures score with strangers."""
    for slot, (gallery, normal) in galleries.items():
        if normal is None:
            continue
        row_of = {student_key: row for row, student_key in enumerate(gallery.photo_keys)}
        for column, student_key in enumerate(gallery.reference_keys):
            if (row := row_of.get(student_key)) is not None:
                score = gallery.photos[row] @ gallery.references[column]
                pair = normal.adjust(np.array([score]), row, slice(column, column + 1))
                yield student_key, slot, float(pair[0])


def _distributions(
    store: Store, photos: Faces, galleries: Galleries, policy: Policy
) -> dict[str, NonMated]:
    """Non-mated scores by reference kind, among students whose own reference matches."""
    matching: dict[str, set[str]] = defaultdict(set)
    for student_key, comparisons in store.comparisons():
        for comparison in comparisons:
            needed = policy.comparison.of(comparison.kind).accept_from
            if comparison.score is not None and comparison.score >= needed:
                matching[comparison.slot].add(student_key)
    rules = policy.cohort.calibration
    # The first reference of a kind stands for the kind: second ones are few.
    asked = {slot: pair for slot, pair in galleries.items() if "#" not in slot}
    if is_large(photos, galleries):
        asked = {slot: sampled(*pair, rules.sample) for slot, pair in asked.items()}
    return {
        slot: non_mated(gallery, normal, matching[slot], rules)
        for slot, (gallery, normal) in asked.items()
    }


def _own_scores(store: Store, judged: Policy) -> Iterator[tuple[str, tuple[float, bool]]]:
    """Of students that could be compared: the score that counts, and whether it is accepted."""
    for student_key, comparisons in store.comparisons():
        best = best_comparison(comparisons, judged)
        if best is not None and best.judged is not None:
            yield student_key, (best.judged, matches(best, judged))


def _odd_references(store: Store, judged: Policy) -> Iterator[tuple[str, Comparison]]:
    """The reference that contradicts the photo and another reference, by student."""
    for student_key, measured, comparisons in store.evidence(several=True):
        found = conflict(measured.values, comparisons, judged)
        if found is not None and found.odd is not None:
            yield student_key, found.odd


def _keep(store: Store, seen: Mapping[str, NonMated]) -> None:
    table = {
        kind: {"counts": d.counts.tolist(), "left_out": d.left_out, "adjusted": d.adjusted}
        for kind, d in seen.items()
    }
    with store.transaction():
        store.note(_NOTE, json.dumps(table))


def _kept(store: Store) -> dict[str, NonMated]:
    table = json.loads(store.noted(_NOTE) or "{}")
    return {
        kind: NonMated(np.array(row["counts"], dtype=np.int64), row["left_out"], row["adjusted"])
        for kind, row in table.items()
    }
