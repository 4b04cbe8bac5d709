"""A night of fake photos in one folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import cohort_of, fake
from night_cases import Go

from pipeline.core.policy import Policy, Profile
from pipeline.night.looking import Progress
from pipeline.night.nightly import Outputs, run_night


@pytest.fixture
def go(tmp_path: Path, policy: Policy, profile: Profile) -> Go:
    """Run photos (subject -> fake text) into one folder; also returns who was looked at."""
    log = tmp_path / "log"

    def run(
        photos: dict[str, str],
        workers: int = 1,
        policy: Policy = policy,
        on_progress: Progress = lambda *_: None,
        before: Callable[[], None] = lambda: None,
    ) -> tuple[Outputs, list[str]]:
        log.write_text("")
        cohort = cohort_of(tmp_path / "photos", photos)
        before()
        outputs = run_night(
            cohort,
            tmp_path / "out",
            policy,
            profile,
            digests={},
            workers=workers,
            factory=fake(log),
            on_progress=on_progress,
        )
        return outputs, log.read_text().split()

    return run
