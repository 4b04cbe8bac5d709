"""What is wrong with this installation, if anything: one line a check, each with what to do."""

from __future__ import annotations

import importlib
import math
import os
import platform
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from models import manifest
from models.arithmetic import ARITHMETIC, instruction_set
from pipeline.core.cage import bars
from pipeline.core.errors import PhotoproofError, SourceError
from pipeline.core.policy import load_policy
from pipeline.sample import sources

_PACKAGES = ("opencv-contrib-python", "numpy", "mediapipe", "openvino", "pillow", "pillow-heif")
# Each brings a `cv2` folder of its own; two of them overwrite each other's files.
_RIVALS = ("opencv-python", "opencv-python-headless", "opencv-contrib-python-headless")
_MIN_FREE_GB = 2.0
_PORTRAIT, _MESH_SIDE = "maher", 384
# Of 200 generated portraits no point lay farther than 0.002 from MediaPipe's, of 607 public
# pictures, cut and tiny faces among them, 0.036. The sample is a plain portrait.
_MESHES_APART = 0.02


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
        _cage,
        _networks,
        _mesh,
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


def _cage() -> Check:
    found = ", ".join(bars()) or "none on this system"
    return Check(
        "cage of the workers",
        sys.platform != "linux" or len(bars()) > 1,
        found,
        "Install libseccomp2, or use a kernel with Landlock (5.13 or newer).",
    )


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
        kind = instruction_set()
    except (ImportError, RuntimeError) as error:
        return Check("processor", False, type(error).__name__, "OpenVINO cannot start; see above.")
    found = f"{os.cpu_count()} cores, networks run on {kind} instructions in {ARITHMETIC}"
    return Check("processor", True, found)


def _networks() -> Check:
    """Whether every network that a night needs runs here."""
    try:
        from pipeline.student.examiner import NetworkEngine

        NetworkEngine(load_policy().input).start()
    except PhotoproofError as error:
        return Check("networks", False, error.message, error.hint)
    except ImportError as error:
        return Check("networks", False, str(error).splitlines()[0], "See the lines above.")
    return Check("networks", True, "all run")


def _mesh() -> Check:
    """Whether the mesh on OpenVINO is MediaPipe's on this processor too, on a sample portrait."""
    sample = sources.samples_dir() / sources.pictures()[_PORTRAIT].asset.file
    if not sample.exists():
        return Check("face mesh", True, "not compared: `photoproof demo` fetches a picture for it")
    try:
        apart = _meshes_apart(sample)
    except (PhotoproofError, ImportError, RuntimeError) as error:
        told = error.message if isinstance(error, PhotoproofError) else type(error).__name__
        return Check("face mesh", False, told, "See the lines above; delete a damaged sample.")
    found = f"{apart:.2%} of the distance of the eyes from MediaPipe's"
    advice = "Measures of the face are not to be trusted here. Please report this line."
    return Check("face mesh", apart <= _MESHES_APART, found, advice)


def _meshes_apart(sample: Path) -> float:
    """Largest distance of a point from MediaPipe's own, in distances of the irises."""
    import cv2
    import numpy as np

    from models.face_reference import FaceReference
    from models.face_region import FaceRegion
    from models.facemesh import FaceMesh
    from pipeline.core.geometry import fit
    from pipeline.student.view.base import LEFT_IRIS, RIGHT_IRIS

    task = manifest.path_of("face_landmarker")
    picture = cv2.imread(str(sample))
    if picture is None:
        raise SourceError("sample_no_picture", name=sample.name)
    square = fit(np.asarray(picture, np.uint8), _MESH_SIDE)[0]
    with closing(FaceReference(task)) as mediapipes:
        frame, theirs = FaceRegion(task)(square), mediapipes(square)
    ours = None if frame is None else FaceMesh(task)(square, frame)
    if ours is None or theirs is None:
        return math.inf  # there is a face in it
    irises = theirs.points[RIGHT_IRIS] - theirs.points[LEFT_IRIS]
    apart = np.linalg.norm(ours.points - theirs.points, axis=1).max()
    return float(apart / np.linalg.norm(irises))


def _space() -> Check:
    free = shutil.disk_usage(tempfile.gettempdir()).free / 2**30
    return Check("disk", free >= _MIN_FREE_GB, f"{free:.0f} GB free", "Free some space.")
