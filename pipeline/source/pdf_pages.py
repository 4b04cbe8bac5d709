"""PDF scans among references: each page is a picture, the file is one file of the delivery."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Timer

from pipeline.core.imagefile import READ_ERRORS, ImageFile
from pipeline.core.pdf import DAMAGED
from pipeline.core.pdf import MAX_PAGES as MAX_PAGES
from pipeline.source import pdf_reader
from pipeline.source.found import NOT_PICTURES, Found, suffix

MAX_BYTES = 64 << 20  # as the policy's `[input] max_bytes`; a scan has a hundredth of it
SECONDS = 20  # for one file, whatever it holds
PDF = "pdf_"  # how the words of what is wrong with a PDF begin
# Words of `[value]` in the catalogue: why a PDF is not used, and what else is to be said of one.
TOO_LARGE, ENDLESS, UNREAD = "pdf_too_large", "pdf_endless", "pdf_unread"
FIRST_PAGES, PAGES_OF_MANY = "pdf_first_pages", "pdf_pages_of_many"


def with_pages(files: Iterable[Found]) -> Iterator[Found]:
    """The same files, PDFs among them as pictures with their pages, or with what is wrong."""
    reader = _Reader()
    try:
        for found in files:
            if found.content and found.reason == NOT_PICTURES and suffix(found.name) == ".pdf":
                yield _read(reader, found, found.content)
            else:
                yield found
    finally:
        reader.close()


def pages(file: ImageFile, number: int) -> list[ImageFile]:
    """The pages of a PDF that are looked at, each as a picture; of a picture itself."""
    if not number:
        return [file]
    return [replace(file, page=place) for place in range(min(number, MAX_PAGES))]


def _read(reader: _Reader, found: Found, file: ImageFile) -> Found:
    try:
        data = file.read_bytes(MAX_BYTES)
    except READ_ERRORS:
        return replace(found, reason=UNREAD)
    answer = TOO_LARGE if len(data) > MAX_BYTES else reader.ask(data)
    if answer.isdecimal():
        return replace(found, picture=file, reason="", pages=int(answer))
    return replace(found, reason=answer)


class _Reader:
    """The process that counts pages; made when the first PDF comes, anew when one has ended it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, data: bytes) -> str:
        """The number of pages, or a reason."""
        process = self._process or self._start()
        late = Timer(SECONDS, process.kill)
        late.start()
        answer = b""
        with suppress(OSError):  # it has ended: the answer stays empty
            assert process.stdin and process.stdout
            process.stdin.write(len(data).to_bytes(8, "big") + data)
            process.stdin.flush()
            answer = process.stdout.readline()
        in_time = late.is_alive()
        late.cancel()
        if not answer.endswith(b"\n"):
            self.close()
            return DAMAGED if in_time else ENDLESS
        return answer.decode().strip()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-I", str(Path(pdf_reader.__file__))]
        self._process = subprocess.Popen(  # noqa: S603 - our own file
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        return self._process

    def close(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.kill()
            with suppress(OSError):  # what it did not read any more
                self._process.communicate()
            self._process = None
