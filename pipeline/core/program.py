"""What this program is made of, as one digest: the same program makes the same of the same."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from pipeline.core.extensions import installed

# Packages that have a part in what is seen, decided and reported.
_PACKAGES = (
    *("numpy", "opencv-contrib-python", "openvino", "pillow", "pillow-heif", "simplejpeg"),
    *("pydantic", "jinja2", "xlsxwriter"),
)


@cache
def program_digest() -> str:
    """sha256 of every file of the packages `pipeline`, `models` and `data`, and what they rest on.

    The version alone would not do: it stays the same while somebody works on a template.
    """
    digest = hashlib.sha256(platform.python_version().encode())
    for one in installed():
        digest.update(f"{one.version} {version(one.package)}\n".encode())
    for package in _PACKAGES:
        digest.update(f"{package} {version(package)}\n".encode())
    for root in (
        Path(__file__).parents[1],
        *(Path(str(files(name))) for name in ("data", "models")),
    ):
        for path in sorted(root.rglob("*")):
            if path.is_file() and path.parent.name != "__pycache__":
                content = path.read_bytes()
                name = path.relative_to(root).as_posix()
                digest.update(f"{root.name}/{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()
