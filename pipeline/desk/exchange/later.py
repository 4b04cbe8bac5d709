"""Proofs that came after the run, looked at while a page of the desk waits for them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from threading import Lock

from models import manifest
from pipeline.core.errors import ModelError
from pipeline.core.policy import load_policy
from pipeline.core.types import PHOTO
from pipeline.desk.cases.desk import Desk
from pipeline.desk.exchange.originals import originals
from pipeline.desk.exchange.proofs import Proof, compared, found_proofs
from pipeline.night.executors.apart import Apart
from pipeline.store.items import Item
from pipeline.student.engine import network_engine

_ONE = Lock()  # a worker takes a core and 300 MB, and a desk has many readers


def later_proofs(desk: Desk, item: Item, folders: Sequence[Path]) -> list[Proof]:
    """A student's proofs in these folders, compared with the photo by a caged worker.

    Where weights are missing nothing is compared or shown; the paper says so of each.

    Args:
        desk: Of the run.
        item: The student's case.
        folders: As for `found_proofs`.

    Raises:
        SourceError: A folder cannot be used.
    """
    everybody = (subject for _, subject, _, _ in desk.store.decided() if subject.student_key)
    own = found_proofs(folders, everybody).get(item.student_key, []) if folders else []
    if not own:
        return []
    case, limits = desk.case(item), load_policy().input
    photo = next((one.file for one in originals(case, limits) if one.slot == PHOTO), None)
    files = [one.file.path for one in own] + ([photo.path] if photo else [])
    try:
        manifest.digests()
    except ModelError:
        return [Proof(one.kind, one.file, None, None) for one in own]
    factory = partial(network_engine, limits, manifest.DEFAULT_RECOGNISERS)
    with _ONE, closing(Apart(factory, files)) as engine:
        return compared(case, photo, own, engine)
