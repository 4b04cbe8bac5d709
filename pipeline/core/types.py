"""The vocabulary every stage speaks: small frozen records, no behaviour beyond checks.

Conventions: pictures are (H, W, 3) `uint8` arrays in **BGR** order; points are pixels of theirs, x
right, y down; angles are degrees, clockwise positive; "right eye" is the **subject's** right.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.core.delivery import Delivered, RosterSheet
from pipeline.core.imagefile import ImageFile as ImageFile
from pipeline.core.privacy import masked_id

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
TurnCw = Literal[0, 90, 180, 270]
Value = float | str | None
SET_ASIDE = "set_aside"  # slot of a student's photo file that was not used; no reference
OVERLAY = "overlay"  # slot of the picture that shows the photo laid over its own reference
PHOTO = "photo"  # slot of the student's photo among pictures and templates; others are references


@dataclass(frozen=True, slots=True)
class Subject:
    """One roster row. `student_key` is the student or candidate number, never the ID number."""

    student_key: str
    row: int
    name: str = ""
    id_number: str = ""
    student_no: str = ""
    candidate_no: str = ""
    sex: Literal["male", "female", ""] = ""
    birth_date: str = ""
    college: str = ""
    major: str = ""
    class_name: str = ""
    remark: str = ""
    no_comparison: str = ""
    phone: str = ""

    @property
    def masked_id_number(self) -> str:
        """The form of the ID number that may be shown."""
        return masked_id(self.id_number)


class Measurement(NamedTuple):
    """One raw number (or word) about a photo; `error` says why there is none."""

    # A tuple, because a night makes and reads a million: 0.32 µs each, a dataclass 0.55.
    name: str
    value: Value
    unit: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A file with a reference portrait and what kind it is (`idcard`, `admission`, ...)."""

    kind: str
    file: ImageFile


@dataclass(frozen=True, slots=True)
class Job:
    """Everything known about one student before a pixel is read."""

    subject: Subject
    photo: ImageFile | None
    references: tuple[Reference, ...] = ()
    facts: tuple[Measurement, ...] = ()
    points: Mapping[str, str] = field(default_factory=dict)  # known: templates alone are wanted


@dataclass(frozen=True, slots=True)
class Cohort:
    """What the source stage found: a job a student and a job a photo that nobody claims."""

    jobs: Sequence[Job]  # a large cohort's are read from the disk, one by one
    strays: Sequence[Job] = ()
    remarks: tuple[str, ...] = ()
    delivered: Sequence[Delivered] = ()
    sheets: tuple[RosterSheet, ...] = ()
    assigned: tuple[tuple[str, str, str], ...] = ()  # file, student_key, sha256
    kinds: tuple[str, ...] = ()  # of reference that sources were given for

    @property
    def extras(self) -> tuple[ImageFile, ...]:
        """Photo files that match no student."""
        return tuple(job.photo for job in self.strays if job.photo)


@dataclass(frozen=True, slots=True)
class Photo:
    """A decoded picture, EXIF orientation already applied (once), and what the file said.

    Attributes:
        exif_orientation: Tag value 1-8 as found in the file; 1 when absent.
        mode: Pillow's mode of the stored picture ("RGB", "CMYK"); dpi: horizontal, 0 if unknown.
        luma_table: A JPEG's for luma, 64 steps, else (); taken: YYYY-MM-DD by its EXIF, or "".
    """

    bgr: Pixels
    sha256: str
    exif_orientation: int
    format: str
    mode: str
    file_bytes: int
    dpi: float = 0.0
    luma_table: tuple[int, ...] = ()
    taken: str = ""

    def __post_init__(self) -> None:
        """Refuse arrays of another shape or dtype at the door."""
        if self.bgr.ndim != 3 or self.bgr.shape[2] != 3 or self.bgr.dtype != np.uint8:
            raise ValueError(f"bgr must be (H, W, 3) uint8, not {self.bgr.shape} {self.bgr.dtype}")


