"""What encryption at rest costs a whole night of the sample cohort, networks and all.

    python bench/sealed_night.py [PAIRS]

Nights without a key and with one take turns, each into a new folder; told is the processor time of
all their processes, which other programs on the machine disturb less than seconds.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from pipeline.core import site_key
from pipeline.sample import sources
from pipeline.sample.cohort import build


def spent() -> float:
    """Processor seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure and tell."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    taken: dict[str, list[float]] = {"": [], "0a" * 32: []}
    with TemporaryDirectory() as work:
        cohort = build(Path(work, "cohort"), sources.fetch())
        command = [sys.executable, "-m", "pipeline", "run", "--json", "--workers", "2"]
        command += ["--roster", str(cohort.roster), "--photos", str(cohort.photos)]
        command += ["--references", f"idcard={cohort.idcards}"]
        command += ["--references", f"admission={cohort.admission}", "--policy", str(cohort.policy)]
        for number in range(pairs + 1):
            for place, (key, seconds) in enumerate(taken.items()):
                out = str(Path(work, f"{number}-{place}"))
                began = spent()
                subprocess.run(  # noqa: S603 - our own program
                    [*command, "--out", out],
                    env={**os.environ, site_key.TEXT: key},
                    stdout=subprocess.DEVNULL,
                    check=True,
                )
                if number:  # the first pair warms up
                    seconds.append(spent() - began)
    plain, sealed = taken.values()
    more = [100 * (b - a) / a for a, b in zip(plain, sealed, strict=True)]
    print(f"{pairs} pairs: {median(plain):.1f} s open, {median(sealed):.1f} s sealed (medians);")
    print(f"{median(more):+.1f} % (each {', '.join(f'{one:+.1f}' for one in more)})")


if __name__ == "__main__":
    main()
