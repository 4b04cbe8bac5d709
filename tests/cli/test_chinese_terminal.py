"""What every command says to a Chinese office has no English sentence in it."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from desk_deliveries import deliver, night
from desk_runs import make_run, photos
from english import english
from fakes import fake
from rich.console import Console
from rich.progress import Task
from site_cases import deliver as deliver_texts
from site_cases import site_file
from typer.testing import CliRunner, Result

from pipeline.assurance.drift import diff
from pipeline.assurance.drift.told import causes_told, changes_told, delta_told
from pipeline.cli import app, console
from pipeline.cli.speech import speak, tell, tongue
from pipeline.cli.stopping import Count, Stopped, telling
from pipeline.core.catalogue import table
from pipeline.core.errors import PhotoproofError
from pipeline.core.policy import load_policy, load_profile
from pipeline.core.words import remark_text, value_word
from pipeline.night import nightly
from pipeline.night.executors.here import Here
from pipeline.night.manifest import verify
from pipeline.night.nightly import redecide
from pipeline.site import nights
from pipeline.site.config import load_site
from pipeline.site.faults import examine

# Names of people's own things: files, folders, accounts of this machine.
_OWN = re.compile(r"/\S+|photoproof\[\w+\]|cli:\w+")


@pytest.fixture(autouse=True)
def _chinese() -> Iterator[None]:
    before = tongue()
    speak("zh")
    yield
    speak(before)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two nights of one cohort: another photo, one gone, a photo turned, another policy."""
    base = tmp_path_factory.mktemp("runs")
    texts = photos(14)
    before = make_run(base / "a", texts)
    texts |= {3: "face=3 score=0.8", 5: "face=5 turn=180", 8: "face=8 size=600×800"}
    del texts[13]
    after = make_run(base / "b", texts)
    policy = load_policy(None, {"severity": {"SIZE_PX": "review"}})
    for run in (before, after):
        redecide(run, policy, load_profile(policy.profile), "zh")
    return before, after


def called(*arguments: object) -> Result:
    given = ["--lang", "zh", *map(str, arguments)]
    done = CliRunner().invoke(app, given, env={"COLUMNS": "400", "LANG": "zh_CN.UTF-8"})
    speak("zh")
    return done


def said(*arguments: object) -> str:
    """All that a command says, its error and advice included."""
    done = called(*arguments)
    told = done.output
    if isinstance(done.exception, PhotoproofError):
        told += f"\n{tell(done.exception.message)}\n{tell(done.exception.hint)}"
    elif done.exception is not None:
        assert isinstance(done.exception, SystemExit), (arguments, done.exception)
    assert re.search("[\u4e00-\u9fff]", told) or not english(told)
    return _OWN.sub("", told)


def test_commands_about_runs(runs: tuple[Path, Path], tmp_path: Path) -> None:
    before, after = runs
    table_of_bz = tmp_path / "bz.csv"
    table_of_bz.write_text("学号,bz\n2021000001,身份核验不确定\n999,身份核验未通过\n", "utf-8")
    given = (
        ("diff", before, after, "--why"),
        ("decide", after, "--lang", "zh"),
        ("manifest", "verify", after.parent / "photos", "--files", after),
        ("export", "csv", after, "--out", tmp_path / "csv"),
        ("users", "add", "an", "--run", after),
        ("users", "list", "--run", after),
        ("audit", "verify", after),
        ("audit", "verify", after, "--head", "0" * 64),
        ("audit", "verify", tmp_path),
        ("privacy", after, "--lang", "zh"),
        ("profiles", "list"),
        ("profiles", "show", "chsi-graduation"),
        ("models", "list"),
        ("doctor", "--lang", "zh"),
        ("key", "status", after),
        ("reshoot", after, "--out", tmp_path / "papers"),
        ("dossier", "--doubted", after, "--out", tmp_path / "papers"),
        ("purge", after, "--dry-run"),
        ("backup", tmp_path / "b.zip"),
        ("restore", tmp_path / "nothing.zip"),
        ("check", tmp_path / "nothing.jpg"),
        ("propose", tmp_path / "nothing.jpg", "--out", tmp_path / "turned"),
        ("run", "--roster", tmp_path / "r.csv", "--photos", tmp_path, "--out", tmp_path / "o"),
        ("version",),
    )
    imported = said("import", "bz", table_of_bz, after)
    assert not re.search(r"recorded|unknown|\brows\b|–\s+–\s+–\s+ok", imported), imported
    found = {" ".join(map(str, one))[:40]: english(said(*one)) for one in given}
    assert {command: what for command, what in found.items() if what} == {}


_TERMINAL = re.compile(r"\x1b\[[?\d;]*[A-Za-z]")  # what moves the cursor and colours


