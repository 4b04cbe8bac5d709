"""Three nodes on the loopback; whatever is killed, the night ends as it does on one machine."""

from __future__ import annotations

import random
from importlib.util import find_spec
from pathlib import Path

import pytest

if find_spec("ray") is None:
    pytest.skip("Ray is not installed: pip install photoproof[ray]", allow_module_level=True)

from ray_nodes import PHOTOS, kill_a_node, kill_an_actor, night, nodes, results, seen, wait_for


@pytest.mark.long
def test_nodes_actors_and_the_parent_may_be_killed(tmp_path: Path) -> None:
    chance = random.Random(20261128)
    undisturbed = results(tmp_path / "calm", night(tmp_path / "calm", ""))
    base = tmp_path / "disturbed"
    with nodes(3) as cluster:
        process = night(base, cluster.address)
        wait_for(lambda: seen(base) >= 12, process)
        kill_a_node(cluster, chance)
        wait_for(lambda: seen(base) >= 30, process)
        kill_an_actor(chance)
        wait_for(lambda: seen(base) >= 45, process)
        process.kill()
        process.communicate()
        assert not (base / "out" / "results.csv").exists()
        assert results(base, night(base, cluster.address)) == undisturbed
    assert seen(base) < 2 * len(PHOTOS), "most were looked at once"
