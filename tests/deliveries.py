"""Messy deliveries, as clerks get them: drawn at random from a seed, with the truth beside them."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘于蒋蔡余杜叶程"
)
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉梅红文斌宇浩晨雨欣怡佳琪思涵子轩梓涵"
MAJORS = {
    "会计学": "商学院",
    "市场营销": "商学院",
    "软件工程": "计算机学院",
    "计算机科学与技术": "计算机学院",
    "汉语言文学": "文学院",
    "土木工程": "建筑工程学院",
}


@dataclass
class Student:
    number: str
    name: str
    major: str
    college: str
    group: str
    candidate: str


@dataclass
class Delivery:
    """A roster, sources, and what is true of them.

    Attributes:
        owners: By path inside the source, whose file a person would say it is; "" for nobody's.
        files: How many files lie in the sources.
    """

    roster: Path
    sources: list[Path]
    owners: dict[str, str] = field(default_factory=dict)
    files: int = 0


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c for c in text)


def students(rng: random.Random, count: int, first: int = 1) -> list[Student]:
    made = []
    for place in range(count):
        major = rng.choice(list(MAJORS))
        group = f"{major}22{rng.randint(1, 3):02d}班"
        name = rng.choice(SURNAMES) + "".join(rng.choices(GIVEN, k=rng.choice((1, 2, 2))))
        number = f"2022{list(MAJORS).index(major):02d}{first + place:04d}"
        made.append(Student(number, name, major, MAJORS[major], group, f"2243{first + place:010d}"))
    return made


# Ways of naming a file that a person understands; those of names alone need one that is unique.
BY_NUMBER: list[Callable[[Student, random.Random], str]] = [
    lambda s, r: s.number,
    lambda s, r: s.candidate,
    lambda s, r: f"{s.number}{s.name}",
    lambda s, r: f"{s.name}{s.number}",
    lambda s, r: f"{s.number}{r.choice('-_+ ')}{s.name}",
    lambda s, r: f"{s.group}-{s.number}-{s.name}",
    lambda s, r: f"{s.group}{s.name}{s.number}",
    lambda s, r: full_width(s.number),
    lambda s, r: f"{s.number[:4]} {s.number[4:6]} {s.number[6:]}",
    lambda s, r: f"IMG_{s.number}",
    lambda s, r: f"学号{s.number}姓名{s.name}",
    lambda s, r: f"{s.number} - 副本",
    lambda s, r: f"{s.number}({r.randint(1, 9)})",
    lambda s, r: f"{s.name}+{s.candidate}",
    lambda s, r: f"毕业照_{s.number}_{s.name}_最终版",
    lambda s, r: f"{s.group[-5:-1]}{s.number}{s.name}",
]
BY_NAME: list[Callable[[Student, random.Random], str]] = [
    lambda s, r: s.name,
    lambda s, r: f"{s.group}-{s.name}",
    lambda s, r: f"{s.group}{s.name}",
    lambda s, r: f"{s.name}{s.group}",
    lambda s, r: f"{s.name}（{s.major}）",
    lambda s, r: f"{s.college}_{s.group}_{s.name}",
    lambda s, r: " ".join(s.name),
    lambda s, r: f"{s.name}照片",
    lambda s, r: f"{s.name} 蓝底",
    lambda s, r: f"{r.randint(1, 60)}{s.name}",
    lambda s, r: f"{r.randint(1, 60)}号-{s.name}",
    lambda s, r: f"微信图片_20220612103011{s.name}",
    lambda s, r: f"{s.name}-证件照(1)",
    lambda s, r: f"{s.major}{s.name}",
    lambda s, r: f"{s.name}同学",
    lambda s, r: f"{s.name}_{s.number[-3:]}",
]
NOBODY = ["IMG_0012", "微信图片_20220612103011", "mmexport1655000000000", "DSC_0003", "新建文件夹"]


def draw(folder: Path, seed: int, count: int = 0) -> Delivery:
    """A delivery; the same seed gives the same one.

    Args:
        folder: Where to put it.
        seed: Of the random numbers.
        count: Students; 0 for a few.
    """
    rng = random.Random(seed)
    people = students(rng, count or rng.randint(1, 12))
    strangers = students(rng, rng.randint(0, 3), first=5000)
    delivery = Delivery(_roster(folder, people, rng), [])
    by_name: dict[str, int] = defaultdict(int)
    for one in people + strangers:
        by_name[one.name] += 1
    names: dict[str, str] = {}
    for one in people:
        if not count and rng.random() < 0.1:
            continue  # not handed in
        ways = BY_NUMBER if by_name[one.name] > 1 else BY_NUMBER + BY_NAME
        unlike = [n for n in by_name if n != one.name and (n in one.name or one.name in n)]
        name = rng.choice(BY_NUMBER if unlike else ways)(one, rng)
        names.setdefault(_placed(name, one, rng), one.number)
    for one in strangers:
        if by_name[one.name] == 1:
            names.setdefault(f"{one.name}.jpg" if rng.random() < 0.5 else f"{one.number}.jpg", "")
    for name in rng.sample(NOBODY, rng.randint(0, 2)):
        names.setdefault(f"{name}.jpg", "")
    for name in rng.sample(["Thumbs.db", "说明.txt", "名单.xlsx", "x.rar"], rng.randint(0, 2)):
        names.setdefault(name, "")
    _pack(folder / "photos", names, delivery, rng)
    return delivery


def _placed(name: str, one: Student, rng: random.Random) -> str:
    ending = rng.choice((".jpg", ".JPG", ".jpeg", ".JPG.jpg", ".png"))
    folders = rng.choice(
        (
            "",
            "",
            "",
            f"{one.college}/",
            f"{one.college}/{one.group}/",
            f"{one.group}照片/",
            "新照片/",
        )
    )
    return f"{folders}{name}{ending}"


def _roster(folder: Path, people: list[Student], rng: random.Random) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    rows = [(s.number, s.candidate, s.name, s.college, s.major, s.group) for s in people]
    header = ("学号", "考生号", "姓名", "院系", "专业", "班级")
    if rng.random() < 0.5:
        encoding = rng.choice(("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"))
        path = folder / f"roster.{rng.choice(('csv', 'txt', 'xls'))}"
        with path.open("w", encoding=encoding, newline="") as out:
            csv.writer(out).writerows([header, *rows, *rows[: rng.randint(0, 1)]])
        return path
    book = openpyxl.Workbook()
    book.remove(book.active)
    for college in dict.fromkeys(s.college for s in people):
        sheet = book.create_sheet(college)
        sheet.append([f"{college}毕业生名单"])
        sheet.append(header)
        for row in rows:
            if row[3] == college:
                sheet.append(row)
    path = folder / f"roster.{rng.choice(('xlsx', 'et', 'xls'))}"
    book.save(path)
    return path


def _pack(root: Path, names: dict[str, str], delivery: Delivery, rng: random.Random) -> None:
    """Files in folders, in zips with GBK names, in zips in zips."""
    root.mkdir()
    delivery.sources.append(root)
    archives: dict[str, dict[str, str]] = defaultdict(dict)
    for name, owner in names.items():
        place = rng.choice(("", "", "一班.zip", "外层.zip/内层.zip"))
        archives[place][name] = owner
    for place, inside in archives.items():
        if not place:
            for name in inside:
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(name)
        else:
            first, _, second = place.partition("/")
            data = _zipped(inside, rng)
            (root / first).write_bytes(_zipped_bytes({second: data}) if second else data)
        for name, owner in inside.items():
            delivery.owners[f"{place}/{name}" if place else name] = owner
    delivery.files = len(names)


def _zipped(names: dict[str, str], rng: random.Random) -> bytes:
    """A zip as Chinese Windows writes it: GBK names without a flag, or UTF-8 names."""
    return _zipped_bytes({name: name.encode() for name in names}, gbk=rng.random() < 0.5)


class _Unmarked(zipfile.ZipInfo):
    """A member whose name is GBK, without the mark that says UTF-8."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - the library's name
        return self.filename.encode("gb18030"), self.flag_bits & ~0x800


def _zipped_bytes(content: dict[str, bytes], gbk: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in content.items():
            archive.writestr((_Unmarked if gbk else zipfile.ZipInfo)(name), data)
    return out.getvalue()
