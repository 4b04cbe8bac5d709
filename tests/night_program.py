"""One night with the fake engine, as a program that can be killed: `night.py BASE [MAX_BYTES]`.

BASE/photos.json holds the photos' texts by student; the run goes to BASE/out. With MAX_BYTES no
file may grow beyond that, as on a full disk.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from fakes import cohort_of, fake

from pipeline.core.errors import PhotoproofError
from pipeline.core.policy import load_policy, load_profile
from pipeline.night.nightly import run_night

if __name__ == "__main__":
    base = Path(sys.argv[1])
    photos = json.loads((base / "photos.json").read_text("utf-8"))
    if len(sys.argv) > 2:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
    policy = load_policy()
    try:
        run_night(
            cohort_of(base / "photos", photos),
            base / "out",
            policy,
            load_profile(policy.profile),
            digests={},
            workers=2,
            factory=fake(base / "log"),
        )
    except PhotoproofError as error:
        sys.exit(f"{error.message}\n{error.hint}")
