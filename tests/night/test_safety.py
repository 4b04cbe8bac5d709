"""A night that went wrong never replaces a good one."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import fake

from pipeline.core.errors import IntakeStopped
from pipeline.core.policy import Policy, Profile
from pipeline.core.types import Cohort
from pipeline.night.intake import Sources, keep_assigned, read_intake
from pipeline.night.manifest import verify
from pipeline.night.nightly import Outputs, run_night
from pipeline.night.safety import check_intake

NAMES = ["冯勇", "江伟", "王伟", "李娜", "张三丰", "赵六", "孙丽", "周杰", "吴刚", "郑爽"]
Night = Callable[..., Outputs]


def roster(path: Path, names: list[str], first: int = 0) -> Path:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["学号", "姓名", "学院", "班级"])
        for number, name in enumerate(names, first):
            writer.writerow([f"20220100{number:02d}", name, "会计学院", "会计学2201班"])
    return path


def photos(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"turn=0 {name}")
    return folder


@pytest.fixture
def base(tmp_path: Path) -> Path:
    roster(tmp_path / "r.csv", NAMES)
    photos(tmp_path / "photos", *(f"20220100{n:02d}.jpg" for n in range(len(NAMES))))
    return tmp_path


@pytest.fixture
def night(base: Path, policy: Policy, profile: Profile) -> Night:
    def run(roster: str = "r.csv", photos: str = "photos", out: str = "out") -> Outputs:
        sources = Sources([base / roster], [base / photos])
        cohort = read_intake(sources, base / out)
        check_intake(cohort, base / out, policy.intake)
        keep_assigned(base / out, cohort.assigned)
        return run_night(cohort, base / out, policy, profile, digests={}, factory=fake())

    return run


def stopped(night: Night, base: Path, **given: str) -> str:
    """What is said when a night stops; the last night's files are as they were."""
    out = base / given.get("out", "out")
    before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()} if out.exists() else {}
    with pytest.raises(IntakeStopped) as told:
        night(**given)
    after = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()} if out.exists() else {}
    wal = {p for p in {*after, *before} if p.name.endswith(("-wal", "-shm"))}
    assert {p: b for p, b in after.items() if p not in wal} == {
        p: b for p, b in before.items() if p not in wal
    }
    assert "--force" in told.value.hint
    return told.value.message


def test_no_photo_at_all_stops_the_first_night_too(night: Night, base: Path) -> None:
    (base / "empty").mkdir()
    assert "no photo was found" in stopped(night, base, photos="empty")
    night()
    told = stopped(night, base, photos="empty")
    assert "10 of 10 students (100%) had a photo in the last night" in told


def test_the_roster_of_another_cohort_stops(night: Night, base: Path) -> None:
    roster(base / "other.csv", [f"生{n}甲" for n in range(10)], first=50)
    told = stopped(night, base, roster="other.csv")
    assert "0 of 10 photo files (0%) belong to students of the roster" in told
    night()
    photos(base / "others", *(f"20220100{n}.jpg" for n in range(50, 60)))
    told = stopped(night, base, roster="other.csv", photos="others")
    assert "all students of the last night" in told and "another cohort" in told


def test_a_roster_that_shrank_stops(night: Night, base: Path) -> None:
    night()
    roster(base / "small.csv", NAMES[:7])
    assert "3 of 10 students of the last night" in stopped(night, base, roster="small.csv")
    roster(base / "nearly.csv", NAMES[:9])
    assert night(roster="nearly.csv").summary.students == 9


def test_photos_that_are_gone_stop(night: Night, base: Path) -> None:
    night()
    for number in (1, 2):
        (base / "photos" / f"20220100{number:02d}.jpg").unlink()
    assert "2 of 10 students (20%) had a photo" in stopped(night, base)


def test_a_folder_of_photos_is_no_output_folder(night: Night, base: Path) -> None:
    told = stopped(night, base, out="photos")
    assert "holds no run but 10 pictures" in told


def test_a_delivery_that_grows_goes_on(night: Night, base: Path) -> None:
    photos(base / "few", "2022010001.jpg", "stranger.jpg")
    assert night(photos="few").summary.intake["with_photo"] == 1
    assert night().summary.intake["with_photo"] == 10


