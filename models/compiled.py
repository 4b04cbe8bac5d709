"""Compiled networks kept beside their weights, so that a process starts in a third of the time.

OpenVINO's own cache would load a damaged file without a word, and wrong weights make wrong scores.
Here each file states what it was made of and the sha256 of its content, and is made again when
either does not fit. Programs that would compile differently (another version of this package or of
OpenVINO, another processor) have folders of their own, or they would undo each other's work.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import openvino as ov
from openvino import frontend

from models.arithmetic import instruction_set
from models.place import put_whole

_FOLDER = "compiled"
_FOLDERS = 4  # of so many programs; the one that was furnished longest ago goes
Reader = Callable[[ov.Core, Path], ov.Model]
# What OpenVINO raises for a file that is damaged or of another network.
FAILURES = (
    RuntimeError,
    frontend.GeneralFailure,
    frontend.InitializationFailure,
    frontend.OpConversionFailure,
    frontend.OpValidationFailure,
)


def load_compiled(
    core: ov.Core,
    path: Path,
    shape: tuple[int, ...],
    config: dict[str, Any],
    reader: Reader = ov.Core.read_model,
    made: str = "",
) -> tuple[ov.CompiledModel, tuple[str, ...]]:
    """The network compiled for a fixed input shape, and its outputs' names in order.

    Args:
        core: The process's own.
        path: ONNX or TFLite file, or the .xml of an OpenVINO graph.
        shape: Input shape.
        config: For `compile_model`.
        reader: Reads a file that OpenVINO cannot read by itself.
        made: What the reader makes of the file, where that can vary; each is kept in its own file.

    Raises:
        FAILURES: If the file cannot be read or compiled.
    """
    kept = _place(core, path, shape, made)
    key = _key(core, path, config, made)
    found = _read(core, kept, key, config)
    if found is not None:
        return found
    model = reader(core, path)
    # Names are read before compiling: the compiler adds others to the same tensors.
    names = tuple(output.any_name for output in model.outputs)
    model.reshape(list(shape))
    network = core.compile_model(model, "CPU", config)
    _keep(network, names, kept, key)
    return network, names


def is_kept(
    core: ov.Core, path: Path, shape: tuple[int, ...], config: dict[str, Any], made: str = ""
) -> bool:
    """Whether `load_compiled` has kept this one; of its file the heading alone is read."""
    try:
        with _place(core, path, shape, made).open("rb") as file:
            return bool(json.loads(file.readline())["key"] == _key(core, path, config, made))
    except (OSError, ValueError, LookupError, TypeError):
        return False


def _place(core: ov.Core, path: Path, shape: tuple[int, ...], made: str) -> Path:
    way = f"-{zlib.crc32(made.encode()):08x}" if made else ""
    program = f"{zlib.crc32(json.dumps(_program(core)).encode()):08x}"
    name = f"{path.stem}-{'x'.join(map(str, shape))}{way}.blob"
    return path.parent / _FOLDER / program / name


def _key(core: ov.Core, path: Path, config: dict[str, Any], made: str) -> str:
    """All that it depends on: weights, settings, the program."""
    # An OpenVINO graph (.xml) has its weights beside it, under the same name.
    parts = [file.stat() for file in sorted(path.parent.glob(f"{path.stem}.*"))]
    made_of = [(part.st_size, part.st_mtime_ns) for part in parts]
    return json.dumps([made_of, made, config, *_program(core)])


def _program(core: ov.Core) -> tuple[str, ...]:
    """What compiles: this package's code, OpenVINO, the processor.

    Processors of one name can differ in their instructions: "AMD EPYC" has AVX-512 or has not.
    """
    processor = f"{core.get_property('CPU', 'FULL_DEVICE_NAME')} {instruction_set()}"
    return (_code(), ov.__version__, processor)


@cache
def _code() -> str:
    """Digest of this package's code: a reader that makes another graph of a file is part of it."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _read(
    core: ov.Core, kept: Path, key: str, config: dict[str, Any]
) -> tuple[ov.CompiledModel, tuple[str, ...]] | None:
    """What an earlier process kept; None when it is missing, damaged or of something else."""
    try:
        header, _, blob = kept.read_bytes().partition(b"\n")
        about = json.loads(header)
        if about["key"] != key or about["sha256"] != hashlib.sha256(blob).hexdigest():
            return None
        return core.import_model(io.BytesIO(blob), "CPU", config), tuple(about["names"])
    except (OSError, ValueError, LookupError, TypeError, RuntimeError):
        return None


def _keep(network: ov.CompiledModel, names: tuple[str, ...], kept: Path, key: str) -> None:
    """Write it for the next process; a folder that cannot be written costs only time."""
    stream = io.BytesIO()
    network.export_model(stream)
    blob = stream.getvalue()
    about = {"key": key, "names": names, "sha256": hashlib.sha256(blob).hexdigest()}
    try:
        if not kept.parent.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            _forget_others(kept.parent)
        put_whole(json.dumps(about).encode() + b"\n" + blob, kept)
    except OSError:
        return


def _forget_others(folder: Path) -> None:
    """Delete what programs left that nobody has furnished for longest."""
    others = [path for path in folder.parent.iterdir() if path.is_dir() and path != folder]
    others.sort(key=lambda path: path.stat().st_mtime)
    for old in others[: 1 - _FOLDERS]:
        shutil.rmtree(old, ignore_errors=True)
