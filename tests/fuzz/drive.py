"""Fuzzing, for a minute in CI and for hours by hand.

    python tests/fuzz/drive.py [TARGET …] [--seconds 60] [--inputs 0] [--seed 0] [--out runs/fuzz]
    python tests/fuzz/drive.py --again FILE TARGET

Each target gets its share of the time, or ends after so many inputs: seeds, mutated blindly. An
input that raises, hangs for ten seconds or ends the process is kept under OUT and makes the exit
code 1; `--again` tries it once more. A line a target says how many inputs there were.

atheris, which mutates by coverage, is in no extra (134 MB); it drives the same functions:
`atheris.Setup(sys.argv, TARGETS["png"])`.
"""

from __future__ import annotations

import argparse
import hashlib
import mmap
import multiprocessing
import random
import resource
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from fuzz.targets import TARGETS, seeds  # noqa: E402

MOST_BYTES = 2**16
HANGS_S = 10
MOST_MEMORY = 4 * 2**30
_INTERESTING = [0, 1, 0x7F, 0x80, 0xFF, 0xD8, 0xDA, 0xDB, 0xC2]


def mutated(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """One to eight small changes, now and then a piece of another seed."""
    new = bytearray(data)
    for _ in range(1 << chance.randrange(4)):
        what, at = chance.randrange(7), chance.randrange(len(new) + 1)
        if what == 0 and new:
            new[at % len(new)] ^= 1 << chance.randrange(8)
        elif what == 1 and new:
            new[at % len(new)] = chance.choice(_INTERESTING)
        elif what == 2:
            new[at : at + chance.randrange(1, 16)] = b""
        elif what == 3:
            new[at:at] = chance.randbytes(chance.randrange(1, 9))
        elif what == 4:
            width = chance.choice((2, 4, 8))
            value = chance.choice((0, 1, 2**15, 2**31 - 1, 2**32 - 1, 2**63))
            number = (value % (1 << 8 * width)).to_bytes(width, chance.choice(("big", "little")))
            new[at : at + width] = number
        elif what == 5:
            other = chance.choice(others)
            start = chance.randrange(len(other) + 1)
            new[at:at] = other[start : start + chance.randrange(64)]
        elif new:
            start = chance.randrange(len(new))
            new[at:at] = new[start : start + chance.randrange(1, 32)]
    return bytes(new[:MOST_BYTES])


def work(target: str, seed: int, seconds: float, inputs: int, shared: mmap.mmap) -> None:
    """Try inputs in this process; the one in hand and their number are in shared memory."""
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    chance, pool, run = random.Random(seed), seeds(target), TARGETS[target]
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end and (not inputs or count < inputs):
        data = mutated(chance.choice(pool), chance, pool)
        count += 1
        shared[:12] = count.to_bytes(8, "little") + len(data).to_bytes(4, "little")
        shared[12 : 12 + len(data)] = data
        signal.alarm(HANGS_S)
        try:
            run(data)
        except Exception:
            traceback.print_exc()
            sys.exit(3)
    signal.alarm(0)
    shared[:8] = count.to_bytes(8, "little")


def tried(target: str, seed: int, seconds: float, inputs: int, out: Path) -> Iterator[int]:
    """Counts of inputs; a process that ends badly leaves its input and is followed by another."""
    end, done = time.monotonic() + seconds, 0
    while (left := end - time.monotonic()) > 0 and (not inputs or done < inputs):
        shared = mmap.mmap(-1, MOST_BYTES + 12)
        context = multiprocessing.get_context("fork")
        worker = context.Process(
            target=work, args=(target, seed, left, max(0, inputs - done), shared)
        )
        worker.start()
        worker.join()
        count, length = (int.from_bytes(shared[a:b], "little") for a, b in ((0, 8), (8, 12)))
        done += count
        seed += 1_000_003
        if worker.exitcode:
            data = bytes(shared[12 : 12 + length])
            name = f"{target}-{hashlib.sha256(data).hexdigest()[:12]}"
            out.mkdir(parents=True, exist_ok=True)
            (out / name).write_bytes(data)
            print(f"{target}: ended with {worker.exitcode} on {out / name}", flush=True)
        yield count


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=float, default=60, help="of all targets together")
    parser.add_argument("--inputs", type=int, default=0, help="at most, of each target")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "fuzz")
    parser.add_argument("--again", type=Path, help="an input that was kept")
    options = parser.parse_args()
    names = options.targets or list(TARGETS)
    if unknown := set(names) - set(TARGETS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(TARGETS)}")
    if options.again:
        TARGETS[names[0]](options.again.read_bytes())
        return 0
    before = set(options.out.glob("*"))
    total = 0
    for name in names:
        start = time.monotonic()
        share = options.seconds / len(names)
        count = sum(tried(name, options.seed, share, options.inputs, options.out))
        rate = count / (time.monotonic() - start)
        print(f"{name:10} {count:9,} inputs, {rate:7,.0f} a second", flush=True)
        total += count
    kept = set(options.out.glob("*")) - before
    print(f"{total:,} inputs, {len(kept)} kept", flush=True)
    return 1 if kept else 0


if __name__ == "__main__":
    sys.exit(main())
