from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.types import Cohort, Job, Subject
from pipeline.source import gather
from pipeline.source.match import Claim, Index
from pipeline.source.numbers import Key

ID_A, ID_B = "11010519491231002X", "34052419800101001X"
ZHANG = Subject("20240001", 2, "张三", ID_A, "20240001", "24110105150001")
LI = Subject("20240002", 3, "李四", ID_B, "20240002", "24110105150002")
JOHN = Subject("S-7", 4, "John A. Smith", "E1234567", "S-7", "")
TWIN_1 = Subject("20240008", 5, "王伟", "", "20240008", "")
TWIN_2 = Subject("20240009", 6, "王伟", "", "20240009", "")
ALI = Subject("20240010", 7, "阿卜杜拉·买买提", "", "20240010", "")
ROSTER = (ZHANG, LI, JOHN, TWIN_1, TWIN_2, ALI)
INDEX = Index(ROSTER)


def run(tmp_path: Path, photos: Iterable[str], **references: Iterable[str]) -> Cohort:
    table = tmp_path / "roster.csv"
    with table.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["学号", "考生号", "身份证号", "姓名"])
        writer.writerows([s.student_no, s.candidate_no, s.id_number, s.name] for s in ROSTER)
    folders = {"photos": photos, **references}
    for folder, names in folders.items():
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / name).write_text(f"{folder}/{name}")
    return gather(table, [tmp_path / "photos"], {kind: [tmp_path / kind] for kind in references})


def facts(job: Job) -> dict[str, object]:
    return {fact.name: fact.value for fact in job.facts}


def by_id(cohort: Cohort) -> dict[str, Job]:
    return {job.subject.student_key: job for job in cohort.jobs}


@pytest.mark.parametrize(
    ("stem", "key"),
    [
        ("20240001", Key.STUDENT_NO),
        ("24110105150001", Key.CANDIDATE_NO),
        (ID_A, Key.ID_NUMBER),
        (ID_A.lower(), Key.ID_NUMBER),
        ("１１０１０５１９４９１２３１００２ｘ", Key.ID_NUMBER),
        ("张三", Key.NAME),
        (" 张 三 ", Key.NAME),
    ],
)
def test_any_key_alone(stem: str, key: Key) -> None:
    assert INDEX.claim(stem) == Claim((ZHANG.student_key,), key)


@pytest.mark.parametrize("subject", [ZHANG, JOHN, TWIN_2, ALI], ids=lambda s: s.student_key)
@pytest.mark.parametrize("separator", ["", "+", "_", "-", " ", " - ", "＿"])
def test_number_and_name_in_either_order(subject: Subject, separator: str) -> None:
    numbers = (subject.student_no, subject.candidate_no, subject.id_number)
    for key, number in enumerate(numbers):
        for parts in itertools.permutations((number, subject.name)) if number else ():
            assert INDEX.claim(separator.join(parts)) == Claim((subject.student_key,), Key(key))


@pytest.mark.parametrize("dot", ["•", "・", ".", ""])
def test_any_dot_in_a_name_will_do(dot: str) -> None:
    assert INDEX.claim(f"阿卜杜拉{dot}买买提") == Claim((ALI.student_key,), Key.NAME)


@pytest.mark.parametrize("stem", ["20240001(张三)", "1班_20240001_张三", f"{ID_A}-张三-20240001"])
def test_number_and_name_among_other_words(stem: str) -> None:
    assert INDEX.claim(stem) == Claim((ZHANG.student_key,), Key.STUDENT_NO)


@pytest.mark.parametrize(
    "mark", [" (1)", "(2)", "（1）", "-1", "_1", "副本", " - 副本", " - 副本 (2)"]
)
@pytest.mark.parametrize("stem", ["20240001", "张三", "20240001_张三"])
def test_copy_marks(stem: str, mark: str) -> None:
    claim = INDEX.claim(stem + mark)
    assert claim is not None
    assert (claim.owners, claim.copy, claim.mismatch) == ((ZHANG.student_key,), True, False)


