"""Names as people write them: matched where a person would, told where not."""

from __future__ import annotations

from typing import Literal

import pytest

from pipeline.core.types import Subject
from pipeline.source.match import Claim, Index


def student(number: str, name: str, group: str, major: str, college: str) -> Subject:
    sex: Literal["female", "male"] = "female" if group.startswith("软件") else "male"
    return Subject(number, 2, name, "", number, "", sex, "", college, major, group)


FENG = student("2022010017", "冯勇", "市场营销2202班", "市场营销", "工商管理学院")
JIANG = student("2022020001", "江伟", "会计学2201班", "会计学", "会计学院")
WANG_1 = student("2022020002", "王伟", "会计学2201班", "会计学", "会计学院")
WANG_2 = student("2022030003", "王伟", "软件工程2203班", "软件工程", "计算机学院")
ALI = student("2022030005", "阿卜杜拉·买买提", "计算机2201班", "计算机科学与技术", "信息学院")
INDEX = Index([FENG, JIANG, WANG_1, WANG_2, ALI])


def claim(path: str) -> Claim:
    *folders, last = path.split("/")
    found = INDEX.claim(last, folders)
    assert found is not None, path
    return found


def sure(path: str) -> str:
    """The one student a path is believed to mean, without a remark."""
    found = claim(path)
    assert not found.weak and not found.mismatch, found
    (owner,) = found.owners
    return owner


@pytest.mark.parametrize(
    "path",
    [
        "市场营销2202班-冯勇",
        "冯勇市场营销2202班",
        "市场营销冯勇",
        "冯  勇",
        "２０２２０１００１７冯勇",
        "2022 0100 17",
        "2022-0100-17",
        "2022010017.JPG",
        "冯勇.jpg (1)",
        "冯勇 - 副本",
        "冯勇的副本 2",
        "我的照片冯勇",
        "冯勇（蓝底）",
        "冯勇蓝底一寸",
        "证件照_冯勇_最终版2",
        "3号冯勇",
        "17冯勇",
        "冯勇_20240612",
        "微信图片_20240612-冯勇",
        "22022022010017冯勇",
        "DSC_2022010017_冯勇",
        "工商管理学院+市场营销+2202班+冯勇+2022010017",
        "营销22-2班冯勇",
        "二班冯勇",
        "#U51af#U52c7",
        "%E5%86%AF%E5%8B%87",
        "╖δ╙┬",
        "\u200e2022010017",
        "工商管理学院/市场营销2202班/冯勇",
    ],
)
def test_a_name_a_person_would_understand(path: str) -> None:
    assert sure(path) == FENG.student_key


@pytest.mark.parametrize(
    "path", ["计科阿卜杜拉买买提", "阿卜杜拉.买买提", "计算机2201阿卜杜拉•买买提"]
)
def test_a_long_name_beside_an_abbreviated_class(path: str) -> None:
    assert sure(path) == ALI.student_key


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("王伟/会计学2201班", ""),
        ("会计学院/会计学2201班/王伟", WANG_1.student_key),
        ("会计22-1班王伟", WANG_1.student_key),
        ("王伟2201", WANG_1.student_key),
        ("软件2203班王伟", WANG_2.student_key),
        ("软件工程2203班王伟(女)", WANG_2.student_key),
        ("2022030003王伟", WANG_2.student_key),
    ],
)
def test_class_and_college_tell_two_of_one_name_apart(path: str, owner: str) -> None:
    if owner:
        assert sure(path) == owner
    else:
        assert INDEX.claim("王伟", ()) == claim("王伟")
        assert claim("王伟").owners == (WANG_1.student_key, WANG_2.student_key)


@pytest.mark.parametrize(
    ("path", "weak"),
    [
        ("IMG_2022010017", "number_among_others"),
        ("fengyong", "named_in_pinyin"),
        ("Feng Yong 2202", "named_in_pinyin"),
        ("yong_feng", "named_in_pinyin"),
        ("202201017冯勇", "number_with_a_slip"),
        ("2022010071冯勇", "number_with_a_slip"),
        ("2022010017-冯勇/照片", "file_named_by_folder"),
        ("市场营销/冯勇/IMG_0001", "file_named_by_folder"),
        ("夏令营-冯勇", "other_words_beside"),
    ],
)
def test_a_weak_match_says_why(path: str, weak: str) -> None:
    found = claim(path)
    assert (found.owners, found.weak) == ((FENG.student_key,), weak)


@pytest.mark.parametrize(
    ("path", "owner"), [("王伟003", WANG_2), ("软工王伟", WANG_2), ("王伟-女", WANG_2)]
)
def test_one_of_a_name_by_less_than_the_class_is_weak(path: str, owner: Subject) -> None:
    assert claim(path).owners == (owner.student_key,)
    assert claim(path).weak == "one_of_a_name"


@pytest.mark.parametrize(
    ("path", "weak"),
    [
        ("2021999999冯勇", "number_of_nobody"),
        ("2022030999王伟", "number_of_nobody"),
        ("会计学2201班冯勇", "of_another_class"),
        ("会计2202班冯勇", "of_another_class"),
        ("英语2201班/冯勇", "of_another_class"),
        ("会计学院/冯勇", "of_another_class"),
        ("外语2301班王伟", "of_another_class"),
    ],
)
def test_what_speaks_against_a_name_leaves_it_to_people(path: str, weak: str) -> None:
    found = claim(path)
    assert (found.owners, found.weak) == ((), weak)
    assert found.near


@pytest.mark.parametrize(
    "path",
    [
        "冯勇明",
        "张冯勇",
        "冯勇的爸爸",
        "买买提",
        "IMG_0017",
        "0017",
        "微信图片_20220612103011",
        "mmexport1655555555555",
        "lina",
        "赵六-市场营销2202班",
        "2022010017-冯勇/李雷",
        "2022010016",
    ],
)
def test_nobody_is_named_for_somebody_elses_name(path: str) -> None:
    *folders, last = path.split("/")
    found = INDEX.claim(last, folders)
    assert found is None or not found.owners


def test_two_names_in_one_file_fit_both() -> None:
    assert claim("冯勇-江伟").owners == (FENG.student_key, JIANG.student_key)


def test_a_number_in_two_rows_fits_both() -> None:
    index = Index([FENG, Subject("row00009", 9, "江伟", "", FENG.student_no)])
    (both,) = [index.claim("2022010017")]
    assert both and both.owners == (FENG.student_key, "row00009")
    named = index.claim("2022010017江伟")
    assert named and named.owners == ("row00009",)


def test_a_camera_clock_is_no_student_number() -> None:
    index = Index([Subject("20220612", 2, "冯勇", "", "20220612", "")])
    assert index.claim("IMG_20220612_101112") is None
    assert index.claim("微信图片_20220612101112") is None
    found = index.claim("市场营销20220612")
    assert found and found.owners == ("20220612",)