def test_the_balance_adds_up_and_strays_are_no_students(night: Night, base: Path) -> None:
    photos(base / "photos", "stranger.jpg", "冯勇 - 副本.jpg", "notes.txt", "Thumbs.db")
    summary = night().summary
    told = summary.intake["files"]["photo"]
    fates = ("used", "set_aside", "unmatched", "not_a_picture", "unreadable")
    assert told["found"] == sum(told[fate] for fate in fates) == 14
    assert [told[fate] for fate in fates] == [10, 1, 1, 2, 0]
    assert sum(summary.counts.decision.values()) == summary.students == 10
    assert sum(summary.counts.strays.values()) == 1
    assert "EXTRA_PHOTO" not in summary.counts.reasons
    assert json.loads((base / "out" / "run.json").read_text("utf-8"))["intake"] == summary.intake
    assert summary.intake["left"]["unmatched"] == [["stranger.jpg", "matches_nobody", []]]


def rows(out: Path) -> dict[str, dict[str, str]]:
    with (out / "files.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["path"].rpartition("/")[2]: row for row in csv.DictReader(file)}


def test_files_csv_lists_every_file_once(night: Night, base: Path) -> None:
    photos(base / "photos", "stranger.jpg", "冯勇 - 副本.jpg", "notes.txt", "甲/江伟2201.jpg")
    night()
    told = rows(base / "out")
    assert len(told) == 14
    used = told["2022010000.jpg"]
    assert (used["fate"], used["subject_id"], used["matched_by"]) == (
        "used",
        "2022010000",
        "student_no",
    )
    assert len(used["sha256"]) == 64
    assert told["冯勇 - 副本.jpg"]["fate"] == "set_aside"
    assert told["冯勇 - 副本.jpg"]["subject_id"] == "2022010000"
    assert told["stranger.jpg"]["fate"] == "unmatched"
    assert told["notes.txt"]["fate"] == "not_a_picture"
    assert (
        told["notes.txt"]["sha256"]
        == hashlib.sha256((base / "photos" / "notes.txt").read_bytes()).hexdigest()
    )
    assert (base / "out" / "files.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_what_was_checked_is_what_is_delivered(night: Night, base: Path) -> None:
    photos(base / "photos", "stranger.jpg")
    night()
    delivered = photos(base / "delivered", "改名.jpg")
    for file in (base / "photos").iterdir():
        (delivered / file.name).write_bytes(file.read_bytes())
    assert verify(delivered, base / "out").faults == (
        ("stranger.jpg", "unmatched"),
        ("改名.jpg", "not checked"),
    )
    (delivered / "改名.jpg").write_bytes((base / "photos" / "2022010000.jpg").read_bytes())
    (delivered / "2022010001.jpg").write_text("other")
    (delivered / "stranger.jpg").unlink()
    told = dict(verify(delivered, base / "out" / "files.csv").faults)
    assert told.pop("改名.jpg") == "delivered twice"
    assert told.pop("2022010001.jpg") == "changed since"
    assert list(told.values()) == ["missing"]


def assign(base: Path, *rows: str) -> Path:
    path = base / "assign.csv"
    path.write_text("\n".join(("file,student", *rows)) + "\n", "utf-8")
    return path


def cohort_of(base: Path, *tables: Path) -> Cohort:
    sources = Sources([base / "r.csv"], [base / "photos"], assign=tables)
    return read_intake(sources, base / "out")


def test_an_assigned_file_counts_as_long_as_its_bytes_are_the_same(base: Path) -> None:
    photos(base / "photos", "IMG_7.jpg")
    cohort = cohort_of(base, assign(base, "IMG_7.jpg,冯勇"))
    feng = cohort.jobs[0]
    assert feng.photo and feng.photo.name == "IMG_7.jpg"
    assert [f.why for f in cohort.delivered if f.fate == "set_aside"] == ["another_was_assigned"]
    keep_assigned(base / "out", cohort.assigned)
    again = cohort_of(base)
    assert again.jobs[0].photo == feng.photo, "kept beside the run"
    (base / "photos" / "IMG_7.jpg").write_text("turn=0 another face")
    changed = cohort_of(base)
    assert changed.jobs[0].photo and changed.jobs[0].photo.name == "2022010000.jpg"
    assert "the assignment counts no more: " in " ".join(changed.remarks)
    assert [f.name for f in changed.extras] == ["IMG_7.jpg"]
