"""SFace in whole numbers against float32: time, and how far scores and errors move.

    python bench/whole_numbers.py ../shared/data [--sets london lfw_east_asian lfw]
    ONEDNN_MAX_CPU_ISA=AVX2 python bench/whole_numbers.py ../shared/data --sets

Times are of a pair of crops on one core, both networks in turn; without sets nothing else is
measured. Pictures, pairs and prints are those of `bench/comparison.py`; each arithmetic has its own
thresholds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from comparison import CLEAN, FMRS, PRINTS, SETS, crops, load, seen_again

from models.arithmetic import instruction_set
from models.manifest import path_of
from models.recognisers.sface import SIDE, SFace
from models.runtime import Batches
from pipeline.assurance.evaluate.rates import enough, threshold_at
from pipeline.core.types import Floats, Pixels
from pipeline.student.compare import embed

ROUNDS = 100
Embeds = Callable[[Sequence[Pixels]], Floats]


class Float32:
    """SFace as its file has it, on the kernels that are fastest for it."""

    name, sure = "sface", 0.6

    def __init__(self) -> None:
        self._network = Batches(path_of("sface_folded"), (3, SIDE, SIDE), kernels="jit_avx512")

    def __call__(self, crops: Sequence[Pixels]) -> Floats:
        """As `SFace`."""
        rgb = np.stack(crops)[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32)
        return self._network.in_pairs(rgb)


def race(networks: dict[str, Embeds]) -> None:
    """Print the median time of a pair, the networks taking turns."""
    pair = list(np.random.default_rng(0).integers(0, 256, (2, SIDE, SIDE, 3), dtype=np.uint8))
    taken: dict[str, list[float]] = {name: [] for name in networks}
    for _ in range(ROUNDS):
        for name, network in networks.items():
            start = time.perf_counter()
            network(pair)
            taken[name].append(time.perf_counter() - start)
    print(f"a pair on {instruction_set()}:", end="")
    for name, times in taken.items():
        print(f" {name} {np.median(times[5:]) * 1000:.1f} ms", end="")
    print()


def moved(before: np.ndarray, after: np.ndarray) -> str:
    """Mean, root mean square and largest difference."""
    by = after - before
    return f"{by.mean():+.4f} {np.sqrt((by**2).mean()):.4f} {np.abs(by).max():.4f}"


def row(mated: Sequence[np.ndarray], non_mated: Sequence[np.ndarray]) -> str:
    """What changes from the first scores to the second: misses by FMR, d', and the scores."""
    told = []
    for fmr in FMRS:
        if enough(len(non_mated[0]), fmr):
            limits = [threshold_at(scores, fmr) for scores in non_mated]
            missed = [scores < limit for scores, limit in zip(mated, limits, strict=True)]
            new, gone = (missed[1] & ~missed[0]).sum(), (missed[0] & ~missed[1]).sum()
            told.append(
                f"{limits[0]:.3f} {limits[1]:.3f}"
                f" {missed[0].sum():2d} {missed[1].sum():2d} (+{new} -{gone})"
            )
    apart = [
        (m.mean() - n.mean()) / np.sqrt((m.var() + n.var()) / 2)
        for m, n in zip(mated, non_mated, strict=True)
    ]
    told.append(f"d' {apart[0]:.2f} {apart[1]:.2f}")
    told += [f"mated {moved(*mated)}", f"non-mated {moved(*non_mated)}"]
    return " | ".join(told)


def main() -> None:
    """Print every row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--sets", nargs="*", choices=SETS, default=SETS)
    arguments = parser.parse_args()
    networks = {"float32": Float32(), "whole numbers": SFace(path_of("sface_folded"))}
    race(networks)
    for name in arguments.sets:
        pairs = load(arguments.shared / name)
        print(f"{name}: {len(pairs.mated)} mated, {len(pairs.non_mated)} non-mated")
        probes = [np.stack(embed([n], crops(pairs.pictures))) for n in networks.values()]
        for version in (CLEAN, *PRINTS):
            references = probes
            if version != CLEAN:
                seen = crops(seen_again(pairs.pictures, *PRINTS[version]))
                references = [np.stack(embed([n], seen)) for n in networks.values()]
            mated, non_mated = (
                [
                    (probe[of[:, 0]] * reference[of[:, 1]]).sum(axis=1).astype(np.float64)
                    for probe, reference in zip(probes, references, strict=True)
                ]
                for of in (pairs.mated, pairs.non_mated)
            )
            print(f"  {version:12} {row(mated, non_mated)}", flush=True)


if __name__ == "__main__":
    main()
