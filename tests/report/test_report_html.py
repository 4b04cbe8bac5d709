"""`report.html`: offline, escaped, masked, streamed, in two languages."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_cases import (
    HOSTILE,
    ID_NUMBER,
    LIMITS,
    OTHER_ID,
    PASSPORT,
    flag,
    judged,
    run_of,
    students,
    subject,
)

from pipeline.core.reasons import ACCEPTED, OTHER, catalogue
from pipeline.core.types import Case, Comparison, Decision
from pipeline.core.words import Language, languages, word, words
from pipeline.report import html_report, plots, view, write_html

LANGUAGES = languages()


class Page(HTMLParser):
    """What a browser would make of the report: tags, data blocks, addresses."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.cases: list[dict[str, Any]] = []
        self.pictures: dict[str, dict[str, str]] = {}
        self.addresses: list[str] = []
        self.text = ""
        self._block: dict[str, str | None] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self._block = dict(attrs) if tag == "script" else {}
        self.addresses += [str(v) for k, v in attrs if k in ("src", "href", "srcset", "action")]

    def handle_data(self, data: str) -> None:
        if self._block.get("class") == "case":
            self.cases.append(json.loads(data))
        elif (name := self._block.get("id") or "").startswith("pictures-"):
            self.pictures[name] = json.loads(data)
        else:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        self._block = {}


@pytest.fixture(params=LANGUAGES)
def lang(request: pytest.FixtureRequest) -> Language:
    return request.param  # type: ignore[no-any-return]


def written(tmp_path: Path, cases: list[Case], lang: Language = "zh", **changes: Any) -> str:
    target = tmp_path / "report.html"
    write_html(replace(run_of(cases), **changes), iter(cases), target, lang)
    return target.read_text(encoding="utf-8")


def test_every_student_is_there_once_in_order(tmp_path: Path, lang: Language) -> None:
    page = Page(written(tmp_path, students(), lang))
    assert [c.get("id", "") for c in page.cases] == [c.subject.student_key for c in students()]
    assert page.pictures["pictures-0"].keys() == {"photo", "idcard", "admission"}


def test_no_script_but_the_reports_own_may_run(tmp_path: Path, lang: Language) -> None:
    text = written(tmp_path, students(), lang)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert policy
    assert f"script-src 'sha256-{digest}';" in policy[1]


def test_hostile_names_stay_text(tmp_path: Path, lang: Language) -> None:
    text = written(tmp_path, students(), lang)
    page = Page(text)
    assert HOSTILE not in text
    assert page.tags["img"] == 0  # pictures are made by the script
    assert page.tags["script"] == 2 + len(page.cases) + len(page.pictures)
    assert page.cases[8]["name"] == HOSTILE
    assert HOSTILE in page.text  # the remark, as text


def test_nothing_is_fetched(tmp_path: Path, lang: Language) -> None:
    text = written(tmp_path, students(), lang)
    assert not re.search(r"https?:", text)
    assert not re.search(r"@import|url\(", text)
    assert all(address.startswith("#") for address in Page(text).addresses)
    assert "default-src 'none'; img-src data:;" in text


def test_links_and_decisions_need_a_desk_and_an_identity(tmp_path: Path) -> None:
    def config(**changes: Any) -> dict[str, str]:
        text = written(tmp_path, students(), **changes)
        found = re.search(r'id="config">(.*?)</script>', text)
        assert found
        told = json.loads(found[1])
        return {key: told[key] for key in ("run", "desk")}

    assert config() == {"run": "", "desk": ""}
    policy = {"review": {"desk": "https://desk.example:8765/"}}
    told = config(policy=policy, identity="00ff")
    assert told == {"run": "00ff", "desk": "https://desk.example:8765"}


def test_a_card_tells_photos_apart() -> None:
    first, second = (view.card(case, "zh")["seen"] for case in students()[:2])
    assert first != second
    assert re.fullmatch("[0-9a-f]{16}", first)
    assert "seen" not in view.card(Case(subject(1), "", judged()), "zh")


