"""An engine for tests of single checks: it reads text, and tries what no picture may be able to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from fakes import FakeEngine

from pipeline.core.policy import InputLimits
from pipeline.core.types import Evidence, Job, Measurement
from pipeline.student.engine import Engine


class PryingEngine(FakeEngine):
    """As `FakeEngine`; a picture that is `pry:FILE` is told what became of reading and writing."""

    def assess(self, job: Job) -> Evidence:
        assert job.photo
        text = job.photo.read_bytes(1000).decode()
        if not text.startswith("pry:"):
            return super().assess(job)
        path = Path(text.removeprefix("pry:"))
        found = []
        for act in (path.read_bytes, lambda: path.with_name("left").write_bytes(b"here")):
            try:
                act()
                found.append("done")
            except OSError:
                found.append("refused")
        return Evidence((Measurement("pried", " ".join(found)),))


def fake_engine(
    limits: InputLimits, recognisers: Sequence[str], owners: Mapping[str, str] | None = None
) -> Engine:
    """In place of `network_engine`."""
    return PryingEngine()
