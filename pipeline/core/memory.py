"""How much memory this process and its children may still take, and giving some back."""

from __future__ import annotations

import ctypes
import re
import sys
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")
_MEMINFO = Path("/proc/meminfo")
# Taken for granted where nothing says how much there is.
_UNKNOWN = 4 * 2**30


def usable_memory(cgroup: Path = _CGROUP, meminfo: Path = _MEMINFO) -> int:
    """Bytes that are free on the machine, and no more than the control group leaves.

    Args:
        cgroup: Where the control group is mounted: `memory.max` and `memory.current` of version 2,
            or `memory/memory.limit_in_bytes` and `memory/memory.usage_in_bytes` of version 1.
        meminfo: The kernel's own account.
    """
    version_2 = cgroup / "memory.max", cgroup / "memory.current"
    version_1 = (
        cgroup / "memory" / "memory.limit_in_bytes",
        cgroup / "memory" / "memory.usage_in_bytes",
    )
    left = [_left(*files) for files in (version_2, version_1)]
    told = [amount for amount in (_available(meminfo), *left) if amount is not None]
    return max(0, min(told, default=_UNKNOWN))


def _left(limit: Path, used: Path) -> int | None:
    """What a control group leaves; None without a limit ("max", no control group)."""
    try:
        return int(limit.read_text("ascii")) - int(used.read_text("ascii"))
    except (OSError, ValueError):
        return None


def _available(meminfo: Path) -> int | None:
    try:
        found = re.search(r"^MemAvailable: +(\d+) kB$", meminfo.read_text("ascii"), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None


def give_back() -> None:
    """Give the system what was freed; glibc keeps it for what may come."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim:
        trim(0)
