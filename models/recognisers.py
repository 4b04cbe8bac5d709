"""The recognisers a run can compare with, by the manifest's names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from models.manifest import path_of
from models.retail0095 import Retail0095
from models.sface import SFace

Embedder = SFace | Retail0095

# Network and the weight it loads, by name.
_KNOWN: Mapping[str, tuple[Callable[[Path], Embedder], str]] = {
    SFace.name: (SFace, "sface_folded"),
    Retail0095.name: (Retail0095, "retail0095"),
}


def recognisers(names: Sequence[str]) -> tuple[Embedder, ...]:
    """The networks of these names, in this order; each is compiled when first used.

    Raises:
        ModelError: If weights are missing or damaged.
        KeyError: If no recogniser is called so.
    """
    return tuple(network(path_of(weight)) for network, weight in map(_KNOWN.__getitem__, names))
