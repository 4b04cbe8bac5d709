"""What an ID card says, held against the roster: its text is read, compared and forgotten.

Nothing that was read leaves this module: of number and name is told whether they are the roster's.
A reading that is not the roster's counts only where the number is faultless by its own
check digit and a second look at another cut of the card reads the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from models.line_reader import HEIGHT, WIDTH, LineReader, Text
from models.manifest import path_of
from models.text_lines import HEIGHT as VIEW_HEIGHT
from models.text_lines import WIDTH as VIEW_WIDTH
from models.text_lines import Line, TextLines
from pipeline.core import measurements as names
from pipeline.core.geometry import window
from pipeline.core.measurements import EQUAL, NO_CARD, OTHER, UNREAD
from pipeline.core.types import Measurement, Pixels, Portrait, Subject
from pipeline.source import id_number
from pipeline.student import card_fields
from pipeline.student.card_fields import Sheet

_NUMBER = re.compile(r"(?<![0-9X])[0-9]{17}[0-9X](?![0-9X])")
# Letters that the network takes digits for, in a line that holds only digits and X.
_AS_DIGITS = str.maketrans("OoDQIilLzZSsBxＸ", "000011112255" + "8XX")
_NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U000323af]{2,}")
_LABEL, _OTHER_LABELS = re.compile(r"^(姓名?|名)"), ("性别", "出生", "住址", "公民", "民族")
_JOINTS = re.compile(r"[\s·•・.．。\-]")
# A name that differs is told from this confidence on, and where the roster's character is unlikely.
_SURE, _UNLIKELY = 0.9, 0.01
# The second look: how much more of the card it takes in, in heights of the line.
_WIDER, _HIGHER = 0.35, 0.12


@dataclass(slots=True)
class _Look:
    """Where the rows of one card are, each read when it is asked for."""

    bgr: Pixels = field(repr=False)
    sheet: Sheet
    row: Line
    name: Line | None


class CardReader:
    """Reads cards in one process.

    Args:
        owners: The roster's students by ID number.

    Raises:
        ModelError: If weights are missing or damaged.
    """

    def __init__(self, owners: Mapping[str, str]) -> None:
        self._owners = owners
        self._lines = TextLines(path_of("ocr_lines"))
        self._reader = LineReader(path_of("ocr_reader"))

    def prepare(self) -> None:
        """Compile what is not kept yet; networks are loaded by the first card."""
        self._lines.prepare()
        self._reader.prepare()

    def measure(self, portrait: Portrait, slot: str, subject: Subject) -> Iterator[Measurement]:
        """What the card in a student's reference says.

        Args:
            portrait: The upright reference and the face in it.
            slot: The reference's.
            subject: The roster's row.
        """
        look = self._look(portrait)
        if look is None:
            yield Measurement(names.CARD_NUMBER + slot, NO_CARD)
            return
        number, relation = self._number(look, subject)
        yield Measurement(names.CARD_NUMBER + slot, relation)
        if relation == OTHER and (owner := self._owners.get(number)):
            yield Measurement(names.CARD_OWNER + slot, owner)
        yield Measurement(names.CARD_NAME + slot, self._name(look, subject))

    def _look(self, portrait: Portrait) -> _Look | None:
        """The rows of name and number; None where the picture shows no whole card."""
        height, width = portrait.bgr.shape[:2]
        sheet = card_fields.sheet_of(portrait.face, width, height)
        if sheet is None:
            return None
        lines = self._lines(window(portrait.bgr, sheet.frame, VIEW_WIDTH, VIEW_HEIGHT))
        row = card_fields.number_row(lines, sheet)
        if row is None:
            return None
        name = card_fields.name_row(lines, card_fields.digits(row, sheet))
        return _Look(portrait.bgr, sheet, row, name)

    def _number(self, look: _Look, subject: Subject) -> tuple[str, str]:
        """The card's number, "" where it can't be read, and how the roster's is related to it."""
        first = number_in(self._read(look, card_fields.digits(look.row, look.sheet)))
        seen = first or number_in(self._read(look, look.row, _WIDER))
        if not seen:
            return "", UNREAD
        relation = id_number.relation(seen, subject.id_number)
        if relation == EQUAL:
            return seen, relation
        again = number_in(self._read(look, look.row, _WIDER, _HIGHER))
        return (seen, relation) if again == seen else ("", UNREAD)

    def _name(self, look: _Look, subject: Subject) -> str:
        listed = plain_name(subject.name)
        if look.name is None or not listed:
            return UNREAD
        told = self._against(self._read(look, look.name), listed)
        if told != OTHER:
            return told
        # The name alone, by what the second look takes in.
        return self._against(self._read(look, look.name, _WIDER, _HIGHER), listed)

    def _against(self, text: Text, listed: str) -> str:
        """A name as read against the roster's."""
        if any(character not in self._reader.numbers for character in listed):
            return UNREAD
        likely = [self._reader.numbers[character] for character in listed]
        return compared_name(text, listed, likely)

    def _read(self, look: _Look, line: Line, wider: float = 0.0, higher: float = 0.0) -> Text:
        box = look.sheet.box(line, wider, higher)
        width = min(WIDTH, max(1, round(box.length * HEIGHT / max(box.height, 1.0))))
        return self._reader(window(look.bgr, box.frame, width, HEIGHT))


def number_in(text: Text) -> str:
    """The faultless ID number in a line; "" where there is none, or several."""
    plain = unicodedata.normalize("NFKC", str(text)).replace(" ", "").translate(_AS_DIGITS)
    found = [number for number in _NUMBER.findall(plain) if id_number.is_valid(number)]
    return found[0] if len(found) == 1 else ""


def plain_name(name: str) -> str:
    """A name without spaces and the points between its parts."""
    return _JOINTS.sub("", unicodedata.normalize("NFKC", name))


def compared_name(text: Text, listed: str, likely: Sequence[int]) -> str:
    """Whether a line says a name: `EQUAL`, `OTHER`, or `UNREAD` where that is not sure.

    Args:
        text: As read, with the label before it or without.
        listed: The roster's, by `plain_name`.
        likely: The number of each of its characters in the network's list.
    """
    read = [(c, p, i) for i, (c, p) in enumerate(text.characters) if not _JOINTS.fullmatch(c)]
    whole = "".join(c for c, _, _ in read)
    label = _LABEL.match(whole)
    read = read[label.end() :] if label and not listed.startswith(label.group()) else read
    seen = "".join(c for c, _, _ in read)
    if seen == listed:
        return EQUAL
    strange = any(label in whole for label in _OTHER_LABELS)
    if strange or not _NAME.fullmatch(seen) or listed.startswith(seen) or len(seen) == 1:
        return UNREAD
    if len(seen) == len(listed):
        wrong = [
            (p, i, n) for (c, p, i), n, own in zip(read, likely, listed, strict=True) if c != own
        ]
        sure = all(p >= _SURE and text.places[i][n] < _UNLIKELY for p, i, n in wrong)
    else:
        sure = all(p >= _SURE for _, p, _ in read)
    return OTHER if sure else UNREAD
