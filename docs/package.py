"""Wheel and source archive of this version, and what to install them with: `make dist`.

Beside them in `dist/` lie `constraints.txt`, the versions that were tested together,
`requirements.lock` with the hashes of their wheels, and `SHA256SUMS` of all of it. Nothing is
fetched.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
BESIDE = ("constraints.txt", "requirements.lock")


def build(source: Path, target: Path) -> tuple[Path, Path]:
    """Wheel and source archive of a folder with the project, which stays as it is.

    Returns:
        Both files in `target`. The wheel is built from the unpacked archive, so that the archive is
        shown to be whole.
    """
    with TemporaryDirectory() as folder:
        # Setuptools would take what an earlier build has left behind in the project's own folder.
        copy = Path(shutil.copytree(source, Path(folder, "copy"), ignore=_not_ours))
        archive = _built("build_sdist", copy, target)
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        unpacked = Path(folder, archive.name.removesuffix(".tar.gz"))
        wheel = _built("build_wheel", unpacked, target)
    return wheel, archive


def _not_ours(folder: str, names: list[str]) -> set[str]:
    left_out = {"build", "dist", "runs"} if Path(folder) == ROOT else set()
    hidden = {name for name in names if name.startswith(".") and name not in (".ci", ".github")}
    return hidden | left_out | {n for n in names if n == "__pycache__" or n.endswith(".egg-info")}


def _built(what: str, project: Path, target: Path) -> Path:
    """One of setuptools' builds, in a process of its own: it works in the current folder."""
    code = f"import sys; from setuptools import build_meta as b; print(b.{what}(sys.argv[1]))"
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", code, str(target)], cwd=project, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(done.stderr)
    return target / done.stdout.splitlines()[-1]


def differences(wheel: Path, source: Path) -> list[str]:
    """Files that the packages have and the wheel lacks, or the other way round."""
    with zipfile.ZipFile(wheel) as packed:
        shipped = {name for name in packed.namelist() if ".dist-info/" not in name}
    ours = {
        path.relative_to(source).as_posix()
        for top in ("pipeline", "models", "data")
        for path in (source / top).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    return sorted(shipped ^ ours)


def main() -> None:
    """Fill `dist/`."""
    target = ROOT / "dist"
    target.mkdir(exist_ok=True)
    for pattern in ("photoproof-*.whl", "photoproof-*.tar.gz", "SHA256SUMS"):
        for old in target.glob(pattern):
            old.unlink()
    wheel, _ = build(ROOT, target)
    if apart := differences(wheel, ROOT):
        sys.exit(f"the wheel and the project differ in {', '.join(apart)}")
    for name in BESIDE:
        shutil.copy(ROOT / name, target)
    sums = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(target.iterdir())
        if path.is_file()
    ]
    (target / "SHA256SUMS").write_text("".join(sums), "utf-8")


if __name__ == "__main__":
    main()
