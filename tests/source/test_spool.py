"""Jobs and files on the disk come back as they were."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.core.delivery import Delivered, Fate
from pipeline.core.types import ImageFile, Job, Measurement, Reference, Subject
from pipeline.source import spool

ODD = os.fsdecode("张.jpg".encode("gbk"))  # a name that is not UTF-8
MEMBER = ImageFile(Path("/in/a.zip"), "x/1.jpg", "张三.jpg", ("inner.zip",))
PAGE = ImageFile(Path("/in/scan.pdf"), page=2)
JOB = Job(
    Subject("20240001", 2, "张三", college="数学", sex="female", phone="1"),
    ImageFile(Path("/in") / ODD),
    (Reference("idcard", PAGE), Reference("set_aside", MEMBER)),
    (Measurement("source.photo_files", 2.0, "files"), Measurement("x", "yes", error="why")),
)
BARE = Job(Subject("", 0), None)
FILES = (
    Delivered("/in/a", ODD, "photo", Fate.USED, "20240001", "name+class", file=MEMBER, pages=1),
    Delivered("/in/b", "b", "idcard", Fate.UNMATCHED, why="fits_several", near=("1", "2")),
)


def jobs_of(*jobs: Job) -> spool.Spool[Job]:
    return spool.Spool(spool.unpacked_job, spool.blocks(map(spool.packed_job, jobs)))


def test_jobs_and_files_come_back_as_they_were() -> None:
    assert list(jobs_of(JOB, BARE)) == [JOB, BARE]
    packed = spool.blocks(map(spool.packed_delivered, FILES))
    assert tuple(spool.Spool(spool.unpacked_delivered, packed)) == FILES


@pytest.mark.parametrize("count", [0, 1, spool.BLOCK, spool.BLOCK + 1, 3 * spool.BLOCK - 1])
def test_each_stands_at_its_place(count: int) -> None:
    jobs = [Job(Subject(str(row), row), None) for row in range(count)]
    kept = jobs_of(*jobs)
    assert len(kept) == count
    assert list(kept) == jobs
    assert [kept[place] for place in range(count)] == jobs
    assert [kept[-1 - place] for place in range(count)] == jobs[::-1]
    assert kept[1:-1] == jobs[1:-1]
    for beyond in (count, -count - 1):
        with pytest.raises(IndexError):
            kept[beyond]


def test_it_is_read_in_two_places_at_once() -> None:
    kept = jobs_of(*(Job(Subject(str(row), row), None) for row in range(2 * spool.BLOCK)))
    both = [(one, kept[-1]) for one in kept]
    assert [one.subject.row for one, _ in both] == list(range(2 * spool.BLOCK))
