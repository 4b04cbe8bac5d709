"""The mask of one run: its roster's ID numbers and telephones, and the keys that hold one."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.core.privacy import Mask, mobile_number
from pipeline.store.run_store import Store


def mask_of(store: Store) -> Mask:
    """What every way out of this run goes through."""
    rows = store.db.execute("SELECT student_key, json_extract(subject, '$.row') FROM student")
    return Mask(_numbers(store), rows)


def _numbers(store: Store) -> Iterator[str]:
    """ID numbers and mobile telephones of the roster, as often as they stand there."""
    rows = store.db.execute(
        "SELECT json_extract(subject, '$.id_number'), json_extract(subject, '$.phone') FROM student"
    )
    for id_number, phone in rows:
        yield id_number
        if phone:
            yield mobile_number(phone)
