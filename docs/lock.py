"""Hashes of every pinned package, for a locked install: `make lock` after constraints.txt changes.

Writes `requirements.lock`, what production runs, and `requirements-dev.lock`, what tests and a
release need besides. Names, versions and hashes only: where to get them from is the machine's own
pip configuration. pip is asked for each version of Python on Linux, x86-64, and chooses the wheels.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from importlib.metadata import requires
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12", "3.13")
# glibc 2.36 (Debian 12) and every older one, as pip asks for them on such a machine.
PLATFORMS = (
    *(f"manylinux_2_{minor}_x86_64" for minor in range(36, 4, -1)),
    *("manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"),
)
EXTRAS = {"cas", "encryption", "oidc", "print", "propose"}  # of production
BUILD = "setuptools"  # builds photoproof itself, without fetching anything


def pins() -> dict[str, str]:
    """Version by name of all that is pinned."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def production() -> set[str]:
    """Names of all that photoproof needs to run, its production extras included."""
    known, open_ = {BUILD}, [("photoproof", frozenset(EXTRAS))]
    while open_:
        name, extras = open_.pop()
        for text in requires(name) or ():
            wanted = Requirement(text)
            one = canonicalize_name(wanted.name)
            here = [{"extra": extra} for extra in ("", *extras)]
            if wanted.marker and not any(wanted.marker.evaluate(e) for e in here):
                continue
            if one not in known and one != "photoproof":
                known.add(one)
                open_.append((one, frozenset(wanted.extras)))
    return known


def hashes(wanted: dict[str, str]) -> dict[str, set[str]]:
    """sha256 of the wheels that pip chooses, by name."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for python in PYTHONS:
        with TemporaryDirectory() as folder:
            pinned, report = Path(folder, "pins.txt"), Path(folder, "report.json")
            pinned.write_text("".join(f"{n}=={v}\n" for n, v in wanted.items()), "utf-8")
            command = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet"]
            command += ["--ignore-installed", "--no-deps", "--only-binary", ":all:"]
            command += ["--python-version", python, "--target", folder, "--report", str(report)]
            command += [f"--platform={platform}" for platform in PLATFORMS]
            subprocess.run([*command, "-r", str(pinned)], check=True)  # noqa: S603 - our own words
            for entry in json.loads(report.read_text("utf-8"))["install"]:
                name = canonicalize_name(entry["metadata"]["name"])
                found[name].add(entry["download_info"]["archive_info"]["hashes"]["sha256"])
    return found


def write(path: Path, names: Iterable[str], versions: dict[str, str]) -> None:
    """One lock file."""
    known = hashes({name: versions[name] for name in names})
    lines = [f"# Made by `make lock` from constraints.txt, for Python {', '.join(PYTHONS)} on"]
    lines += ["# Linux, x86-64, glibc 2.36 or newer. Never edited by hand."]
    for name in sorted(known):
        told = " \\\n    ".join(f"--hash=sha256:{digest}" for digest in sorted(known[name]))
        lines.append(f"{name}=={versions[name]} \\\n    {told}")
    path.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    pinned = pins()
    needed = production()
    if missing := needed - pinned.keys():
        sys.exit(f"constraints.txt pins no {', '.join(sorted(missing))}")
    write(ROOT / "requirements.lock", needed, pinned)
    write(ROOT / "requirements-dev.lock", pinned.keys() - needed, pinned)
