"""Quality stage: every file here with a `MEASURE` is one measure; nothing else to register.

Packages outside may bring more (`core.extensions`).
"""

from __future__ import annotations

import importlib
import math
import pkgutil
from functools import cache
from numbers import Real

from pipeline.core.extensions import fault, installed
from pipeline.core.reasons import catalogue
from pipeline.core.said import said
from pipeline.core.types import Measurement
from pipeline.student.view.base import Measure, NotMeasuredError, View

__all__ = ["Measure", "NotMeasuredError", "View", "all_measures", "measure_all"]

# Raise when stored values would come out otherwise: a measure's formula, the points that align a
# face, the mesh, what is measured between photo and reference. Then all are looked at again.
VERSION = 7


@cache
def all_measures() -> dict[str, Measure]:
    """All measures by name, in alphabetical order of their files, then those of extensions.

    Raises:
        InstallationError: An extension cannot be used; names its package.
    """
    found: dict[str, Measure] = {}
    for module in pkgutil.iter_modules(__path__):
        measure = getattr(importlib.import_module(f"{__name__}.{module.name}"), "MEASURE", None)
        if measure is not None:
            found[measure.name] = measure
    for one in installed():
        for named in one.extension.measures:
            if not isinstance(named, Measure):
                raise fault(one.package, said("extension_fault.no_measure", name=repr(named)))
            if named.name in found:
                raise fault(one.package, said("extension_fault.twice", name=named.name))
            for code in (named.below, named.above):
                if code not in catalogue():
                    raise fault(
                        one.package, said("extension_fault.code", name=named.name, code=code)
                    )
            found[named.name] = named
    return found


def versions() -> tuple[object, ...]:
    """What a stored value depends on beside the picture: part of every fingerprint."""
    return (VERSION, *(one.version for one in installed()))


def measure_all(view: View) -> tuple[Measurement, ...]:
    """Every measure of one photo; one that fails keeps its reason and sinks no other."""
    return tuple(_take(measure, view) for measure in all_measures().values())


def _take(measure: Measure, view: View) -> Measurement:
    try:
        value = measure.function(view)
        if isinstance(value, Real) and not isinstance(value, int | float):
            value = float(value)  # numpy's, of an extension: the store has no other numbers
        if not isinstance(value, int | float | str | None) or (
            isinstance(value, float) and not math.isfinite(value)
        ):
            raise NotMeasuredError("no finite number")  # it would pass every limit
        return Measurement(measure.name, value, measure.unit)
    except NotMeasuredError as error:
        return Measurement(measure.name, None, measure.unit, str(error))
    except Exception as error:  # noqa: BLE001 - one of the two: a failing measure is data
        return Measurement(measure.name, None, measure.unit, f"{type(error).__name__}: {error}")
