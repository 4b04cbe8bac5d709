"""Evidence and decisions as the store keeps them of each student: JSON texts, rows, bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple

from pydantic import TypeAdapter
from pydantic_core import from_json

from pipeline.core.types import Assessment, Comparison, Evidence, Measurement, Value

COMPARED = tuple(field.name for field in fields(Comparison))
_compared = attrgetter(*COMPARED)
_ASSESSMENT = TypeAdapter(Assessment)


class Measured(NamedTuple):
    """What a decision rests on, by the measurements' names.

    A night's million of values are judged from these two tables, not from a record each.

    Attributes:
        values: None where there is no value.
        errors: Why not, where something says so.
    """

    values: Mapping[str, Value]
    errors: Mapping[str, str]

    @classmethod
    def of(cls, measurements: Iterable[Measurement]) -> Measured:
        """The same of measurements."""
        together = tuple(measurements)
        return cls(
            {m.name: m.value for m in together}, {m.name: m.error for m in together if m.error}
        )

    def also(self, more: Iterable[Measurement]) -> Measured:
        """This and more measurements; those of a name that is here already replace it."""
        other = Measured.of(more)
        kept = {name: why for name, why in self.errors.items() if name not in other.values}
        return Measured({**self.values, **other.values}, {**kept, **other.errors})


class Packed(NamedTuple):
    """Measurements of one student as three JSON objects by name; no unit or error that is "".

    Apart, because decisions need no units, and hardly ever an error.
    """

    measured: str
    units: str
    errors: str


def pack(measurements: Iterable[Measurement]) -> Packed:
    """Measurements as text; a value that is NaN becomes null."""
    together = tuple(measurements)
    return Packed(
        _json({m.name: None if m.value != m.value else m.value for m in together}),
        _json({m.name: m.unit for m in together if m.unit}),
        _json({m.name: m.error for m in together if m.error}),
    )


class Kept(NamedTuple):
    """Evidence of one student as it goes into the store; a tenth of the work to send of `Evidence`.

    Attributes:
        measurements: By `pack`.
        comparisons: Values of `COMPARED`, a row each.
        templates: float32 vectors as bytes, by slot.
        points: JSON.
    """

    photo_sha256: str
    measurements: Packed
    comparisons: tuple[tuple[object, ...], ...]
    pictures: Mapping[str, bytes]
    sharp: Mapping[str, bytes]
    templates: Mapping[str, bytes]
    points: str
    seconds: Mapping[str, float]


def keep(evidence: Evidence) -> Kept:
    """Evidence as it is stored; done where it was seen, because the one who stores has many."""
    return Kept(
        evidence.photo_sha256,
        pack(evidence.measurements),
        tuple(map(_compared, evidence.comparisons)),
        dict(evidence.pictures),
        dict(evidence.sharp),
        {slot: vector.tobytes() for slot, vector in evidence.templates.items()},
        json.dumps(dict(evidence.points)),
        dict(evidence.seconds),
    )


class Unpacked(Mapping[str, Measurement]):
    """The measurements of `pack` by name, and more; read when the first of them is asked for.

    Reports show few students' measurements, and read everybody.

    Args:
        packed: As the store has them.
        more: Those of a name that is there already replace it.
    """

    def __init__(self, packed: Packed, more: Mapping[str, Measurement]) -> None:
        self._packed, self._more = packed, more

    @cached_property
    def _known(self) -> dict[str, Measurement]:
        values, errors = unpack_measured(self._packed.measured, self._packed.errors)
        units = from_json(self._packed.units)
        own = {
            name: Measurement(name, value, units.get(name, ""), errors.get(name, ""))
            for name, value in values.items()
        }
        return {**own, **self._more}

    def __getitem__(self, name: str) -> Measurement:
        """The measurement of a name."""
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._known)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._known)

    def __repr__(self) -> str:
        """As a table."""
        return repr(self._known)


def unpack_measured(measured: str, errors: str) -> Measured:
    """What decisions need of the measurements of `pack`."""
    return Measured(from_json(measured), from_json(errors))


def pack_assessment(assessment: Assessment) -> str:
    """An Assessment as JSON, which has no infinity: it becomes null, as NaN does."""
    return _ASSESSMENT.dump_json(assessment).decode()


def unpack_assessment(text: str) -> Assessment:
    """The Assessment of `pack_assessment`."""
    return _ASSESSMENT.validate_json(text)


def _json(table: Mapping[str, Value]) -> str:
    return json.dumps(table, ensure_ascii=False)
