"""What can be read in a file's name: its text without endings and copy marks, its numbers."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from importlib.resources import files

from pipeline.source.text import folded, squashed

# Chinese characters, rare and private ones too; what stands between those of one name is taken out.
HAN = "〇㐀-䶿一-鿿豈-﫿\ue000-\uf8ff\U00020000-\U000323af"
RUN = re.compile(f"[{HAN}]+")
_BETWEEN = re.compile(rf"(?<=[{HAN}])[\s·•・.．‧∙]+(?=[{HAN}])")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
# ".jpg" inside a name, as in `X.JPG.jpg` and `X.jpg (1).jpg`.
_ENDING = re.compile(
    r"\.(?:jpe?g|jpe|jfif|png|bmp|webp|gif|tiff?|hei[cf])(?=$|[^0-9a-z])", re.IGNORECASE
)
# What Windows, macOS, browsers and people append to a second file: " (1)", "-1", " - 副本 (2)".
COPY = re.compile(
    r"(?:\s*[(\[]\d{1,2}[)\]]|[-_~]\d{1,2}|[\s_-]*(?:的)?(?:副本|复件|拷贝|复制)(?:\s*\d{1,2})?"
    r"|[\s_-]+(?:copy|复本)(?:\s*\d{1,2})?)+$"
)
_CLOCKS = re.compile("微信|截图|截屏|相机|拍照|扫描")
_ESCAPED = re.compile(r"#U([0-9A-Fa-f]{4,5})")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2}){2,}")
LETTERS_OR_DIGITS = re.compile(r"[a-z]+|\d+x?(?![0-9a-z])|\d+")
TOKEN = re.compile(r"[0-9a-z]+")


@cache
def known_words(kind: str) -> tuple[str, ...]:
    """A list of `data/file_words.toml`."""
    table = tomllib.loads(files("data").joinpath("file_words.toml").read_text("utf-8"))
    return tuple(table[kind])


def stem_text(name: str) -> str:
    """A file's or folder's name for comparing: folded, without endings and invisible characters.

    `%E5%86%AF` (an address) and `#U51af` (Info-ZIP's way of writing what it cannot) are read.
    """
    name = _ESCAPED.sub(lambda found: _character(found[1]), name)
    if "%" in name:
        from urllib.parse import unquote

        name = _PERCENT.sub(lambda found: unquote(found[0], errors="strict"), name)
    text = _ENDING.sub("", _INVISIBLE.sub("", unicodedata.normalize("NFKC", name)))
    return _BETWEEN.sub("", folded(text))


def repaired(text: str) -> Iterator[str]:
    """What a name may have been before a program took its bytes for another encoding's."""
    for wrong, right in (("cp437", "gb18030"), ("latin-1", "gb18030"), ("gb18030", "utf-8")):
        try:
            yield text.encode(wrong).decode(right)
        except UnicodeError:
            continue


def _character(digits: str) -> str:
    code = int(digits, 16)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else ""


def digit_runs(text: str) -> list[str]:
    """Runs of digits, each with an X right after it that ends a word."""
    return [part for part in LETTERS_OR_DIGITS.findall(text) if part[0].isdigit()]


def joined_runs(text: str) -> Iterator[str]:
    """Runs of digits that only blanks, dots and dashes part, put together: `430101-2004…`."""
    for group in re.findall(r"\d+(?:[\s.\-_]+\d+)+x?", text):
        parts = re.findall(r"\d+x?", group)
        for first in range(len(parts)):
            for last in range(first + 2, min(first + 5, len(parts)) + 1):
                yield "".join(parts[first:last])


def time_like(digits: str) -> bool:
    """Whether a run of digits is a date, a date with a time, or milliseconds since 1970."""
    if len(digits) == 13:
        return digits[0] == "1" and digits[1] in "3456789"
    for length, form in ((8, "%Y%m%d"), (14, "%Y%m%d%H%M%S")):
        if len(digits) == length and digits[:2] == "20":
            try:
                datetime.strptime(digits, form)
            except ValueError:
                return False
            return True
    return False


def clock_speaks(text: str, digits: str) -> bool:
    """Whether digits in a name are rather the time when a camera or phone made the file."""
    return time_like(digits) and (text.isascii() or _CLOCKS.search(text) is not None)


def one_slip(one: str, other: str) -> bool:
    """Whether two numbers differ by one digit: another, missing, too many, or two exchanged."""
    if one == other:
        return True
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) < len(other):
        return one[start:] == other[start + 1 :]
    swapped = one[start : start + 2] == other[start : start + 2][::-1]
    return one[start + 1 :] == other[start + 1 :] or (
        swapped and one[start + 2 :] == other[start + 2 :]
    )


def is_plain(text: str) -> bool:
    """Whether a name says nothing of whose file it is: `照片`, `IMG_0012`, `1`, `正面 (2)`."""
    rest = re.sub(r"\d+", "", squashed(COPY.sub("", text)))
    while rest:
        word = next((w for w in _plain() if rest.startswith(w)), "")
        if not word:
            return False
        rest = rest.removeprefix(word)
    return True


@cache
def _plain() -> tuple[str, ...]:
    words = {*known_words("plain"), *known_words("words"), *known_words("prefixes")}
    return tuple(sorted(words, key=len, reverse=True))
