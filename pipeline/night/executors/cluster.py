"""A Ray cluster to work on: one that runs already, or one of this machine's own cores.

The one of our own listens on the loopback alone, asks for a token that nobody else has, keeps its
files in a folder of ours, and reports nothing to anybody.
"""

from __future__ import annotations

import os
import secrets
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from pipeline.core.errors import ConfigError, InstallationError, ModelError

_LOOPBACK = "127.0.0.1"
# Shared memory for what is on its way: a few chunks of files and of evidence.
_ON_THE_WAY = 256 << 20
# What `ray.init` raises beside errors of its own.
_FAULTS = (OSError, RuntimeError, ValueError, AssertionError)
# Read by Ray when it is imported, and by the processes that it starts. Without the third it takes
# a loopback address for the host's own, and listens there.
_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_worker_niceness": "0",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """Which cluster, and how files get to it.

    Attributes:
        address: Of a running cluster ("host:port", or "auto" for the one this machine is part of);
            "" starts one on this machine that ends with the work.
        cores: Cores to work on; 0 takes all that the cluster has.
        carried: Files travel with the tasks, for nodes that do not see the folders of this machine.
    """

    address: str = ""
    cores: int = 0
    carried: bool = False


@contextmanager
def joined(cluster: Cluster) -> Iterator[ModuleType]:
    """Ray, connected; a program that is connected already keeps its cluster.

    Raises:
        ConfigError: Nothing answers at the address, or refuses the token.
        InstallationError: Ray is not installed.
        ModelError: No cluster could be started here.
    """
    ray = _imported()
    if ray.is_initialized():
        yield ray
        return
    with _own_handlers():
        if cluster.address:
            _join(ray, cluster.address)
        else:
            _start(ray, cluster.cores)
    try:
        yield ray
    finally:
        with _own_handlers():
            ray.shutdown()


def _imported() -> ModuleType:
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        import ray
        import ray._private.worker as talker
    except ImportError as error:
        raise InstallationError("ray_missing") from error
    # Ray tells of lost workers on standard output, into our JSON; they are our business.
    talker.print_to_stdstream = lambda *_args, **_more: None
    return ray


def _start(ray: ModuleType, cores: int) -> None:
    # Ray reads it once: a second cluster of this process has the first one's.
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    # Ray opens its own folder to everybody; this one around it is not.
    folder = tempfile.TemporaryDirectory(prefix="photoproof-", ignore_cleanup_errors=True)
    try:
        ray.init(
            num_cpus=cores or None,
            include_dashboard=False,
            object_store_memory=_ON_THE_WAY,
            _node_ip_address=_LOOPBACK,
            _temp_dir=str(Path(folder.name) / "r"),
            **_quiet(),
        )
    except (*_FAULTS, ray.exceptions.RayError) as error:
        folder.cleanup()
        raise ModelError("ray_unstarted", name=type(error).__name__) from error
    _folders.append(folder)


# Folders of clusters that this process started, until it ends: Ray writes into them late.
_folders: list[tempfile.TemporaryDirectory[str]] = []


def _join(ray: ModuleType, address: str) -> None:
    try:
        ray.init(address=address, **_quiet())
    except (*_FAULTS, ray.exceptions.RayError) as error:
        raise ConfigError("ray_silent", address=address, name=type(error).__name__) from error


def _quiet() -> dict[str, Any]:
    return {"log_to_driver": False, "logging_level": "CRITICAL"}


@contextmanager
def _own_handlers() -> Iterator[None]:
    """What is done inside may set signal handlers; afterwards there are those of before again."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
