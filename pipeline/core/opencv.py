"""OpenCV, loaded when it is first used: `from pipeline.core.opencv import cv2`.

Modules that also say what measures there are, or judge what was measured, take it from here. Who
only plans, decides or reports then never waits for it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__all__ = ["cv2"]

if TYPE_CHECKING:
    import cv2
else:

    class _Late:
        """Stands for the module until something of it is asked for."""

        def __getattr__(self, name: str) -> object:
            value = getattr(importlib.import_module("cv2"), name)
            setattr(self, name, value)  # found at once from now on
            return value

    cv2 = _Late()