@pytest.fixture
def drawn_cohort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A site whose cohort the fake engine looks at; one photo breaks it."""
    monkeypatch.setattr(nightly, "run_night", partial(nightly.run_night, factory=fake()))
    monkeypatch.setattr(nights, "executor_of", lambda *_: Here())
    deliver_texts(tmp_path / "in", {f"S{n:02}": "turn=90" for n in range(12)} | {"S13": "crash"})
    yield site_file(tmp_path, "[nightly]\nsettle_minutes = 0\nworkers = 1\n")
    log = logging.getLogger("photoproof")
    for handler in log.handlers[:]:
        log.removeHandler(handler)
        handler.close()


@pytest.mark.parametrize("at_terminal", [False, True])
def test_a_nights_progress(
    drawn_cohort: Path, monkeypatch: pytest.MonkeyPatch, at_terminal: bool
) -> None:
    if at_terminal:
        shown = Console(stderr=True, force_terminal=True, force_interactive=True, width=200)
        monkeypatch.setattr(console, "err_console", shown)
    own = drawn_cohort.parent
    sources = "--roster", own / "in/roster.csv", "--photos", own / "in/photos"
    run = called("run", *sources, "--out", own / "out", "--workers", 1)
    assert english(_OWN.sub("", run.stdout)) == []
    lines = _TERMINAL.sub("", run.stderr)
    assert ("检查照片" if at_terminal else "已检查 13 / 13") in lines
    assert re.findall(r"[A-Za-z]+", lines) == []
    site = called("nightly", "--site", drawn_cohort)
    assert "待核 1" in site.stdout and english(site.output) == []
    events = [json.loads(line)["event"] for line in site.stderr.splitlines()]
    assert events == ["night_begun", "cohort_ended", "night_ended"]  # for programs alone


def test_the_rate_of_a_night_is_told_in_words() -> None:
    speed = SimpleNamespace(speed=8.61)
    assert console.RateColumn().render(cast("Task", speed)).plain == "每秒 8.6 张"


def test_a_stopped_night() -> None:
    count = Count()
    count(3, 60)
    with pytest.raises(Stopped) as stopped, telling(count, "out"):
        raise Stopped(2)
    assert english(tell(stopped.value.message)) == [] and "60" in tell(stopped.value.message)


def test_commands_about_a_delivery(tmp_path: Path) -> None:
    sources = deliver(tmp_path, 20)
    made = night(tmp_path, sources)
    policy = load_policy()
    redecide(made, policy, load_profile(policy.profile), "zh")
    loose = sources.photos[0] / "散照"
    (loose / "new.jpg").write_bytes(b"x")
    for name in ("2021000001.jpg", "2021000009.jpg"):
        (loose / name).write_bytes((sources.photos[0] / "2021000009.jpg").read_bytes())
    faults = verify(loose, made).faults
    assert {fault.key.partition(".")[2] for _, fault in faults} >= {
        *("twice", "unmatched", "unchecked", "missing")
    }
    told = said("manifest", "verify", loose, "--files", made)
    told += said(
        *("intake", "--roster", tmp_path / "roster.csv", "--photos", sources.photos[0]),
        *("--references", f"idcard={tmp_path / 'cards'}", "--out", made),
    )
    assert english(told) == []
    assert not re.search(r"student_no|birth_date|set_aside|\bphoto\b", told), told


def test_commands_about_a_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "PHOTOPROOF_SITE", "")
    extra = """
[messages]
webhook = "https://hooks.example.edu.cn/x"
ping = "https://ping.example.edu.cn/x"
[messages.mail]
to = ["office@example.edu.cn"]
sender = "photos@example.edu.cn"
host = "mail.example.edu.cn"
user = "photos"
[audit]
mail = ["audit@example.edu.cn"]
webhook = "https://audit.example.edu.cn/x"
head_file = "nowhere/heads"
[nightly]
engine = "ray"
address = "10.1.2.3:6379"
"""
    site = site_file(tmp_path, extra=extra)
    remarks = list(examine(load_site(site)))
    assert any(one.key.startswith("audit") for one in remarks)
    assert [english(tell(one.text)) for one in remarks if english(tell(one.text))] == []
    for command in (("check",), ("check", "--site", site)):
        assert english(said("site", *command)) == [], command
    assert english(said("nightly", "--site", site, "--dry-run")) == []


def test_what_changed_between_runs_is_told_in_words(runs: tuple[Path, Path]) -> None:
    found = diff(*runs)
    assert found.changes
    told = [
        text
        for change in found.changes
        for text in (changes_told(change, "zh"), causes_told(change, "zh"))
    ]
    told += [delta_told(d, "zh") for deltas in found.run.values() for d in deltas]
    text = "\n".join(told)
    assert english(text) == []
    for word in ("结论：通过 → 异常", "照片换过", "原因：", "原始相似度 身份证照片"):
        assert word in text, text


def test_decoders_words_that_nobody_knows_stay_in_the_log() -> None:
    unknown = "the decoder failed: broken chunk in a profile that nobody has seen"
    assert value_word(unknown, "zh") == "图片数据有错，无法解码"
    assert "nobody has seen" in value_word(unknown, "en")
    assert "不完整" in value_word("image file is truncated (7 bytes not processed)", "zh")


def test_no_sentence_of_the_chinese_catalogue_is_english() -> None:
    for name in ("proposal", "delivery_fault", "extension_fault", "owner", "cause", "delta"):
        for sentence in table(name, "zh").values():
            assert re.search("[\u4e00-\u9fff]", sentence), sentence
    assert english(remark_text("nothing", "zh")) == []
