"""The mask of one run: its roster's ID numbers and telephones, and the keys that hold one."""

from __future__ import annotations

import json

from pipeline.core.privacy import Mask, mobile_number
from pipeline.store.run_store import Store


def mask_of(store: Store) -> Mask:
    """What every way out of this run goes through."""
    rows = store.db.execute("SELECT student_key, subject FROM student").fetchall()
    subjects = [(key, json.loads(subject)) for key, subject in rows]
    numbers = {subject["id_number"] for _, subject in subjects}
    numbers |= {mobile_number(subject.get("phone", "")) for _, subject in subjects}
    return Mask(numbers, ((key, subject["row"]) for key, subject in subjects))
