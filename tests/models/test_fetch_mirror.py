"""Fetching from a mirror folder, and out of another asset; all on this machine."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from fetch_cases import CONTENT, asset, left_in

from models.carrier import CarrierError, read_member
from models.fetch import pull, status
from models.manifest import InAsset
from pipeline.core.errors import FetchError


def test_mirror_gives_the_file_under_its_own_name(dest: Path, mirror: Path) -> None:
    (mirror / "net.bin").write_bytes(CONTENT)
    events: list[str] = []
    paths = pull([asset()], dest, mirror, events.append)
    assert paths == {"net": dest / "net.bin"}
    assert paths["net"].read_bytes() == CONTENT
    assert events == ["net: 102,400 bytes from the mirror folder"]


def test_mirror_may_be_named_by_the_environment(
    dest: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mirror / "net.bin").write_bytes(CONTENT)
    monkeypatch.setenv("PHOTOPROOF_MODEL_DIR", str(mirror))
    assert pull([asset()], dest)["net"].is_file()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"X" + CONTENT[1:], "wrong bytes: sha256 "),
        (CONTENT[:-1], "102399 bytes instead of 102400"),
        (CONTENT + b"X", "more than 102400 bytes instead of 102400"),
        (None, "No such file"),
    ],
)
def test_a_bad_mirror_is_refused_and_leaves_nothing(
    dest: Path, mirror: Path, content: bytes | None, said: str
) -> None:
    if content is not None:
        (mirror / "net.bin").write_bytes(content)
    with pytest.raises(FetchError, match=said) as caught:
        pull([asset()], dest, mirror)
    assert "net (net.bin)" in caught.value.message
    assert left_in(dest) == []


def test_what_is_there_is_not_fetched_again_but_damage_is_mended(dest: Path, mirror: Path) -> None:
    (mirror / "net.bin").write_bytes(CONTENT)
    pull([asset()], dest, mirror)
    (mirror / "net.bin").unlink()
    events: list[str] = []
    pull([asset()], dest, mirror, events.append)
    assert events == ["net: already there"]

    (dest / "net.bin").write_bytes(CONTENT[::-1])
    assert status([asset()], dest)[0][1] == "damaged"
    (mirror / "net.bin").write_bytes(CONTENT)
    pull([asset()], dest, mirror)
    assert status([asset()], dest)[0][1] == "present"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FetchError, match="cannot be written"):
        pull([asset()], tmp_path / "file" / "cache")


def test_a_member_of_another_asset(dest: Path, mirror: Path) -> None:
    packed = mirror / "outer.bin"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inner/net.tflite", CONTENT)
    outer = asset(name="outer", content=packed.read_bytes())
    inner = asset(InAsset("outer", "inner/net.tflite"))
    assert pull([outer, inner], dest, mirror)["net"].read_bytes() == CONTENT


def test_a_missing_member_is_told(tmp_path: Path) -> None:
    archive = tmp_path / "empty.zip"
    zipfile.ZipFile(archive, "w").close()
    with pytest.raises(CarrierError, match=r"empty\.zip gives no net\.bin"):
        read_member(archive, "net.bin", 10)
