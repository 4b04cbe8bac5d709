"""Sites in a temporary folder."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.site.place import FILE

SITE = """name = "示例大学"
[cohorts.2026]
title = "2026届"
roster = "in/roster.csv"
photos = "in/photos"
policy = "policy.toml"
"""


def site_file(folder: Path, extra: str = "", text: str = SITE) -> Path:
    """A site's file with one cohort; nothing that it names is there."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    (folder / "policy.toml").write_text('[severity]\nNO_REFERENCE = "advice"\n')
    path.write_text(text + extra, "utf-8")
    return path


def deliver(folder: Path, photos: dict[str, str], *, age_s: float = 3600) -> None:
    """A roster and photo files for the fake engine below `folder`, long since still.

    Args:
        folder: Gets `roster.csv` and `photos/`.
        photos: By student number, what the fake engine is to see.
        age_s: How long ago files changed; the file system's own record is asked by tests alone.
    """
    (folder / "photos").mkdir(parents=True, exist_ok=True)
    rows = ["学号,姓名", *(f"{number},欧阳{place}" for place, number in enumerate(photos))]
    (folder / "roster.csv").write_text("\n".join(rows) + "\n", "utf-8")
    for number, text in photos.items():
        (folder / "photos" / f"{number}.jpg").write_text(text)
    for path in (folder / "roster.csv", *(folder / "photos").iterdir()):
        os.utime(path, (path.stat().st_atime, path.stat().st_mtime - age_s))
