"""Taking a delivery back that was accepted by mistake; never while a night reads."""

from __future__ import annotations

import shutil
from secrets import token_hex

from pipeline.core.private import make_folder
from pipeline.site.config import Site
from pipeline.site.deliveries import UPLOADS, Delivery, deliveries_of
from pipeline.site.nights import one_night_at_a_time


def withdraw(site: Site, cohort: str, name: str) -> Delivery | None:
    """Delete one delivery; what it was, None where there is none of that name.

    Args:
        site: The site.
        cohort: Name of the cohort.
        name: Of the delivery's folder.

    Raises:
        StoreError: A night is at work.
    """
    with one_night_at_a_time(site):
        found = next((one for one in deliveries_of(site, cohort) if one.folder.name == name), None)
        if found is None:
            return None
        aside = site.home_of(cohort) / UPLOADS / f".gone-{token_hex(4)}"
        make_folder(aside.parent)
        found.folder.rename(aside)  # at once; deleting takes its time
    shutil.rmtree(aside, ignore_errors=True)
    return found
