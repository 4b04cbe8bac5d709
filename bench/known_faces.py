"""What it costs to make the template of a known face anew, beside looking at its student.

`python bench/known_faces.py` looks at the sample portraits, each with one reference, once whole and
once by the points on record, in turns; it says the median processor time of both and that the
templates are the same bytes.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import median
from time import process_time

from models import manifest
from pipeline.core.policy import load_policy
from pipeline.core.types import ImageFile, Job, Reference, Subject
from pipeline.sample import sources
from pipeline.student.engine import network_engine

FACES = ("obama", "obama2", "biden", "collins", "hopper", "henner", "guido", "maher", "filippo")
ROUNDS = 5


def main() -> None:
    """Measure and tell."""
    manifest.digests()
    found = sources.fetch()
    engine = network_engine(load_policy().input, manifest.DEFAULT_RECOGNISERS)
    engine.start()
    whole, again, same = [], [], 0
    for turn in range(ROUNDS + 1):
        for place, name in enumerate(FACES):
            other = ImageFile(found[FACES[place - 1]])
            job = Job(Subject(name, 1), ImageFile(found[name]), (Reference("idcard", other),))
            began = process_time()
            seen = engine.assess(job)
            between = process_time()
            known = engine.assess(replace(job, points=seen.points))
            if turn:  # the first round warms up
                whole.append(between - began)
                again.append(process_time() - between)
                same += all(
                    known.templates[slot].tobytes() == vector.tobytes()
                    for slot, vector in seen.templates.items()
                )
    one, other_s = 1000 * median(whole), 1000 * median(again)
    print(f"{len(whole)} students: whole {one:.1f} ms, known face {other_s:.1f} ms of processor")
    print(
        f"time (medians), {other_s / one:.1%}; templates the same bytes in {same} of {len(again)}"
    )


if __name__ == "__main__":
    main()
