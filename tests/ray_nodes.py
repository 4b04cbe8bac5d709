"""A cluster of several nodes on this machine, and a night that is disturbed on it."""

from __future__ import annotations

import json
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from places import ROOT, TESTS

PHOTOS = {
    f"S{n:02}": f"turn={90 * (n % 4)} score={(n % 10) / 10} sha={n % 37} sleep=0.05"
    for n in range(100)
} | {"S100": "crash", "S101": "die"}
_NODE: dict[str, Any] = {
    "node_ip_address": "127.0.0.1",
    "include_dashboard": False,
    "object_store_memory": 100 << 20,
}


@contextmanager
def nodes(count: int) -> Iterator[Any]:
    """A `ray.cluster_utils.Cluster` of so many nodes with one core each, the head beside them."""
    # Ray reads it once: a later cluster of this process has this one's, so it stays.
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    before = dict(os.environ)
    os.environ |= {
        "RAY_AUTH_MODE": "token",
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_USAGE_STATS_ENABLED": "0",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{TESTS}",
    }
    with tempfile.TemporaryDirectory(prefix="r-", ignore_cleanup_errors=True) as folder:
        os.environ["RAY_TMPDIR"] = folder
        (Path(folder) / "ray").mkdir()
        from ray.cluster_utils import Cluster

        cluster: Any = Cluster(initialize_head=True, head_node_args={**_NODE, "num_cpus": 0})
        try:
            for _ in range(count):
                cluster.add_node(num_cpus=1, **_NODE)
            yield cluster
        finally:
            cluster.shutdown()
            os.environ.clear()
            os.environ.update(before)


def night(base: Path, address: str) -> subprocess.Popen[str]:
    """The night of `base`, begun in a process of its own; on this machine without an address."""
    base.mkdir(exist_ok=True)
    (base / "photos.json").write_text(json.dumps(PHOTOS), "utf-8")
    command = [sys.executable, str(TESTS / "night_program.py"), str(base)]
    return subprocess.Popen(
        [*command, address] if address else command, stderr=subprocess.PIPE, text=True
    )


def results(base: Path, process: subprocess.Popen[str]) -> bytes:
    """What it has written, when it has ended well."""
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return (base / "out" / "results.csv").read_bytes()


def seen(base: Path) -> int:
    """Students looked at so far, again included."""
    log = base / "log"
    return len(log.read_text().split()) if log.exists() else 0


def wait_for(condition: Callable[[], object], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while not condition() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def kill_an_actor(chance: random.Random) -> None:
    """The process of one actor of any cluster on this machine."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if b"ray::Core" in (process / "cmdline").read_bytes():
                found.append(int(process.name))
    if found:
        os.kill(chance.choice(sorted(found)), signal.SIGKILL)


def kill_a_node(cluster: Any, chance: random.Random) -> None:
    """One node, and a new one in its place."""
    cluster.remove_node(chance.choice(sorted(cluster.worker_nodes, key=id)), allow_graceful=False)
    cluster.add_node(num_cpus=1, **_NODE)
