"""Finding lines of text and reading them, without the networks."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.line_reader import characters_of, decode
from models.text_lines import lines_in
from pipeline.core.errors import ModelError
from pipeline.core.types import Floats

CHARACTERS = ("", "1", "2", "X", " ")


def surely(*path: int) -> Floats:
    """At each place the probability of each of five characters: 0.6 for the one named."""
    table = np.full((len(path), len(CHARACTERS)), 0.1, dtype=np.float32)
    table[range(len(path)), path] = 0.6
    return table


def test_decoding_drops_repeats_and_blanks_and_keeps_doubles() -> None:
    table = surely(0, 1, 1, 0, 1, 2, 2, 0, 3, 0)
    table[6, 2], table[5, 4] = 0.9, 0.3
    text = decode(table, CHARACTERS)
    assert str(text) == "112X"
    assert [round(p, 2) for _, p in text.characters] == [0.6, 0.6, 0.9, 0.6]
    assert text.places.shape == (4, 5)
    assert text.places[2, 4] == pytest.approx(0.3), "of all places that one character takes"


def test_nothing_to_read_is_an_empty_text() -> None:
    text = decode(surely(0, 0, 0), CHARACTERS)
    assert str(text) == "" and text.places.shape == (0, 5)


def entry(key: bytes, value: bytes) -> bytes:
    """An entry of an ONNX file's metadata."""

    def field(number: int, content: bytes) -> bytes:
        size = bytes([len(content) & 127 | 128, len(content) >> 7])
        return bytes([number << 3 | 2]) + size + content

    return field(14, field(1, key) + field(2, value))


def test_the_characters_are_read_from_the_files_metadata(tmp_path: Path) -> None:
    file = tmp_path / "reader.onnx"
    version, graph = b"\x08\x07", b"\x3a\x03abc"
    listed = "\n".join(["一", "x", " y"] * 70).encode()
    file.write_bytes(version + graph + entry(b"author", b"me") + entry(b"character", listed))
    assert characters_of(file)[:3] == ("一", "x", " y")
    assert len(characters_of(file)) == 210


@pytest.mark.parametrize("content", [b"", b"\x3a\x03abc", b"\x3a", b"\x0d\0\0\0\0", b"\xff" * 9])
def test_a_file_without_characters_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "reader.onnx"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"reader\.onnx lists no characters"):
        characters_of(file)


def test_a_line_is_its_core_grown() -> None:
    table = np.zeros((352, 544), dtype=np.float32)
    corners = cv2.boxPoints(((200.0, 100.0), (160.0, 10.0), 5.0)).round().astype(np.int32)
    cv2.fillPoly(table, [corners], 1.0)
    table[200:260, 50:56] = 1  # upright
    table[300:302, 50:90] = 1  # too low
    table[310:320, 50:90] = 0.4  # too unsure
    (line,) = lines_in(table)
    assert line.centre == pytest.approx([200, 100], abs=1)
    assert line.angle == pytest.approx(5, abs=1)
    grown = 160 * 10 * 1.6 / 340
    assert (line.length, line.height) == pytest.approx((160 + 2 * grown, 10 + 2 * grown), abs=3)


def test_lines_come_from_top_to_bottom() -> None:
    table = np.zeros((352, 544), dtype=np.float32)
    for y in (200, 40, 120):
        table[y : y + 10, 100:200] = 1
    assert [round(float(line.centre[1])) for line in lines_in(table)] == [44, 124, 204]
