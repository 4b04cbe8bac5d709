"""Nights on three Ray nodes in which a node, an actor or the parent is killed at random times.

    python bench/ray_kills.py WORK [--nights 20] [--seed 1]

Each night has 152 students of the fake engine and one to three kills; its results must be, byte for
byte, those of a night in processes that nobody disturbed.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from ray_nodes import PHOTOS, kill_a_node, kill_an_actor, night, nodes, results, seen, wait_for


def main() -> None:
    """Run, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--nights", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.work.mkdir(parents=True)
    chance = random.Random(options.seed)  # noqa: S311 - times of kills, not secrets
    calm = options.work / "calm"
    wanted = results(calm, night(calm, ""))
    equal = 0
    with nodes(3) as cluster:
        for number in range(options.nights):
            base = options.work / f"{number:02}"
            process, kills = night(base, cluster.address), []
            for _ in range(chance.randint(1, 3)):
                more = seen(base) + chance.randint(0, 40)
                wait_for(lambda base=base, more=more: seen(base) >= more, process)
                time.sleep(chance.uniform(0, 0.3))
                kills.append(chance.choice(("node", "actor", "parent")))
                if kills[-1] == "node":
                    kill_a_node(cluster, chance)
                elif kills[-1] == "actor":
                    kill_an_actor(chance)
                else:
                    process.kill()
                    process.communicate()
                    process = night(base, cluster.address)
            same = results(base, process) == wanted
            equal += same
            again = seen(base) - len(PHOTOS)
            print(
                f"{number:2} {'equal' if same else 'DIFFERS'} {'+'.join(kills)}; {again} again",
                flush=True,
            )
    print(f"{equal} of {options.nights} nights ended as the undisturbed one")


if __name__ == "__main__":
    main()
