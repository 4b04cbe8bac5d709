"""Evidence of one student while it grows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pipeline.core.types import Measurement, Orientation, Pixels, Portrait
from pipeline.student.faces import aligned, where
from pipeline.student.kept_pictures import sharp, thumbnail


@dataclass(slots=True)
class Record:
    """What has been seen so far.

    Attributes:
        measurements: The job's facts first.
        pictures: To be kept for reports, by slot.
        sharp: To be kept to compare by.
        crops: Aligned faces by slot.
        points: Where these lie.
        seconds: By stage.
    """

    measurements: list[Measurement] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)
    sharp: dict[str, bytes] = field(default_factory=dict)
    crops: dict[str, Pixels] = field(default_factory=dict)
    points: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def keep(self, slot: str, bgr: Pixels) -> None:
        """Keep a picture for reports, and one to compare by."""
        self.pictures[slot] = thumbnail(bgr)
        self.sharp[slot] = sharp(bgr)

    def cut(self, slot: str, orientation: Orientation, portrait: Portrait) -> None:
        """Take the face of a picture, and note where it lies."""
        self.crops[slot] = aligned(portrait)
        self.points[slot] = where(orientation.turn_cw, portrait)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """What runs inside belongs to this stage."""
        start = time.perf_counter()
        try:
            yield
        finally:
            elapsed = time.perf_counter() - start
            self.seconds[stage] = self.seconds.get(stage, 0.0) + elapsed

    def knows(self, name: str) -> bool:
        """Whether there is a measurement of this name."""
        return any(measurement.name == name for measurement in self.measurements)