@dataclass(frozen=True, slots=True)
class Face:
    """One detected face.

    Attributes:
        box: (4,) float32 px: x, y, width, height.
        landmarks: (5, 2) float32 px: right eye, left eye, nose tip, right and left mouth corner.
        score: 0-1, the detector's own.
    """

    box: Floats
    landmarks: Floats
    score: float

    def __post_init__(self) -> None:
        """Refuse wrong shapes at the door."""
        if self.box.shape != (4,) or self.landmarks.shape != (5, 2):
            raise ValueError(f"box {self.box.shape}, landmarks {self.landmarks.shape}")


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one detector saw of one face when the picture was turned to all four quarters.

    Attributes:
        faces: Best face after the clockwise turns 0, 90, 180, 270, or None; each moved back to
            the pixels of the picture as it lies.
    """

    detector: str
    faces: tuple[Face | None, Face | None, Face | None, Face | None]


@dataclass(frozen=True, slots=True)
class Orientation:
    """How the picture is turned.

    Attributes:
        turn_cw: Clockwise quarter turn to **apply** to make it upright: the likeliest.
        roll_deg: In-plane angle of the face after that turn, clockwise positive.
        confidence: 0-1; below the policy's `min_confidence` nobody is told a turn.
        evidence: Per clockwise turn 0, 90, 180, 270 the joined evidence that chose it.
    """

    turn_cw: TurnCw
    roll_deg: float
    confidence: float
    evidence: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Portrait:
    """An upright picture and the subject's face in it (pixels of that picture)."""

    bgr: Pixels
    face: Face
    others: tuple[Face, ...] = ()


@dataclass(frozen=True, slots=True)
class Mesh:
    """Dense landmarks of one face, in pixels of the picture they came from.

    Attributes:
        points: (478, 2) float32 px, MediaPipe's canonical order.
        blendshapes: 52 coefficients 0-1 by MediaPipe's name ("eyeBlinkLeft", "jawOpen", ...).
        pose: (4, 4) float32, canonical face to camera, metric centimetres.
    """

    points: Floats
    blendshapes: Mapping[str, float]
    pose: Floats


@dataclass(frozen=True, slots=True)
class Comparison:
    """Score of the photo against one reference file; higher = more alike.

    Attributes:
        score: Cosine -1 to 1; None when they could not be compared, `error` says why.
        turn_confidence: How sure the reference's own orientation is, 0-1.
        slot: Which of the student's pictures: the kind, or "kind#2" for a second of that kind.
        adjusted: The score set against what both pictures score with strangers; None if unknown.
    """

    kind: str
    score: float | None
    model: str
    error: str = ""
    turn_confidence: float = 1.0
    slot: str = ""
    adjusted: float | None = None

    @property
    def judged(self) -> float | None:
        """The number thresholds are applied to: the adjusted score where there is one."""
        return self.score if self.adjusted is None else self.adjusted


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the machine saw of one student: raw numbers, no judgement. Crosses process borders.

    Attributes:
        pictures: Upright JPEG thumbnails by slot: "photo" and each reference kind.
        templates: Unit-length face vectors by the same slots; deleted when the run ends.
        sharp: JPEGs by the same slots to compare by; points: where faces lie (`student.faces`).
    """

    measurements: tuple[Measurement, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    photo_sha256: str = ""  # where there is no readable photo
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    templates: Mapping[str, Floats] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    sharp: Mapping[str, bytes] = field(default_factory=dict)
    points: Mapping[str, str] = field(default_factory=dict)


class Severity(enum.IntEnum):
    """How much a finding weighs. The worst finding of a photo is its decision."""

    ADVICE = 0
    REVIEW = 1
    FLAG = 2


class Decision(enum.StrEnum):
    """What the machine proposes; people decide."""

    ACCEPT = "ACCEPT"
    REVIEW = "REVIEW"
    FLAG = "FLAG"


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason: a code of `core.reasons.catalogue` with the measured value and its limit.

    Attributes:
        value: Measured value, a number or a word; never an ID number.
        limit: The limit in words ("200-300", ">= 0.36").
        clause: The profile clause or the provenance of the threshold.
    """

    code: str
    severity: Severity
    value: Value = None
    limit: str = ""
    unit: str = ""
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What `decide` makes of one student's measurements under one policy."""

    decision: Decision
    category: str
    findings: tuple[Finding, ...] = ()
    turn_cw: TurnCw | None = None
    roll_deg: float | None = None
    reference: str = ""
    score: float | None = None
    adjusted: float | None = None
    looks_like: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One student as report and review see it: all from the store, no pixels but thumbnails.

    Attributes:
        photo: Name of the photo file ("" when missing). May contain an ID number: mask to show.
    """

    subject: Subject
    photo: str
    assessment: Assessment
    measurements: Mapping[str, Measurement] = field(default_factory=dict)
    comparisons: tuple[Comparison, ...] = ()
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    files: tuple[Delivered, ...] = ()