def test_no_full_id_number_appears(tmp_path: Path, lang: Language) -> None:
    text = written(tmp_path, students(), lang).upper()
    assert not any(number in text for number in (ID_NUMBER, OTHER_ID, PASSPORT))
    assert "110*************2X李娜.JPG" in text


def test_the_summary_says_the_runs_counts(tmp_path: Path) -> None:
    text = Page(written(tmp_path, students())).text
    for said in (
        "照片不是我本人",
        "不像本人",
        "异常",
        "待核",
        "通过",
        "取自策略文件",
        "7 分 12 秒",
    ):
        assert said in text


def test_reasons_and_advice_are_apart(tmp_path: Path) -> None:
    case = Page(written(tmp_path, students())).cases[2]
    assert [code for code, *_ in case["reasons"]][:2] == ["NOT_ME", "NOT_ME"]
    assert [code for code, *_ in case["advice"]] == ["ROLL"]
    _, sentence, small = case["reasons"][0]
    assert "录取照片" in sentence
    assert small == "测得 15 · 要求 ≥ 60 · 依据 陌生人很少达到的那条线（见最后的统计）"


@pytest.mark.parametrize("code", catalogue())
def test_every_reason_is_a_whole_sentence_with_a_short_name(code: str, lang: Language) -> None:
    case = Case(subject(1), "", judged(flag(code, 12.5, "10-12", "px")))
    _, sentence, small = (view.card(case, lang).get("reasons") or view.card(case, lang)["advice"])[
        0
    ]
    assert not set("{}") & set(sentence + small)
    assert word("reason", code, lang) != code


def test_decisions_and_categories_have_words() -> None:
    assert set(words("decision", "zh")) == {d.value for d in Decision}
    registry = {r.registry for r in catalogue().values() if r.registry}
    assert set(words("category", "zh")) == registry | {ACCEPTED, OTHER}


def test_words_and_uses_match() -> None:
    """The script's words exist, and no word is left over."""
    folder = files("pipeline.report")
    scripts = [folder.joinpath("templates", n) for n in ("decide.js", "views.js", "report.js")]
    script = "".join(path.read_text("utf-8") for path in scripts)
    pages = [folder.joinpath("templates", f"{n}.html.jinja") for n in ("report", "colleges")]
    page = "".join(path.read_text("utf-8") for path in pages)
    in_script = set(re.findall(r"\bt\.(\w+)", script))
    in_page = set(re.findall(r"\bt\.(\w+)|\bt\['(\w+)'\]", page))
    modules = ("html_report.py", "plots.py", "score.py", "view.py", "xlsx_report.py")
    code = "".join(folder.joinpath(name).read_text("utf-8") for name in modules)
    used = in_script | {name for pair in in_page for name in pair if name}
    assert used <= set(words("report", "zh"))
    assert [key for key in words("report", "zh") if key not in used and not quoted(key, code)] == []


def quoted(key: str, code: str) -> bool:
    return re.search(rf"""["']{key}["']""", code) is not None


def test_cases_are_consumed_once_and_not_kept(tmp_path: Path) -> None:
    """The page is being written while the students are still arriving."""
    cases, target = students() * 60, tmp_path / "report.html"
    early: list[int] = []

    def arriving() -> Iterator[Case]:
        for case in cases:
            early.append(sum(p.stat().st_size for p in tmp_path.iterdir()))
            yield case

    write_html(run_of(cases), arriving(), target)
    assert len(early) == len(cases)
    assert early[-1] > 0.9 * target.stat().st_size


def test_a_large_batch_leaves_out_the_pictures_of_the_accepted(tmp_path: Path) -> None:
    text = written(tmp_path, students(), students=1000)
    page = Page(text)
    kept = {int(name.removeprefix("pictures-")) for name in page.pictures}
    decided = [c.assessment.decision for c in students()]
    assert kept == {
        n for n, c in enumerate(students()) if c.pictures and decided[n] is not Decision.ACCEPT
    }
    assert "不含“通过”学生的照片" in page.text


def test_an_empty_run_is_a_page(tmp_path: Path, lang: Language) -> None:
    page = Page(written(tmp_path, [], lang, stages={}, remarks=()))
    assert page.cases == []
    assert word("report", "no_scores", lang) in page.text


