"""How many processor cores this process may really use."""

from __future__ import annotations

import math
import os
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")


def usable_cores(cgroup: Path = _CGROUP) -> int:
    """Cores by affinity, and no more than the control group's quota lets run at once; 1 at least.

    Args:
        cgroup: Where the control group is mounted: `cpu.max` of version 2 ("200000 100000"), or
            `cpu/cpu.cfs_quota_us` and `cpu/cpu.cfs_period_us` of version 1.
    """
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS or Windows
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, math.ceil(min(cores, _quota(cgroup))))


def _quota(cgroup: Path) -> float:
    """Cores' worth of time a period; infinite without a limit ("max", -1, no control group)."""
    try:
        if (version_2 := cgroup / "cpu.max").is_file():
            quota, period = version_2.read_text("ascii").split()
        else:
            quota, period = (
                (cgroup / "cpu" / f"cpu.cfs_{name}_us").read_text("ascii")
                for name in ("quota", "period")
            )
        share = float(quota) / float(period)
    except (OSError, ValueError, ZeroDivisionError):
        return math.inf
    return share if share > 0 else math.inf
