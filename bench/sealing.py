"""What encryption at rest costs a night: all that a store of 702 students writes and reads.

`python bench/sealing.py` prints the median of five nights each, without a key and with one.
"""

from __future__ import annotations

import os
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from pipeline.core import site_key
from pipeline.core.types import Assessment, Decision, Evidence, Subject
from pipeline.night.folder import DATABASE
from pipeline.store import Store
from pipeline.store.packing import keep

STUDENTS, TRIALS = 702, 5
NIGHT_S = 24.0  # docs/performance.md: two cores, everything on
PICTURE = 18_000  # bytes; a thumbnail of 240 px has 8,000 to 18,000


def night() -> float:
    """Seconds to keep everybody and to read everybody for three reports."""
    pictures = {slot: os.urandom(PICTURE) for slot in ("photo", "idcard", "admission")}
    templates = {slot: np.zeros(128, np.float32) for slot in pictures}
    evidence = Evidence((), (), "0" * 64, pictures, templates)
    found = Assessment(Decision.ACCEPT, "", ())
    with TemporaryDirectory() as folder, Store(Path(folder, DATABASE)) as store:
        keys = [str(number) for number in range(STUDENTS)]
        store.enrol((key, Subject(key, 1), "a.jpg") for key in keys)
        began = perf_counter()
        for key in keys:
            store.save((key, "x", keep(evidence)))
        with store.transaction():
            for key in keys:
                store.decide(key, found)
        store.cohort.templates()
        for _ in range(3):
            for _case in store.cases():
                pass
        return perf_counter() - began


if __name__ == "__main__":
    taken = {}
    for key in ("", "0a" * 32):
        os.environ[site_key.TEXT] = key
        taken[key] = median(night() for _ in range(TRIALS))
    without, sealed = taken.values()
    more = sealed - without
    print(f"{STUDENTS} students, median of {TRIALS}: {without:.3f} s open, {sealed:.3f} s sealed;")
    print(f"{more:.3f} s more are {100 * more / NIGHT_S:.2f} % of a night of {NIGHT_S:.0f} s")
