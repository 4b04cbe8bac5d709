"""Files of a student that were set aside and look more like the reference than the one in use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipeline.cohort.gallery import Faces
from pipeline.core.measurements import BETTER_FILE
from pipeline.core.types import Measurement


def better_files(
    photos: Faces,
    asides: Mapping[int, Faces],
    references: Sequence[Faces],
    names: Mapping[str, Sequence[str]],
    margin: float,
) -> Iterator[tuple[str, Measurement]]:
    """For each student whose set-aside file beats the photo: its name and both scores.

    Args:
        photos: Templates of the photos in use.
        asides: Templates of first (0), second, third set-aside files.
        references: Templates by kind.
        names: File names by student; the place tells which of `asides`.
        margin: By which the other file's best score must be higher.
    """
    own = [_rows(faces) for faces in references]
    used = _rows(photos)
    best: dict[str, tuple[float, float, str]] = {}
    for place, faces in asides.items():
        for student_key, row in _rows(faces).items():
            columns = [
                table.vectors[rows[student_key]]
                for table, rows in zip(references, own, strict=True)
                if student_key in rows
            ]
            if not columns or place >= len(names.get(student_key, ())):
                continue
            theirs = max(float(faces.vectors[row] @ column) for column in columns)
            ours = -1.0
            if student_key in used:
                photo = photos.vectors[used[student_key]]
                ours = max(float(photo @ column) for column in columns)
            name = names[student_key][place]
            if theirs >= ours + margin and theirs > best.get(student_key, (-1.0,))[0]:
                best[student_key] = theirs, ours, name
    for student_key, (theirs, ours, name) in best.items():
        told = f"{name} ({theirs:.2f} > {ours:.2f})" if ours > -1.0 else f"{name} ({theirs:.2f})"
        yield student_key, Measurement(BETTER_FILE, told)


def _rows(faces: Faces) -> dict[str, int]:
    return {student_key: row for row, student_key in enumerate(faces.keys)}
