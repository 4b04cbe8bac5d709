"""`photoproof run` with the fake engine, to be stopped by signals: `stopped_program.py BASE`.

BASE/photos.json holds the photos' texts by student; the run goes to BASE/out.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

# Before the folder of this file, which has a folder `models` too.
sys.path.insert(0, str(Path(__file__).parents[1]))

from fakes import cohort_of, fake

from pipeline import cli
from pipeline.cli import nightly
from pipeline.core.policy import load_policy, load_profile
from pipeline.night.looking import Progress
from pipeline.night.nightly import Outputs, run_night


def run_cohort(*_: Any, on_progress: Progress, **__: Any) -> Outputs:
    photos = json.loads((base / "photos.json").read_text("utf-8"))
    policy = load_policy()
    return run_night(
        cohort_of(base / "photos", photos),
        base / "out",
        policy,
        load_profile(policy.profile),
        digests={},
        workers=2,
        factory=fake(base / "log"),
        on_progress=on_progress,
    )


if __name__ == "__main__":
    base = Path(sys.argv[1])
    setattr(nightly, "run_cohort", run_cohort)  # noqa: B010 - typed otherwise
    options = {"--roster": "r.csv", "--photos": "photos", "--out": str(base / "out")}
    sys.argv = ["photoproof", "run", *(word for pair in options.items() for word in pair)]
    cli.main()