def test_a_file_name_that_is_not_utf8_survives(tmp_path: Path) -> None:
    page = Page(written(tmp_path, [Case(subject(1), "\udcff.jpg", judged())]))
    assert page.cases[0]["photo"] == "\udcff.jpg"


@given(st.text(), st.text())
def test_no_text_leaves_its_data_block(name: str, photo: str) -> None:
    block = str(html_report._json({"name": name, "photo": photo}))
    assert not set("<>&\u2028\u2029") & set(block)
    assert json.loads(block) == {"name": name, "photo": photo}


def test_a_reference_never_compared_is_shown_all_the_same() -> None:
    missing = students()[7]
    assert view.card(missing, "zh")["scores"] == [["idcard", "身份证照片", None, ""]]


def test_the_overlay_of_a_reference_handed_in_again_is_shown_by_itself() -> None:
    pictures = {"photo": b"", "idcard": b"", "overlay": b""}
    case = Case(subject(1), "", judged(), comparisons=(), pictures=pictures)
    told = view.card(case, "en")
    assert told["overlay"] == "both by turns, in squares"
    assert [kind for kind, *_ in told["scores"]] == ["idcard"]


def test_student_numbers_in_sentences_stay_readable() -> None:
    case = Case(subject(1), "", judged(flag("DUPLICATE_PHOTO", "202111010500990001")))
    assert "202111010500990001" in view.card(case, "zh")["reasons"][0][1]


def test_the_chart_marks_both_lines_and_counts_completed_comparisons() -> None:
    tally = plots.ScoreTally({"idcard": LIMITS})
    tally.add([Comparison("idcard", s, "m") for s in (-0.31, 0.1, 0.35, 0.7, 1.0, None)])
    chart = plots.score_chart("idcard", tally.bars["idcard"], {"idcard": LIMITS}, (), "zh")
    assert tally.bars["idcard"].total() == 5
    assert [chart.count(f'class="{d}"') for d in ("FLAG", "REVIEW", "ACCEPT")] == [2, 1, 2]
    assert "异常 &lt; 40" in chart
    assert "通过 ≥ 60" in chart
    assert re.findall(r">(\d+)</text>", chart)[:6] == ["0", "20", "40", "60", "80", "100"]
    lefts = [float(x) for x in re.findall(r'<rect x="([\d.-]+)"', chart)]
    assert lefts == sorted(lefts)
    assert lefts[0] >= plots.LEFT
    assert lefts[-1] < plots.WIDTH - plots.RIGHT


@pytest.mark.parametrize(("score", "zone"), [(0.2999, "FLAG"), (0.30, "REVIEW"), (0.42, "ACCEPT")])
def test_a_bar_has_the_colour_of_the_decision(score: float, zone: str) -> None:
    tally = plots.ScoreTally({"idcard": LIMITS})
    tally.add([Comparison("idcard", score, "m")])
    chart = plots.score_chart("idcard", tally.bars["idcard"], {"idcard": LIMITS}, (), "zh")
    assert f'class="{zone}"' in chart


def test_strangers_are_drawn_behind_the_students() -> None:
    strangers = [0] * 100
    # Scores of -0.50, 0.10 to 0.12 and 0.30 to 0.32; a bar is 0.015 wide, from 0.30 on 0.012.
    strangers[25], strangers[55], strangers[65] = 99, 15, 6
    chart = plots.score_chart("idcard", Counter({40: 3}), {"idcard": LIMITS}, strangers, "zh")
    heights = [float(h) for h in re.findall(r'height="([\d.]+)" class="strangers"', chart)]
    assert heights[0] == max(heights) == heights[2]  # the strangers at 0 are cut to the highest
    assert sum(heights[1:3]) == pytest.approx(2.5 * sum(heights[3:]), rel=0.05)
    assert chart.index('class="strangers"') < chart.index('class="ACCEPT"')
    assert "不同学生" in chart


def test_a_kind_without_thresholds_is_drawn_plain() -> None:
    chart = plots.score_chart("household", Counter({10: 2}), {"idcard": LIMITS}, (), "en")
    assert 'class="limit' not in chart
    assert "household register photo" in chart
