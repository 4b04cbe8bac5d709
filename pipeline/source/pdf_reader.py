"""How many pages PDFs have, told by a process of its own, in the cage.

Run by its path (`pipeline.source.pdf_pages`). Standard input is PDFs, each with its length in front
(8 bytes, the high one first); standard output is a line each, the number of pages or why it cannot
be used. What a crafted PDF brings the decoder to do ends with this process, which its parent makes
anew for the next.
"""

from __future__ import annotations

import sys
from pathlib import Path

MEMORY_BYTES = 640 << 20  # pages are read and not drawn


def main() -> None:
    """Answer until there is no more."""
    import pypdfium2  # noqa: F401 - loaded while files can be read

    from pipeline.core.cage import close_cage
    from pipeline.core.pdf import PdfFaultError, pages_of

    _limit()
    close_cage((), ())
    source = sys.stdin.buffer
    while length := source.read(8):
        data = source.read(int.from_bytes(length, "big"))
        try:
            answer = str(pages_of(data))
        except PdfFaultError as fault:
            answer = str(fault)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


def _limit() -> None:
    """Bound this process's memory, where the system can."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


if __name__ == "__main__":
    # Called by its path and apart from everything: its own folder, whose `numbers` would hide
    # Python's, is not searched, and where nothing is installed the program's own has to be.
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    main()
