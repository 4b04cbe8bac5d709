"""Reads one line of text: PP-OCRv6 small's recogniser (PaddleOCR, Apache-2.0) on OpenVINO.

Input contract: (1, 3, 48, W) float32 **BGR**, (value - 127.5) / 127.5, a line upright and as high
as the picture. Output (1, W / 8, 18710): at each place the probabilities of CTC's blank, of the
characters that the file lists, and of a space.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from models.pixels import Takes
from models.runtime import Batches
from pipeline.core.errors import ModelError
from pipeline.core.types import Floats, Pixels

HEIGHT, WIDTH = 48, 512
_TAKES = Takes("NCHW", rgb=False, mean=127.5, scale=127.5)
_BLANK, _SPACE = 0, " "
_PROPERTIES, _KEY, _VALUE = 14, 1, 2  # fields of ONNX's ModelProto and StringStringEntryProto
_LIST = "character"


@dataclass(frozen=True, slots=True)
class Text:
    """A line as it was read.

    Attributes:
        characters: Each with how surely it is that one, 0-1.
        places: (N, C) float32: at each character's place the probability of every character, by
            its number in `LineReader.numbers`.
    """

    characters: tuple[tuple[str, float], ...]
    places: Floats

    def __str__(self) -> str:
        return "".join(character for character, _ in self.characters)


class LineReader:
    """The compiled recogniser.

    Attributes:
        numbers: Number of every character that it knows.

    Raises:
        ModelError: The file does not list its characters.
    """

    def __init__(self, path: Path) -> None:
        self._network = Batches(path, (HEIGHT, WIDTH, 3), _TAKES)
        self._characters = ("", *characters_of(path), _SPACE)
        self.numbers = {character: n for n, character in enumerate(self._characters)}

    def prepare(self) -> None:
        """Compile what will be called later and is not kept yet."""
        self._network.prepare(1)

    def __call__(self, line: Pixels) -> Text:
        """The text of an upright (48, W, 3) BGR line, W at most 512; read greedily."""
        frame = np.full((HEIGHT, WIDTH, 3), 127, dtype=np.uint8)  # which is zero to the network
        frame[:, : line.shape[1]] = line
        (surely,) = self._network(frame[None]).values()
        if surely.shape[2] != len(self._characters):
            raise ModelError("network_characters")
        return decode(surely[0], self._characters)


def decode(surely: Floats, characters: Sequence[str]) -> Text:
    """Best path of CTC (Graves 2006): the likeliest at each place, repeats and blanks dropped.

    Args:
        surely: (T, C) probabilities at each place.
        characters: Of C; the first stands for CTC's blank.
    """
    best = surely.argmax(axis=1)
    read, places, start = [], [], 0
    for number, group in groupby(best):
        end = start + len(list(group))
        if number != _BLANK:
            place = start + int(surely[start:end, number].argmax())
            read.append((characters[number], float(surely[place, number])))
            places.append(surely[start:end].max(axis=0))
        start = end
    empty = np.zeros((0, surely.shape[1]), dtype=np.float32)
    return Text(tuple(read), np.stack(places) if places else empty)


def characters_of(path: Path) -> tuple[str, ...]:
    """The characters that an ONNX file lists in its metadata.

    Read by protobuf's own rules, because OpenVINO does not tell it and no run loads the onnx
    package: every field is a key and a length, and all but the metadata is passed over.

    Raises:
        ModelError: There is no such list.
    """
    data = memoryview(path.read_bytes())
    try:
        for field, value in _fields(data):
            if field == _PROPERTIES:
                entry = dict(_fields(value))
                if bytes(entry[_KEY]).decode() == _LIST:
                    return tuple(bytes(entry[_VALUE]).decode().split("\n"))
    except (LookupError, ValueError):
        pass
    raise ModelError("line_characters", name=path.name)


def _fields(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Numbers and contents of a protobuf message's fields that have a length."""
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        if key & 7 == 0:
            _, place = _varint(data, place)
        elif key & 7 == 2:
            size, place = _varint(data, place)
            yield key >> 3, data[place : place + size]
            place += size
        else:
            raise ValueError("a field of fixed width, which this message has not")


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place
