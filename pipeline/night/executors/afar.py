"""What a night's workers need on another machine: the rule of the run, the weights, the files."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import Any

from models import manifest
from models.arithmetic import ARITHMETIC
from models.place import alone, put_whole
from pipeline.core.errors import ModelError
from pipeline.core.policy import InputLimits
from pipeline.core.program import program_digest
from pipeline.core.said import cause
from pipeline.core.types import Job
from pipeline.night.executors import Afar

# What a node is sent of the weights: sha256 and bytes by file name.
Weights = Mapping[str, tuple[str, bytes]]
_PATIENCE_S = 600.0


def afar_of(limits: InputLimits, parts: Sequence[str], digests: Mapping[str, str]) -> Afar[Job]:
    """What assessing students needs on another machine.

    Args:
        limits: On the size of a file.
        parts: As for `models.manifest.digests`.
        digests: sha256 by weight id, from `models.manifest.expected`; without any, no weight is
            needed.
    """
    packed = partial(_weights, parts) if digests else dict
    check = partial(_unpack, (ARITHMETIC, program_digest()), tuple(parts), dict(digests))
    return Afar(packed, check, partial(_carried, limits.max_bytes))


def _weights(parts: Sequence[str]) -> Weights:
    """The files in this machine's cache, whole."""
    paths = [manifest.path_of(name) for name in manifest.digests(parts)]
    paths.append(manifest.weights_dir() / manifest.RECORD_FILE)
    return {
        path.name: (sha256(content).hexdigest(), content)
        for path in paths
        for content in (path.read_bytes(),)
    }


def _unpack(
    rule: tuple[str, str], parts: Sequence[str], digests: Mapping[str, str], sent: Any
) -> None:
    """See that this machine computes by the run's rule, and has its weights.

    Args:
        rule: Arithmetic and program of the machine that keeps the run.
        parts: As for `models.manifest.digests`.
        digests: sha256 by weight id; without any, no weight is needed.
        sent: `Weights`; what is not here yet is put into this machine's cache.

    Raises:
        ModelError: Another program is installed here, or the weights cannot be kept.
    """
    if (ARITHMETIC, program_digest()) != rule:
        raise ModelError("node_program", node=platform.node())
    if not digests:
        return
    try:
        _keep(sent)
    except OSError as error:
        raise ModelError("node_cache", node=platform.node(), why=cause(error)) from error
    if manifest.digests(parts) != dict(digests):
        raise ModelError("node_weights", node=platform.node())


def _keep(weights: Weights) -> None:
    folder = manifest.weights_dir()
    missing = {
        name: content
        for name, (digest, content) in weights.items()
        if manifest.state_of(folder / name, len(content), digest) != "present"
    }
    if missing:
        with alone(folder, _PATIENCE_S):
            for name, content in missing.items():
                put_whole(content, folder / name)


def _carried(limit: int, job: Job) -> Job:
    return replace(
        job,
        photo=job.photo and job.photo.carrying(limit),
        references=tuple(
            replace(reference, file=reference.file.carrying(limit)) for reference in job.references
        ),
    )
