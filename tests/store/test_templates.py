"""Templates in the run's store: where they lie, and that they leave nothing behind."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from store_cases import ANNA, FULL, template

from pipeline.core.types import Evidence, Subject
from pipeline.store import Store
from pipeline.store.cohort_tables import IN_MEMORY_UP_TO
from pipeline.store.packing import Measured, keep
from pipeline.store.sealing import Seal, WrongKeyError, place_of


def test_templates_held_in_memory_leave_no_bytes_in_the_files(path: Path) -> None:
    """Neither those that the file had, nor those of this night, not even while it is open."""
    vectors = [template(seed) for seed in range(120)]
    parts = [v.tobytes()[start : start + 16] for v in vectors for start in (0, 256, 496)]

    def fill(store: Store, order: Iterable[int], late: bool) -> None:
        for i in order:
            slots = {"photo": vectors[3 * i], "idcard": vectors[3 * i + 1]}
            more = {"admission": vectors[3 * i + 2]} if late else {}
            store.save((f"s{i}", "print", keep(Evidence(templates={**slots, **more}))))

    def on_disk() -> bytes:
        return b"".join(file.read_bytes() for file in path.parent.iterdir())

    with Store(path) as store:
        store.enrol((f"s{i}", Subject(f"s{i}", i), "") for i in range(40))
        # Saved twice in another order, so that the pages have been rearranged before.
        fill(store, range(40), late=False)
        fill(store, range(39, -1, -1), late=True)
    before = on_disk()
    assert all(part in before for part in parts)
    with Store(path) as store:
        store.cohort.hold_templates_in_memory()
        fill(store, range(0, 40, 2), late=True)
        keys, _ = store.cohort.templates()["photo"]
        assert len(keys) == len(store.fingerprints()) == 40, "templates and evidence stay"
        after = on_disk()
        assert not any(part in after for part in parts)
        store.cohort.look_again_for_templates()
        assert len(store.fingerprints()) == 40
        store.enrol((f"s{i}", Subject(f"s{i}", i), "") for i in range(3))
        assert store.cohort.templates()["photo"][0] == ["s0", "s1", "s2"]


def test_templates_of_a_large_cohort_are_closed_by_a_key_of_this_process(path: Path) -> None:
    """They may lie on the disk, and nobody else opens them."""
    before, now = template(1), template(2)
    with Store(path) as store:
        store.enrol([("s1", ANNA, ""), ("s2", Subject("s2", 2), "")])
        store.save(("s1", "print", keep(Evidence(templates={"photo": before}))))
    with Store(path) as store:
        store.cohort.hold_templates_in_memory(students=IN_MEMORY_UP_TO + 1)
        store.cohort.remember("s2", {"photo": now.tobytes()})
        keys, vectors = store.cohort.templates()["photo"]
        assert keys == ["s1", "s2"]
        assert np.array_equal(vectors, np.stack((before, now)))
        kept = store.db.execute("SELECT student_key, vector FROM temp.template").fetchall()
        for student_key, closed in kept:
            assert before.tobytes()[:16] not in closed
            assert now.tobytes()[:16] not in closed
            with pytest.raises(WrongKeyError):
                Seal(bytes(32)).open(closed, place_of(student_key, "photo"))
    assert before.tobytes()[:16] not in path.read_bytes()


def test_a_replaced_template_leaves_no_bytes_either(path: Path) -> None:
    with Store(path) as store:
        store.enrol([("s1", ANNA, "")])
        store.save(("s1", "print", keep(FULL)))
    assert template(1).tobytes() in path.read_bytes()
    with Store(path) as store:
        store.save(("s1", "print", keep(Evidence())))
    (left,) = path.parent.iterdir()
    assert template(1).tobytes()[:16] not in left.read_bytes()


def test_students_whose_templates_are_gone_count_as_not_seen(store: Store, path: Path) -> None:
    """Their evidence stays until they have been looked at; nobody without a face is looked at."""
    store.save(("s1", "print", keep(FULL)))
    store.save(("s2", "print", keep(Evidence())))
    with Store(path) as again:
        again.cohort.hold_templates_in_memory()
    with Store(path) as later:
        later.cohort.hold_templates_in_memory()
        assert later.fingerprints() == {"s1": "print", "s2": "print"}
        later.cohort.look_again_for_templates()
        assert later.fingerprints() == {"s2": "print"}
        (_, found, _), *_ = later.evidence()
        assert found == Measured.of(FULL.measurements)
