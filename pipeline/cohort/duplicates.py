"""One photo, or one face, under two names.

Identical bytes prove one photo. Re-encoded, rescaled, turned or mirrored copies are found by a
perceptual hash of the upright picture and confirmed by the face: studio portraits share framing
and backdrop, so a near hash alone proves nothing. One face in two different photos may be twins
or one person enrolled twice: people decide.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np

from pipeline.cohort.gallery import BLOCK, Faces, Gallery, Norms
from pipeline.core.measurements import COPY_OF, DUPLICATE_OF, SAME_FACE, SHARED_WITH
from pipeline.core.types import Measurement

# Most differing bits of 64 between copies of one picture, and the least cosine of their faces;
# figures in docs/accuracy.md.
NEAR_BITS = 10
COPY_FROM = 0.9


def identical(groups: Sequence[Sequence[str]]) -> Iterator[tuple[str, Measurement]]:
    """For each student whose photo file another student has too: that other one.

    Args:
        groups: Keys of students with identical photo bytes, from `Store.same_photo`.
    """
    for group in groups:
        for student_key in group:
            other = next(k for k in group if k != student_key)
            yield student_key, Measurement(DUPLICATE_OF, other)


def copies(
    hashes: Mapping[str, tuple[str, str]], photos: Faces
) -> Iterator[tuple[str, Measurement]]:
    """Copies of one picture under two names, mirrored ones too.

    Args:
        hashes: By student_key the photo's hash and its mirror image's, 16 hexadecimal digits each.
        photos: Photo templates; a pair without both is no copy.
    """
    row_of = {student_key: row for row, student_key in enumerate(photos.keys)}
    keys = [student_key for student_key in hashes if student_key in row_of]
    if len(keys) < 2:
        return
    plain = np.array([int(hashes[student_key][0], 16) for student_key in keys], dtype=np.uint64)
    mirrored = np.array([int(hashes[student_key][1], 16) for student_key in keys], dtype=np.uint64)
    step = max(1, BLOCK // 4 // len(keys))  # a pair of hashes takes more room than a score
    for start in range(0, len(keys), step):
        # Nearness is mutual, also through the mirror, so each pair is looked at once.
        rows = plain[start : start + step, None]
        near = np.bitwise_count(rows ^ plain[None, start:]) <= NEAR_BITS
        near |= np.bitwise_count(rows ^ mirrored[None, start:]) <= NEAR_BITS
        for row, column in np.argwhere(near):
            a, b = keys[start + row], keys[start + column]
            if row < column and _cosine(photos, row_of[a], row_of[b]) >= COPY_FROM:
                yield a, Measurement(COPY_OF, b)
                yield b, Measurement(COPY_OF, a)


def settled(
    found: Iterable[tuple[str, Measurement]], matching: Collection[str]
) -> Iterator[tuple[str, Measurement]]:
    """Of one picture under several names: whose it is, where faces tell.

    Where it matches the own reference of exactly one of these students, that one is its owner and
    gets a remark; the others' finding names the owner. Else all keep what was found of them.

    Args:
        found: From `identical` or from `copies`.
        matching: Students whose photo matches their own reference.
    """
    pairs = tuple(found)
    group: dict[str, set[str]] = {}
    for student_key, measurement in pairs:
        together = {student_key, str(measurement.value)}
        for known in tuple(together):
            together |= group.get(known, set())
        group.update(dict.fromkeys(together, together))
    for student_key, measurement in pairs:
        owners = [key for key in group[student_key] if key in matching]
        if len(owners) != 1:
            yield student_key, measurement
        elif owners[0] == student_key:
            yield student_key, measurement._replace(name=SHARED_WITH)
        else:
            yield student_key, measurement._replace(value=owners[0])


def _cosine(faces: Faces, one: int, other: int) -> float:
    return float(faces.vectors[one] @ faces.vectors[other])


def same_face(
    gallery: Gallery, norms: Norms | None, threshold: float, explained: Collection[str]
) -> Iterator[tuple[str, Measurement]]:
    """Students whose photo shows the face of another student's photo; the most alike is named.

    Args:
        gallery: Photos against photos.
        norms: Where known, the adjusted score must reach the threshold too: in a group whose faces
            all resemble each other, resemblance proves less.
        threshold: Least score.
        explained: Keys left aside: their photo is already known to be another's, or a copy.
    """
    keys = gallery.photo_keys
    aside = np.array([student_key in explained for student_key in keys], dtype=bool)
    best: dict[int, tuple[float, int]] = {}
    for rows, raw, strangers in gallery.blocks():
        # Few pairs reach the threshold, so only those are adjusted.
        for block_row, column in np.argwhere((raw >= threshold) & strangers):
            row, score = rows.start + int(block_row), float(raw[block_row, column])
            if aside[row] or aside[column]:
                continue
            if norms is not None:
                one = slice(int(column), int(column) + 1)
                score = min(score, float(norms.adjust(np.array([score], np.float32), row, one)[0]))
            if score >= threshold:
                best[row] = max(best.get(row, (score, int(column))), (score, int(column)))
    for row, (_, other) in sorted(best.items()):
        yield keys[row], Measurement(SAME_FACE, keys[other])
