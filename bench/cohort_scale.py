"""The cohort stage at the size of a province: time, memory, growth, planted cases found.

    python bench/cohort_scale.py WORK --students 20000 100000 300000 1000000

Templates are drawn (`drawn_faces`), written into the run's own store student by student, and
concluded upon by the product's own cohort stage, each in a process of its own, so that the memory
told is the stage's alone. A store that lies in WORK from an earlier call is used again.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
from drawn_faces import Plan, Province, planned
from overhead import _sound_values

from pipeline.cohort.conclude import conclude_all
from pipeline.core.measurements import (
    COPY_OF,
    DUPLICATE_OF,
    LOOKS_LIKE,
    SAME_FACE,
    SHARED_WITH,
    SWAPPED_WITH,
)
from pipeline.core.policy import load_policy
from pipeline.core.types import PHOTO, Comparison, Evidence, Measurement, Subject
from pipeline.store import Store
from pipeline.store.packing import keep

_POLICY = {"cohort": {"one_to_many": True}, "privacy": {"keep_templates": True}}
_ROWS = 20_000  # students drawn at a time


def _key(number: int) -> str:
    return f"2026{number:08d}"


def _draw(path: Path, students: int) -> None:
    """Write a store of so many students."""
    plan = planned(students)
    province = Province(plan, path.with_suffix(".faces"))
    sound = [Measurement(name, value) for name, value in _sound_values().items()]
    with Store(path) as store:
        store.enrol(
            (_key(i), Subject(_key(i), i + 1, sex="male" if plan.male[i] else "female"), "p.jpg")
            for i in range(students)
        )
        for start in range(0, students, _ROWS):
            for i, drawn in province.students(range(start, min(start + _ROWS, students))):
                score = float(drawn.photo @ drawn.reference)
                seen = (
                    *sound,
                    Measurement("photo_hash", f"{drawn.plain:016x}"),
                    Measurement("photo_hash_mirrored", f"{drawn.mirrored:016x}"),
                )
                compared = Comparison("idcard", score, "drawn", slot="idcard")
                vectors = {PHOTO: drawn.photo, "idcard": drawn.reference}
                evidence = Evidence(seen, (compared,), f"{drawn.file:064x}", {}, vectors)
                store.save((_key(i), "drawn", keep(evidence)))
    path.with_suffix(".faces").unlink()


def _conclude(path: Path) -> None:
    """The stage alone; what it takes as one line of JSON."""
    policy = load_policy(None, _POLICY)
    with Store(path) as store:
        wall, cpu = time.perf_counter(), time.process_time()
        conclude_all(store, policy)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    status = Path("/proc/self/status").read_text("utf-8")
    peak = int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak}))


def _found(path: Path, plan: Plan) -> list[str]:
    """What was found of each kind of planted case, and of all others."""
    with Store(path, readonly=True) as store:
        rows = store.db.execute("SELECT student_key, name, value FROM conclusion").fetchall()
    said = {(key, name): value for key, name, value in rows}
    told = []

    def share(what: str, pairs: np.ndarray, *names: str) -> None:
        hits = sum(
            any(said.get((_key(a), name)) == _key(b) for name in names)
            for one, other in pairs
            for a, b in ((one, other), (other, one))
        )
        told.append(f"{what} {hits:,} of {2 * len(pairs):,} ({hits / max(1, 2 * len(pairs)):.2%})")

    share("swaps", plan.swaps, SWAPPED_WITH)
    share("copies, the same bytes", plan.same_bytes, DUPLICATE_OF, SHARED_WITH)
    share("copies, saved anew", plan.saved_anew, COPY_OF, SHARED_WITH)
    share("copies, mirrored", plan.mirrored, COPY_OF, SHARED_WITH)
    share("twins", plan.twins, SAME_FACE)
    odd = {_key(i) for i in np.concatenate([plan.swaps, plan.twins]).ravel()}
    beside: Counter[str] = Counter(
        name for key, name, _ in rows if key not in odd and name in (LOOKS_LIKE, SAME_FACE)
    )
    told += [f"{name} of nobody planted {count:,}" for name, count in sorted(beside.items())]
    return told


def _child(*arguments: str) -> str:
    command = [sys.executable, __file__, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    return done.stdout


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--students", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--part", choices=("draw", "conclude"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part == "draw":
        return _draw(options.work, options.students[0])
    if options.part == "conclude":
        return _conclude(options.work)
    options.work.mkdir(parents=True, exist_ok=True)
    last: tuple[int, float] | None = None
    for students in options.students:
        path = options.work / f"{students}.sqlite"
        if not path.exists():
            begun = time.perf_counter()
            aside = path.with_suffix(".part")
            _child(str(aside), "--part", "draw", "--students", str(students))
            aside.replace(path)
            print(f"{students:,} students drawn and stored in {time.perf_counter() - begun:.0f} s")
        taken = json.loads(_child(str(path), "--part", "conclude"))
        print(
            f"{students:,} students: {taken['wall']:.1f} s wall, {taken['cpu']:.1f} s of processor,"
            f" {taken['peak']:,.0f} MiB at the peak"
        )
        if last:
            growth = math.log(taken["cpu"] / last[1]) / math.log(students / last[0])
            print(f"  grows from {last[0]:,} on as n^{growth:.2f} (processor time)")
        last = students, taken["cpu"]
        print("  " + "; ".join(_found(path, planned(students))), flush=True)
    return None


if __name__ == "__main__":
    main()
