"""Where a site's file is: as said, by `$PHOTOPROOF_SITE`, or in this folder or one above."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

FILE = "photoproof.toml"
VARIABLE = "PHOTOPROOF_SITE"


def site_file(given: Path | None, environment: Mapping[str, str] = os.environ) -> Path | None:
    """The site's file, which need not be there if it is said; None where there is none."""
    said = given or (Path(environment[VARIABLE]) if environment.get(VARIABLE) else None)
    if said is not None:
        return said / FILE if said.is_dir() else said
    here = Path.cwd()
    found = (folder / FILE for folder in (here, *here.parents))
    return next((path for path in found if path.is_file()), None)
