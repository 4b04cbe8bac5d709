"""One night with the fake engine, as a program that can be killed: `night.py BASE [MORE]`.

BASE/photos.json holds the photos' texts by student; the run goes to BASE/out. MORE is a number of
bytes beyond which no file may grow, as on a full disk, or the address of a Ray cluster to work on.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

# Before the folder of this file, which has a folder `models` too.
sys.path.insert(0, str(Path(__file__).parents[1]))

from fakes import cohort_of, fake

from pipeline.core.errors import PhotoproofError
from pipeline.core.policy import load_policy, load_profile
from pipeline.night.executors.cluster import Cluster
from pipeline.night.executors.on_ray import OnRay
from pipeline.night.nightly import run_night

if __name__ == "__main__":
    base = Path(sys.argv[1])
    photos = json.loads((base / "photos.json").read_text("utf-8"))
    more = sys.argv[2] if len(sys.argv) > 2 else ""
    if more.isdigit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(more),) * 2)
    afar = OnRay(Cluster(more)) if ":" in more else None
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
            executor=afar,
        )
    except PhotoproofError as error:
        sys.exit(f"{error.message}\n{error.hint}")
