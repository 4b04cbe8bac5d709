"""A golden folder: `measures.csv`, optionally `floors.toml`, and pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

import data
from pipeline.assurance.evaluate.tables import Row, read_rows, write_rows
from pipeline.core.measurements import ENGINE, TURN_CW
from pipeline.core.policy import checked, read_toml
from pipeline.core.privacy import masked
from pipeline.core.standard import Strict
from pipeline.core.types import Measurement, Value
from pipeline.report.files import replacing
from pipeline.sample import sources
from pipeline.student.measures import all_measures

SHIPPED = Path(data.__file__).parent / "golden"
COLUMNS = ("image", "measure", "expected", "tolerance", "why")

_DECIMALS = 4  # numbers are written, and so compared, with so many at most
_ROUNDING = 1e-9  # keeps 0.3 - 0.2 within 0.1


class RowFloors(Strict):
    """What the rows of `measures.csv` must reach together."""

    share_right: float = Field(default=1.0, ge=0, le=1)
    trials_at_least: int = Field(default=0, ge=0)


class OrientationFloors(Strict):
    """What the pictures laid in four turns must reach together."""

    silent_wrong_at_most: int = Field(default=0, ge=0)
    review_share_at_most: float = Field(default=1.0, ge=0, le=1)
    trials_at_least: int = Field(default=0, ge=0)


class Floors(Strict):
    """`floors.toml`; the defaults apply where it, or a key, is absent."""

    rows: RowFloors = RowFloors()
    orientation: OrientationFloors = OrientationFloors()


@dataclass(frozen=True, slots=True)
class GoldenRow:
    """One value that is known.

    Attributes:
        cells: The line as it is in the file, further columns included.
        tolerance: Largest difference allowed; None where text must be equal.
    """

    cells: Mapping[str, str]
    tolerance: float | None

    @property
    def image(self) -> str:
        """Which picture: a sample picture's id, or a path in the folder."""
        return self.cells["image"]

    @property
    def measure(self) -> str:
        """Name of the measurement."""
        return self.cells["measure"]

    @property
    def expected(self) -> str:
        """The value as written; "" if there must be none."""
        return self.cells["expected"]

    @property
    def why(self) -> str:
        """Why this value is right."""
        return self.cells["why"]

    def holds(self, found: Measurement) -> bool:
        """Whether a measurement is what this row expects."""
        text = written(found.value)
        if not self.expected or not text or self.tolerance is None:
            return text == self.expected
        if isinstance(found.value, str):
            return False
        return abs(float(text) - float(self.expected)) <= self.tolerance + _ROUNDING

    def accepting(self, found: Measurement) -> GoldenRow:
        """The row with this value as the expected one; a word keeps no tolerance."""
        kept = {} if not isinstance(found.value, str) else {"tolerance": ""}
        tolerance = None if kept else self.tolerance
        return GoldenRow({**self.cells, "expected": written(found.value), **kept}, tolerance)


@dataclass(frozen=True, slots=True)
class Golden:
    """A golden folder, read and checked; no picture has been opened."""

    folder: Path
    rows: tuple[GoldenRow, ...]
    floors: Floors

    @property
    def images(self) -> tuple[str, ...]:
        """The pictures, in the order of their first rows."""
        return tuple(dict.fromkeys(row.image for row in self.rows))

    def turn_of(self, image: str) -> int:
        """Clockwise turn that sets a picture upright: its row `turn_cw`, else 0."""
        of_image = (r for r in self.rows if (r.image, r.measure) == (image, TURN_CW))
        return int(float(next((row.expected for row in of_image), "") or 0))


def load(folder: Path = SHIPPED) -> Golden:
    """Read a golden folder.

    Args:
        folder: In the shipped one an image is the id of a sample picture, in any other a path
            relative to it.

    Raises:
        ConfigError: A file is missing or malformed, an image or a measure is unknown, a number is
            bad, or a value is there twice; names the file, the line and the column.
    """
    rows: list[GoldenRow] = []
    seen: set[tuple[str, str]] = set()
    for line in read_rows(folder / "measures.csv", COLUMNS):
        row = _checked(line, folder)
        if (row.image, row.measure) in seen:
            raise line.fault("measure", "cell_value_again")
        seen.add((row.image, row.measure))
        rows.append(row)
    return Golden(folder, tuple(rows), _floors(folder / "floors.toml"))


def rewrite(golden: Golden) -> None:
    """Write the rows back into `measures.csv`, in their order; floors are never touched.

    Raises:
        StoreError: If it cannot be written.
    """
    path = golden.folder / "measures.csv"
    with replacing(path) as temporary:
        header = tuple(golden.rows[0].cells)
        write_rows(temporary, header, (tuple(row.cells.values()) for row in golden.rows))


def is_shipped(folder: Path) -> bool:
    """Whether its images are sample pictures."""
    return folder.resolve() == SHIPPED.resolve()


def written(value: Value) -> str:
    """A measured value as `measures.csv` holds it; "" for none."""
    return str(round(float(value), _DECIMALS)) if isinstance(value, float | int) else value or ""


def _checked(line: Row, folder: Path) -> GoldenRow:
    image, measure = line.filled("image"), line.filled("measure")
    if is_shipped(folder):
        if image not in sources.pictures():
            known = ", ".join(sources.pictures())
            raise line.fault("image", "cell_image_unknown", word=masked(image), known=known)
    elif not (folder / image).is_file():
        raise line.fault("image", "cell_image_missing", word=masked(image))
    if measure not in ENGINE and measure not in all_measures():
        known = ", ".join(sorted({*ENGINE, *all_measures()}))
        raise line.fault("measure", "cell_measure_unknown", word=masked(measure), known=known)
    tolerance = _number(line, "tolerance") if line["tolerance"] else None
    if tolerance is not None and tolerance < 0:
        raise line.fault("tolerance", "cell_negative", word=masked(line["tolerance"]))
    if tolerance is not None and line["expected"]:
        _number(line, "expected")
    if measure == TURN_CW and line["expected"]:
        line.one_of("expected", ("0.0", "90.0", "180.0", "270.0", "0", "90", "180", "270"))
    return GoldenRow(line.cells, tolerance)


def _number(line: Row, column: str) -> float:
    try:
        number = float(line[column])
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise line.fault(column, "cell_no_number", word=masked(line[column]))
    return number


def _floors(path: Path) -> Floors:
    """The folder's floors; the defaults where the file is absent."""
    return checked(Floors, read_toml(path), str(path)) if path.exists() else Floors()
