"""Which executor is meant by options, of a command or of a site's file."""

from __future__ import annotations

from pipeline.core.cores import usable_cores
from pipeline.core.errors import ConfigError
from pipeline.night.executors import Executor
from pipeline.night.executors.cluster import Cluster
from pipeline.night.executors.on_ray import OnRay
from pipeline.night.executors.processes import Processes

ENGINES = ("processes", "ray")


def executor_of(
    engine: str, address: str = "", workers: int = 0, carried: bool = False
) -> Executor:
    """Where students are looked at.

    Args:
        engine: "processes" or "ray".
        address: As `Cluster.address`.
        workers: 0 takes the cores this process may use, or all that a running cluster has.
        carried: As `Cluster.carried`.

    Raises:
        ConfigError: Another engine, a cluster's options for processes, or less than no worker.
    """
    if engine not in ENGINES:
        raise ConfigError("engine_unknown", engine=engine, engines=tuple(ENGINES))
    if workers < 0:
        raise ConfigError("workers_negative", workers=workers)
    if engine == "ray":
        return OnRay(Cluster(address, workers if address else workers or usable_cores(), carried))
    if address or carried:
        raise ConfigError("ray_options")
    return Processes(workers or usable_cores())
