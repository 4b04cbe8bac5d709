"""Previews made beside the server: one process each, few at once, none longer than it may take."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core.jsonfile import read_json, write_json
from pipeline.core.private import make_folder
from pipeline.hub import preview
from pipeline.hub.uploads import Draft
from pipeline.hub.way import giving_way

_SECONDS = 600
_AT_ONCE = 2


@dataclass(eq=False, slots=True)
class _Making:
    """One that is being made.

    Attributes:
        state: Of the draft.
        given_up: The draft has another state by now, and nobody waits for this one.
    """

    state: str
    process: subprocess.Popen[bytes] | None = None
    given_up: bool = False

    def give_up(self) -> None:
        self.given_up = True
        if self.process:
            self.process.kill()


class Previews:
    """The previews that are being made; what is finished lies in the draft's own folder.

    Args:
        seconds: How long one may take.
    """

    def __init__(self, seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        self._making: dict[Path, _Making] = {}
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(_AT_ONCE)

    def of(self, draft: Draft, colleges: Collection[str]) -> dict[str, Any] | None:
        """The preview of a draft as it is now; None while it is being made.

        Args:
            draft: What is handed in.
            colleges: Whose students whoever asks may know of; all where it is empty.
        """
        state = draft.state()
        if (found := read(draft)) and _fits(found, state, colleges):
            return found
        with self._lock:
            making = self._making.get(draft.folder)
            if making is None or making.state != state:
                if making:  # it must not take the place of the one that is wanted now
                    making.give_up()
                making = self._making[draft.folder] = _Making(state)
                work = (draft, making, sorted(colleges))
                threading.Thread(target=self._make, args=work, daemon=True).start()
        return None

    def _make(self, draft: Draft, making: _Making, colleges: Collection[str]) -> None:
        state = making.state
        arguments = [str(draft.site.file), draft.cohort, str(draft.folder), state, *colleges]
        try:
            make_folder(draft.folder)
            with self._slots:
                self._run(making, arguments)
        except (OSError, subprocess.SubprocessError):
            failed = {"state": state, "colleges": list(colleges), "failed": True}
            # What was taken back or handed in meanwhile has no folder, and nobody waits for it.
            with suppress(OSError):
                if not making.given_up:
                    write_json(draft.folder / preview.FILE, failed)
        finally:
            with self._lock:
                if self._making.get(draft.folder) is making:
                    del self._making[draft.folder]

    def _run(self, making: _Making, arguments: list[str]) -> None:
        """The program that makes one, to its end."""
        command = [*giving_way(), sys.executable, "-P", "-m", preview.__name__, *arguments]
        nothing = subprocess.DEVNULL
        with self._lock:
            if making.given_up:
                return
            making.process = subprocess.Popen(  # noqa: S603 - our own program
                command, stdin=nothing, stdout=nothing, stderr=nothing
            )
        with making.process as process:
            try:
                code = process.wait(self._seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        if code:
            raise subprocess.CalledProcessError(code, preview.__name__)


def read(draft: Draft) -> dict[str, Any]:
    """The last preview of a draft, of whatever state of it; empty where there is none."""
    return read_json(draft.folder / preview.FILE)


def _fits(found: dict[str, Any], state: str, colleges: Collection[str]) -> bool:
    return found.get("state") == state and found.get("colleges") == sorted(colleges)
