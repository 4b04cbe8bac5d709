"""The members of `face_landmarker.task`, a zip of networks and metadata (MediaPipe, Apache-2.0)."""

from __future__ import annotations

import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import openvino as ov

from models.compiled import Reader
from pipeline.core.errors import ModelError
from pipeline.core.said import cause


def member(task: Path, name: str) -> bytes:
    """The bytes of one member.

    Raises:
        ModelError: If the file is no such zip.
    """
    try:
        with zipfile.ZipFile(task) as packed:
            return packed.read(name)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise ModelError("weight_unloadable", name=task.name, why=cause(error)) from error


def reader(name: str) -> Reader:
    """Reads the network `name` out of a task; needed only until its compiled form is kept."""

    def read(core: ov.Core, task: Path) -> ov.Model:
        # OpenVINO's frontend for TFLite opens files only, and may go on reading this one.
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            file = Path(folder, name)
            file.write_bytes(member(task, name))
            return core.read_model(file)

    return read
