"""What is wrong with this installation, if anything: one line a check, each with what to do."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from models import manifest
from pipeline.errors import PhotoproofError

_PACKAGES = ("opencv-contrib-python", "numpy", "mediapipe", "openvino", "pillow", "pillow-heif")
# Each brings a `cv2` folder of its own; two of them overwrite each other's files.
_RIVALS = ("opencv-python", "opencv-python-headless", "opencv-contrib-python-headless")
_MIN_FREE_GB = 2.0


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor's answer; `advice` says what to do when it is not `ok`."""

    name: str
    ok: bool
    found: str
    advice: str = ""


def examine() -> list[Check]:
    """Run every check; none raises."""
    checks: list[Callable[[], Check]] = [
        _python,
        *(lambda name=name: _package(name) for name in _PACKAGES),
        _one_opencv,
        *(lambda name=name: _imports(name) for name in ("cv2", "mediapipe", "openvino")),
        _sqlite,
        _weights,
        _processor,
        _space,
    ]
    return [check() for check in checks]


def _python() -> Check:
    found = platform.python_version()
    return Check("Python", sys.version_info >= (3, 11), found, "Python 3.11 or newer is needed.")


def _package(name: str) -> Check:
    try:
        return Check(name, True, version(name))
    except PackageNotFoundError:
        return Check(name, False, "not installed", "Run `make setup`, or `pip install photoproof`.")


def _one_opencv() -> Check:
    rivals = []
    for name in _RIVALS:
        try:
            rivals.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    advice = "Uninstall them, then `pip install --force-reinstall opencv-contrib-python`."
    return Check("only one OpenCV", not rivals, ", ".join(rivals) or "yes", advice)


def _imports(name: str) -> Check:
    try:
        importlib.import_module(name)
    except ImportError as error:
        advice = (
            "A system library is missing. Debian and Ubuntu: apt-get install libgl1 libglib2.0-0"
            " libegl1 libgles2; see README, System libraries."
        )
        return Check(f"import {name}", False, str(error).splitlines()[0], advice)
    return Check(f"import {name}", True, "yes")


def _sqlite() -> Check:
    found = sqlite3.sqlite_version
    advice = "SQLite 3.37 or newer is needed; use a newer Python build."
    return Check("SQLite", sqlite3.sqlite_version_info >= (3, 37), found, advice)


def _weights() -> Check:
    try:
        count = len(manifest.digests())
    except PhotoproofError as error:
        return Check("weights", False, error.message, error.hint)
    return Check("weights", True, f"{count} files verified in {manifest.weights_dir()}")


def _processor() -> Check:
    try:
        from models.runtime import half_precision

        kind = "bf16" if half_precision() else "float32"
    except (ImportError, RuntimeError) as error:
        return Check("processor", False, type(error).__name__, "OpenVINO cannot start; see above.")
    return Check("processor", True, f"{os.cpu_count()} cores, networks run in {kind}")


def _space() -> Check:
    free = shutil.disk_usage(tempfile.gettempdir()).free / 2**30
    return Check("disk", free >= _MIN_FREE_GB, f"{free:.0f} GB free", "Free some space.")
