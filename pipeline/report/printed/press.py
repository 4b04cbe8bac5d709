"""The press: a template and data become a PDF, the same bytes each time.

One font is used, Noto Sans CJK SC, whose file comes with the extra. typst is silent about a
character that a font lacks, and warns only of a font that it lacks, so both are looked for here.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from PIL import ImageFont

from pipeline.core.errors import InstallationError
from pipeline.core.words import Language

FONT = "Noto Sans CJK SC"
FONT_FILE = "NotoSansCJK-Regular.ttc"
_PACKAGE = "noto_cjk_sans_otc"  # what carries the file
# Debian's fonts-noto-cjk has the same file, byte for byte (version 2.004, sha256 b76b0433...).
_SYSTEM = Path("/usr/share/fonts/opentype/noto")
_ABSENT = "\U0010fffd"  # for private use, and in no font: drawn as what stands for nothing

Template = Literal["dossier", "list", "notice", "slips"]


@dataclass(frozen=True, slots=True)
class Printed:
    """A document.

    Attributes:
        lacking: Characters of its texts that the font has not; an empty box stands in their place,
            and somebody must write them by hand.
    """

    pdf: bytes
    lacking: str = ""


def require_press() -> Path:
    """The folder of the font; typst is there too.

    Raises:
        InstallationError: One of the two is not installed; says what to do.
    """
    if find_spec("typst") is None:
        raise InstallationError("no_press")
    folder = _font_folder()
    if folder is None:
        raise InstallationError("no_press_font", font=FONT)
    return folder


def print_pdf(template: Template, data: Mapping[str, Any], made: date, lang: Language) -> Printed:
    """Print a document.

    Args:
        template: Name of a `.typ` file beside this one.
        data: What it shows, as JSON's types; a picture is the list of its JPEG's bytes, so that no
            face is written to a disk on its way.
        made: The day that the document bears; the same day gives the same bytes.
        lang: Of hyphenation; the words themselves are in `data`.

    Raises:
        InstallationError: typst or the font is missing, or does not work as it should.
    """
    folder = require_press()
    import typst  # late: 84 MB that a night has no use for

    inputs = {"data": json.dumps({**data, "lang": lang}, ensure_ascii=False)}
    with as_file(files(__package__)) as room:
        try:
            compiler = typst.Compiler(
                room / f"{template}.typ",
                root=room,
                font_paths=_fonts(folder),
                ignore_system_fonts=True,
                sys_inputs=inputs,
            )
            pdf, warnings = compiler.compile_with_warnings(
                format="pdf", timestamp=datetime.combine(made, time(), UTC)
            )
        except typst.TypstError as error:
            raise _fault(template, error.message) from error
    if warnings or not isinstance(pdf, bytes):
        raise _fault(template, "; ".join(w.message for w in warnings))
    return Printed(pdf, _lacking(data, folder / FONT_FILE))


def _fault(template: str, said: str) -> InstallationError:
    """Our template and this typst do not fit each other; typst's words name no student's data."""
    return InstallationError("press_fault", template=template, why=said)


@cache
def _font_folder() -> Path | None:
    """Where the font's file is: in the extra's package, else where Debian puts it."""
    if find_spec(_PACKAGE) is not None and (carried := Path(str(files(_PACKAGE)))).is_dir():
        return carried if (carried / FONT_FILE).is_file() else None
    return _SYSTEM if (_SYSTEM / FONT_FILE).is_file() else None


def _lacking(data: Mapping[str, Any], file: Path) -> str:
    """Characters that the font draws as it draws one that there is none of."""
    seen = {c for text in _texts(data) for c in text if not c.isascii()}
    return "".join(sorted(c for c in seen if _drawn(c) and not _has(file, c)))


@cache
def _fonts(folder: Path) -> Any:
    """The one font, read once."""
    import typst

    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder]
    )


@cache
def _font(file: Path) -> tuple[ImageFont.FreeTypeFont, bytes]:
    """The face that is printed with, and how it draws a character that it has not."""
    font = ImageFont.truetype(str(file), 16, index=_index(file))
    return font, bytes(font.getmask(_ABSENT))


@lru_cache(maxsize=100_000)
def _has(file: Path, character: str) -> bool:
    font, nothing = _font(file)
    return bytes(font.getmask(character)) != nothing


def _drawn(character: str) -> bool:
    """Whether a character leaves ink; one that this Python does not know yet may."""
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp", "Zs")


def _index(file: Path) -> int:
    """Which of the file's faces is the one that is printed with."""
    for index in range(16):
        try:
            family, _ = ImageFont.truetype(str(file), 16, index=index).getname()
        except OSError:
            break
        if family == FONT:
            return index
    return 0


def _texts(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, list | tuple) and not (data and isinstance(data[0], int)):
        for value in data:
            yield from _texts(value)
