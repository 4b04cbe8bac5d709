"""A cohort's folder: its run, and the reports of each night by date.

```
cohorts/2026/
  run/                 store, ledger and newest reports; the desk is opened on it
  nights/2026-11-24/   the reports as they were written in that night
  nights/newest        leads to the last of them
```
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pipeline.core.private import make_folder
from pipeline.night.folder import COLLEGES, REPORTS, RESULTS, SUMMARY
from pipeline.site.config import Site

NIGHTS, NEWEST = "nights", "newest"


def nights_of(site: Site, cohort: str) -> list[Path]:
    """The folders of a cohort's nights, oldest first."""
    return _nights(site.home_of(cohort))


def _nights(home: Path) -> list[Path]:
    folder = home / NIGHTS
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(p for p in found if p.is_dir() and not p.is_symlink() and p.name[0] != ".")


def keep_night(site: Site, cohort: str, day: date) -> Path:
    """Keep the reports that lie in the run's folder as those of a day.

    A later night of one day is kept beside the earlier one, as `2026-11-24.02`, where anything came
    out otherwise. The folder is made aside and then renamed, so that what is there is always whole.

    Raises:
        OSError: It cannot be written.
    """
    run, nights = site.run_of(cohort), site.home_of(cohort) / NIGHTS
    make_folder(nights)
    aside, target = (
        nights / f".{day.isoformat()}",
        nights / _name(run, nights_of(site, cohort), day),
    )
    shutil.rmtree(aside, ignore_errors=True)
    make_folder(aside)
    for name in (*REPORTS, SUMMARY):
        if (run / name).is_file():
            # Copied, not linked: the desk's folder and this one live for different times.
            shutil.copy2(run / name, aside / name)
    if (run / COLLEGES).is_dir():
        shutil.copytree(run / COLLEGES, aside / COLLEGES)
    shutil.rmtree(target, ignore_errors=True)
    aside.rename(target)
    lead_to_newest(site.home_of(cohort))
    return target


def _name(run: Path, nights: Sequence[Path], day: date) -> str:
    """What a night's folder is called: that of its day.s last one where both say the same."""
    same_day = [night for night in nights if night.name[:10] == day.isoformat()]
    if not same_day:
        return day.isoformat()
    new, last = run / RESULTS, same_day[-1] / RESULTS
    if new.is_file() and last.is_file() and new.read_bytes() != last.read_bytes():
        return f"{day.isoformat()}.{len(same_day) + 1:02}"
    return same_day[-1].name


def lead_to_newest(home: Path) -> None:
    """Let `newest` of a cohort's folder lead to its last night, where there is one."""
    if nights := _nights(home):
        _lead(home / NIGHTS / NEWEST, nights[-1].name)


def forget_old_nights(site: Site, cohort: str) -> int:
    """Delete the reports of nights beyond the site's number; how many."""
    old = nights_of(site, cohort)[: -site.nightly.keep_nights]
    for night in old:
        shutil.rmtree(night)
    return len(old)


def forget_all_nights(site: Site, cohort: str) -> int:
    """Delete the reports of every night; how many."""
    nights = site.home_of(cohort) / NIGHTS
    count = len(nights_of(site, cohort))
    if nights.is_dir():
        shutil.rmtree(nights)
    return count


def _lead(link: Path, name: str) -> None:
    """Let a symbolic link lead to a name beside it; where there are no links, a file says it."""
    aside = link.with_name(f".{link.name}.{os.getpid()}")
    aside.unlink(missing_ok=True)
    try:
        aside.symlink_to(name, target_is_directory=True)
    except OSError:  # Windows without the privilege
        aside.write_text(name + "\n", "utf-8")
    aside.replace(link)
