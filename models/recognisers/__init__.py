"""Recognisers: every file here is one, called as the file is; nothing else to register.

Its file says which network it is (`RECOGNISER`) and which weight of the manifest that loads
(`WEIGHT`). `data/recognisers.toml` has the thresholds that its scores need.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from typing import Protocol

from models.manifest import path_of
from pipeline.core.types import Floats, Pixels


class Recogniser(Protocol):
    """A network that embeds aligned face crops.

    Attributes:
        name: As in the policy and the models' manifest.
        sure: From this cosine on two crops show the same person, whatever their mirrored crops
            would add.
    """

    name: str
    sure: float

    def prepare(self) -> None:
        """Compile what will be called later and is not kept yet."""

    def __call__(self, crops: Sequence[Pixels]) -> Floats:
        """(N, D) float32 vectors, of any length, of N (112, 112, 3) BGR crops."""


def known() -> tuple[str, ...]:
    """The names of all recognisers; none is loaded for it."""
    return tuple(module.name for module in pkgutil.iter_modules(__path__))


def load(names: Sequence[str]) -> tuple[Recogniser, ...]:
    """The networks of these names, in this order; each is compiled when first used.

    Raises:
        ModelError: If weights are missing or damaged.
        KeyError: If no recogniser is called so.
    """
    return tuple(map(_load, names))


def _load(name: str) -> Recogniser:
    if name not in known():
        raise KeyError(name)
    module = importlib.import_module(f"{__name__}.{name}")
    network: Recogniser = module.RECOGNISER(path_of(module.WEIGHT))
    return network