def test_a_number_that_looks_like_a_copy_is_itself() -> None:
    index = Index([Subject("2024", 2, student_no="2024"), Subject("b", 3, student_no="2024-1")])
    assert index.claim("2024-1") == Claim(("b",), Key.STUDENT_NO)
    assert index.claim("2024-2") == Claim(("2024",), Key.STUDENT_NO, copy=True)


@pytest.mark.parametrize("stem", ["20240001李四", "李四_20240001", f"{ID_A}+李四", "20240001 张叁"])
def test_a_name_that_is_not_the_numbers_owner_is_a_mismatch(stem: str) -> None:
    claim = INDEX.claim(stem)
    assert claim is not None
    assert (claim.owners, claim.mismatch) == ((ZHANG.student_key,), True)


@pytest.mark.parametrize(
    "stem",
    [
        "",
        "2024000",
        "202400011",
        "120240001",
        "20240001x",
        "IMG_0001",
        "赵六",
        "张三丰",
        "李张三",
        "_",
    ],
)
def test_nothing_is_guessed(stem: str) -> None:
    assert INDEX.claim(stem) is None


@given(st.text(max_size=30))
def test_any_file_name_is_answered(stem: str) -> None:
    claim = INDEX.claim(stem)
    assert claim is None or claim.owners


def test_the_better_key_wins_a_number_of_two_students() -> None:
    index = Index([Subject("x", 2, candidate_no="5", name="甲"), Subject("5", 3, student_no="5")])
    assert index.claim("5") == Claim(("5",), Key.STUDENT_NO)
    assert index.claim("5甲") == Claim(("x",), Key.CANDIDATE_NO)


class CountedLookups(dict[str, object]):
    """Counts look-ups and refuses to be walked through."""

    lookups = 0

    def get(self, key: str, default: object = None) -> object:
        self.lookups += 1
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.lookups += 1
        return super().__contains__(key)

    def __iter__(self) -> object:  # type: ignore[override]
        raise AssertionError("a file must not cost a walk through the roster")


def test_a_file_costs_a_few_lookups_whatever_the_size_of_the_roster() -> None:
    def cost(students: int) -> int:
        index = Index(
            Subject(f"{n:08d}", n, f"学生{n}", student_no=f"{n:08d}") for n in range(students)
        )
        tables = [
            CountedLookups(table)
            for table in (index._numbers.alone, index._numbers.with_name, index._names._owners)
        ]
        index._numbers.alone, index._numbers.with_name, index._names._owners = tables  # type: ignore[assignment]
        for stem in ("00000001", "00000001_学生1 (1)", "00000001_学生2", "nobody 1-2"):
            index.claim(stem)
        return sum(table.lookups for table in tables)

    assert cost(1000) == cost(10) <= 100


def test_every_student_gets_a_job_with_counts(tmp_path: Path) -> None:
    cohort = run(tmp_path, ["20240001.jpg", "stranger.png"], idcard=[f"{ID_A}.jpg"])
    assert [job.subject.student_key for job in cohort.jobs] == [s.student_key for s in ROSTER]
    first, second = cohort.jobs[:2]
    assert first.photo and first.photo.name == "20240001.jpg"
    assert facts(first) == {"source.photo_files": 1.0, "source.reference_files": 1.0}
    assert {fact.unit for fact in first.facts} == {"files"}
    assert second.photo is None
    assert facts(second) == {"source.photo_files": 0.0, "source.reference_files": 0.0}
    assert [file.name for file in cohort.extras] == ["stranger.png"]


def test_several_files_are_a_clash_and_the_best_key_goes_first(tmp_path: Path) -> None:
    names = ["张三.jpg", f"{ID_A}.jpg", "24110105150001.jpg", "20240001 (1).jpg", "20240001.png"]
    job = run(tmp_path, names).jobs[0]
    assert job.photo and job.photo.name == "20240001.png"
    assert facts(job)["source.photo_files"] == 5.0
    assert facts(job)["source.photo_clash"] == "several_files_named_most_plainly"


