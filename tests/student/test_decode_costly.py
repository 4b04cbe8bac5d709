"""Small files that would cost much: refused by their headers, or decoded within limits."""

from __future__ import annotations

import io
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image
from places import TESTS
from stored_pictures import LIMITS, UPRIGHT, assert_upright, picture, saved

from pipeline.core.policy import InputLimits
from pipeline.student import decode as decoding
from pipeline.student.cost import memory_of, scans_of
from pipeline.student.decode import UnreadableError, decode_picture

SCANS = "a JPEG in more scans than a photo has"
MEMORY = "it takes more memory than a photo may"


def in_many_scans(more: int) -> bytes:
    """A progressive JPEG whose last scan comes so many times more."""
    data = saved(picture(UPRIGHT), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * more + data[-2:]


def large(megapixels: int, **most: float) -> InputLimits:
    return InputLimits.model_validate({"max_bytes": 2**26, "max_megapixels": megapixels, **most})


def test_the_scans_of_a_jpeg_are_counted_before_it_is_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual = scans_of(in_many_scans(0), 1000)
    assert 2 < usual < 20
    assert scans_of(in_many_scans(700), 1000) == usual + 700
    assert_upright(decode_picture(in_many_scans(0), LIMITS))
    monkeypatch.setattr(decoding, "_unpacked", None)
    with pytest.raises(UnreadableError, match=f"^{SCANS}$"):
        decode_picture(in_many_scans(LIMITS.max_scans), LIMITS)


def test_scans_hidden_behind_filling_are_counted_and_a_thumbnails_are_not() -> None:
    hidden = in_many_scans(60).replace(b"\xff\xda", b"\xff\xff\xff\xda")
    assert scans_of(hidden, 50) == 51
    thumbnail = in_many_scans(60)[:60000]
    app = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    plain = saved(picture(UPRIGHT), "JPEG")
    assert scans_of(plain[:2] + app + plain[2:], 50) == 1


@pytest.mark.parametrize(
    ("mode", "format"), [("F", "TIFF"), ("I;16", "PNG"), ("RGBA", "PNG"), ("CMYK", "TIFF")]
)
def test_a_large_picture_is_turned_into_bgr_in_little_memory(mode: str, format: str) -> None:
    """Ten bytes a pixel: four as stored, three as BGR, and what a strip takes."""
    data = saved(Image.new(mode, (5000, 4000)), format)
    photo = decode_picture(data, large(20, max_memory_mb=250))
    assert photo.bgr.shape == (4000, 5000, 3)


def test_strips_are_the_same_as_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (50, 40, 4), dtype=np.uint8)
    deep = Image.fromarray(noise.astype(np.float32)[:, :, 0] * 300)
    palette = Image.fromarray(noise[:, :, :3]).convert("P")
    for data in (
        saved(Image.fromarray(noise), "PNG"),
        saved(deep, "TIFF"),
        saved(palette, "PNG", transparency=3),
    ):
        whole = decode_picture(data, LIMITS).bgr
        monkeypatch.setattr(decoding, "_AT_ONCE", 7 * 40)
        assert np.array_equal(decode_picture(data, LIMITS).bgr, whole)
        monkeypatch.undo()


def test_pixels_times_bytes_are_bounded_before_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    data = saved(Image.new("F", (2000, 1000)), "TIFF")
    with Image.open(io.BytesIO(data)) as image:
        assert memory_of(image) == 2000 * 1000 * 10
    monkeypatch.setattr(decoding, "_unpacked", None)
    with pytest.raises(UnreadableError, match=f"^{MEMORY}$"):
        decode_picture(data, large(2, max_memory_mb=19))


IN_A_PROCESS_OF_ITS_OWN = """
import resource
from stored_pictures import saved
from PIL import Image
from pipeline.core.policy import InputLimits
from pipeline.student import decode
data = saved(Image.new("F", (5000, 4000)), "TIFF")
decode.memory_of = lambda _: 0
before = resource.getrlimit(resource.RLIMIT_AS)
limits = {"max_bytes": 2**26, "max_megapixels": 20}
try:
    decode.decode_picture(data, InputLimits.model_validate({**limits, "max_memory_mb": 40}))
except decode.UnreadableError as error:
    print(error)
assert resource.getrlimit(resource.RLIMIT_AS) == before
print(decode.decode_picture(data, InputLimits.model_validate(limits)).bgr.shape)
"""


def test_a_decoder_that_takes_more_than_the_header_tells_is_refused_memory() -> None:
    """In a process of its own: one that ran other tests has memory to give, mapped already."""
    done = subprocess.run(
        [sys.executable, "-c", IN_A_PROCESS_OF_ITS_OWN],
        capture_output=True,
        text=True,
        check=True,
        cwd=TESTS,
    )
    assert done.stdout.splitlines() == [MEMORY, "(4000, 5000, 3)"]


def test_counting_scans_takes_no_time_to_speak_of() -> None:
    bomb = in_many_scans(0)[:-2] + b"\xff\x00ab" * 4_000_000
    start = time.perf_counter()
    scans_of(bomb, 3)
    assert time.perf_counter() - start < 2
