"""Further ways of naming files than `deliveries` draws, gathered later: kept for acceptance."""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from deliveries import Delivery, Student, full_width, students
from pypinyin import lazy_pinyin

Way = Callable[[Student, random.Random], str]
SHORT = {
    "会计学": "会计",
    "市场营销": "市营",
    "软件工程": "软工",
    "计算机科学与技术": "计科",
    "汉语言文学": "汉语言",
    "土木工程": "土木",
}


def _class(s: Student) -> int:
    return int(s.group[-3:-1])


def _phone(r: random.Random) -> str:
    return f"13{r.randint(10**8, 10**9 - 1)}"


def _pinyin(s: Student) -> list[str]:
    return lazy_pinyin(s.name)


WITH_NUMBER: list[Way] = [
    lambda s, r: f"2022级{SHORT[s.major]}{_class(s)}班+{s.number}+{s.name}",
    lambda s, r: f"{s.number}.{s.name}.{_phone(r)}",
    lambda s, r: f"学号：{s.number} 姓名：{s.name}",
    lambda s, r: f"{s.number}_480x640",
    lambda s, r: f"{s.number}-压缩后",
    lambda s, r: s.number + "".join(_pinyin(s)),
    lambda s, r: "_".join(part.upper() for part in _pinyin(s)) + f"_{s.number}",
    lambda s, r: f"Copy of {s.number}",
    lambda s, r: f"{s.number} copy 2",
    lambda s, r: f"{s.number}#{s.name}",
    lambda s, r: f"{full_width(s.number)}＿{s.name}",
    lambda s, r: f"{s.number}——{s.name}",
    lambda s, r: f"{s.number}·{s.name}",
    lambda s, r: f"最终版{s.number}最终版",
    lambda s, r: f"扫描件{s.number}",
    lambda s, r: f"  {s.number}   {s.name}  ",
    lambda s, r: f"20220612_{s.number}_{s.name}",
    lambda s, r: f"xh{s.number}",
    lambda s, r: f"No.{s.number}",
    lambda s, r: f"{s.number}/1",
    lambda s, r: f"{s.number}-{s.name}/IMG_0001",
]
WITH_NAME: list[Way] = [
    lambda s, r: f"{s.name}{_phone(r)}",
    lambda s, r: f"{s.name}-{_phone(r)}-{s.group}",
    lambda s, r: f"【{s.group}】{s.name}",
    lambda s, r: f"{s.name}的证件照 修改版2",
    lambda s, r: f"{s.name}蓝底1寸",
    lambda s, r: f"{s.name}_480x640",
    lambda s, r: f"{SHORT[s.major]}{_class(s)}班{s.name}",
    lambda s, r: f"{SHORT[s.major]}22{_class(s):02}-{s.name}",
    lambda s, r: f"{SHORT[s.major]}{'一二三'[_class(s) - 1]}班{s.name}",
    lambda s, r: f"IMG_20220612_103011_{s.name}",
    lambda s, r: f"mmexport1655000000000 {s.name}",
    lambda s, r: " ".join(part.title() for part in _pinyin(s)),
    lambda s, r: f"{r.randint(1, 60):02d}、{s.name}",
    lambda s, r: f"第{r.randint(1, 9)}排{s.name}",
    lambda s, r: f"第{'一二三'[r.randrange(3)]}批{s.name}",
    lambda s, r: f"{s.name}(1)(2)",
    lambda s, r: f"复件 {s.name}",
    lambda s, r: f"{s.name}微信图片_20220612103011",
    lambda s, r: f"{s.number[-2:]}号{s.name}",
    lambda s, r: f"{s.name}_{''.join(_pinyin(s))}@qq.com",
    lambda s, r: f"图像采集-{s.name}",
    lambda s, r: f"补交 {s.name}",
    lambda s, r: f"{s.name}重拍",
    lambda s, r: f"2022届{s.major}{s.name}",
    lambda s, r: f"{s.group}班长{s.name}",
    lambda s, r: f"{s.name}_美图秀秀",
    lambda s, r: f"photo of {s.name}",
    lambda s, r: f"{s.name}/微信图片_20220612103011",
]


def draw_further(folder: Path, seed: int, count: int = 120) -> Delivery:
    """A roster and one file a student, named so that a person would understand it."""
    rng = random.Random(seed)
    people = students(rng, count)
    known = Counter(one.name for one in people)
    pinyin = Counter("".join(_pinyin(one)) for one in people)
    rows = [(s.number, s.candidate, s.name, s.college, s.major, s.group) for s in people]
    with (folder / "roster.csv").open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([("学号", "考生号", "姓名", "院系", "专业", "班级"), *rows])
    delivery = Delivery(folder / "roster.csv", [folder / "photos"], files=count)
    for one in people:
        alike = [
            name for name in known if name != one.name and (name in one.name or one.name in name)
        ]
        plain = known[one.name] == 1 == pinyin["".join(_pinyin(one))] and not alike
        name = f"{rng.choice(WITH_NUMBER + WITH_NAME if plain else WITH_NUMBER)(one, rng)}.jpg"
        path = folder / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        delivery.owners[name] = one.number
    return delivery