def test_a_lone_copy_is_the_students_photo(tmp_path: Path) -> None:
    job = run(tmp_path, ["20240001 (1).jpg"]).jobs[0]
    assert job.photo is not None
    assert "source.photo_clash" not in facts(job)


def test_a_file_that_fits_two_says_which_two_on_both_and_on_itself(tmp_path: Path) -> None:
    cohort = run(tmp_path, ["王伟.jpg"])
    jobs, both = by_id(cohort), "王伟.jpg → 20240008, 20240009"
    assert facts(jobs["20240008"])["source.fits_several"] == both
    assert facts(jobs["20240009"])["source.fits_several"] == both
    assert [facts(job)["source.fits_several"] for job in cohort.strays] == [both]
    assert "source.extra_photo" not in facts(cohort.strays[0])


def test_a_shared_name_is_no_matter_of_those_with_another_file(tmp_path: Path) -> None:
    cohort = run(tmp_path, ["王伟.jpg", "20240008.jpg"])
    jobs = by_id(cohort)
    assert jobs["20240008"].photo is not None
    assert "source.fits_several" not in facts(jobs["20240008"])
    assert jobs["20240009"].photo is None
    assert "source.fits_several" in facts(jobs["20240009"])
    assert [file.name for file in cohort.extras] == ["王伟.jpg"]


def test_a_mismatch_is_the_number_owners_clash(tmp_path: Path) -> None:
    cohort = run(tmp_path, ["20240001_李四.jpg", "24110105150001.jpg"])
    zhang, li = cohort.jobs[:2]
    assert zhang.photo and zhang.photo.name == "24110105150001.jpg", "a file that agrees goes first"
    assert facts(zhang)["source.photo_clash"] == "number_name_mismatch"
    assert li.photo is None
    assert "source.photo_clash" not in facts(li)
    assert cohort.extras == ()


def test_a_mismatched_file_is_still_looked_at(tmp_path: Path) -> None:
    zhang = run(tmp_path, ["20240001_李四.jpg"]).jobs[0]
    assert zhang.photo is not None


def test_references_of_every_kind_in_order(tmp_path: Path) -> None:
    cohort = run(
        tmp_path,
        [],
        admission=["张三.jpg", "24110105150001.jpg"],
        idcard=[f"{ID_A}.jpg", f"{ID_B}张三.jpg", f"{ID_A[:-1]}9.jpg", "王伟.jpg"],
    )
    first = cohort.jobs[0]
    assert [(r.kind, r.file.name) for r in first.references] == [
        ("admission", "24110105150001.jpg"),
        ("admission", "张三.jpg"),
        ("idcard", f"{ID_A}.jpg"),
    ]
    assert facts(first)["source.reference_files"] == 3.0
    assert cohort.remarks == (
        "No pictures in photos.",
        "2 files of kind idcard without a student: 110*************29.jpg, 王伟.jpg.",
        "1 file of kind idcard with one student's number and another name, used for the number: "
        "340*************1X张三.jpg.",
    )
    assert cohort.extras == (), "only photos can be extra"


def test_id_number_faults_become_facts(tmp_path: Path) -> None:
    roster = tmp_path / "r.csv"
    roster.write_text(
        f"学号,身份证号,性别\n1,{ID_A},女\n2,{ID_A},男\n".replace(f"2,{ID_A}", f"2,{ID_B[:-1]}1")
        + "3,1.10105E+17,男\n4,H12345678,男\n5,34052419800101001x,女\n",
        "utf-8",
    )
    jobs = gather(roster, [], {}).jobs
    assert [facts(job).get("source.id_number_fault") for job in jobs] == [
        None,
        "id_check_digit",
        "excel_damaged",
        None,
        "id_sex_mismatch",
    ]


def test_own_columns_reach_the_roster(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("编号\n77\n", "utf-8")
    (tmp_path / "own.toml").write_text('student_no = ["编号"]', "utf-8")
    (job,) = gather(tmp_path / "r.csv", [], {}, tmp_path / "own.toml").jobs
    assert job.subject.student_no == "77"
