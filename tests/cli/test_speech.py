"""The terminal speaks the language of `--lang`, else of the site's file, else of the locale."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from places import ROOT

from pipeline.cli.late import COMMANDS, loaded
from pipeline.cli.speech import language_of, speak, tongue
from pipeline.core.catalogue import table
from pipeline.core.words import languages

CHINESE = re.compile(r"[\u4e00-\u9fff]")
CHINESE_LOCALE = "zh_CN.UTF-8"


def environment(locale: str) -> dict[str, str]:
    """A terminal's, in a language."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG"))}
    return {**own, "LANG": locale, "COLUMNS": "200", "PYTHONIOENCODING": "utf-8"}


def said(*arguments: str, code: int, locale: str = CHINESE_LOCALE, cwd: Path = ROOT) -> str:
    """What a command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments],
        capture_output=True,
        env=environment(locale),
        cwd=cwd,
        timeout=120,
    )
    assert done.returncode == code, done.stderr.decode()
    return (done.stdout + done.stderr).decode()


# --- which language


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        (["run", "--lang", "en"], {"LANG": "zh_CN.UTF-8"}, "en"),
        (["run", "--lang=zh"], {"LANG": "en_US.UTF-8"}, "zh"),
        (["run"], {"LANG": "zh_CN.UTF-8"}, "zh"),
        (["run"], {"LC_ALL": "en_US", "LANG": "zh_CN"}, "en"),
        (["run"], {"LC_ALL": "", "LANG": "zh"}, "zh"),
        (["run"], {"LANG": "C.UTF-8"}, "en"),
        (["run"], {}, "en"),
        (["run", "--lang", "tlh"], {"LANG": "zh_CN"}, "zh"),
        (["run", "--", "--lang", "zh"], {}, "en"),
        (["run", "--lang"], {}, "en"),
    ],
)
def test_the_option_comes_first_then_the_locale(
    arguments: list[str],
    environment: dict[str, str],
    expected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert language_of(arguments, environment) == expected


def test_the_sites_file_comes_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    site = tmp_path / "photoproof.toml"
    site.write_text('lang = "en"\n')
    (tmp_path / "inner").mkdir()
    chinese = {"LANG": "zh_CN"}
    assert language_of(["nightly"], chinese) == "en"
    assert language_of(["nightly", "--lang", "zh"], chinese) == "zh"
    site.write_text("")
    assert language_of(["nightly"], {"LANG": "en_US"}) == "zh", "a site's own default"
    site.write_text("lang = [")
    assert language_of(["nightly"], {"LANG": "en_US"}) == "en", "a faulty file says nothing here"
    monkeypatch.chdir("/")
    site.write_text('lang = "en"\n')
    assert language_of(["nightly", "--site", str(tmp_path)], chinese) == "en"
    assert language_of(["nightly"], {**chinese, "PHOTOPROOF_SITE": str(site)}) == "en"


# --- help


@pytest.fixture
def chinese() -> Iterator[None]:
    before = tongue()
    speak("zh")
    yield
    speak(before)


def every(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from every(inner, f"{path} {name}")


def test_help_of_every_command_and_option_is_in_the_catalogue_and_nothing_else_is() -> None:
    paths, options = {"photoproof"}, set()
    for name in COMMANDS:
        for path, command in every(loaded(name), name):
            paths.add(path)
            assert command.help
            for param in command.params:
                assert param.help, f"{path}: {param.name}"
                own = f"{path} {param.name}"
                options.add(own if own in table("option", "en") else param.name)
    assert paths == set(table("command", "en"))
    assert options | {"lang"} == set(table("option", "en"))


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_chinese_throughout(name: str) -> None:
    for path, command in every(loaded(name), name):
        assert CHINESE.search(command.help), path
        for param in command.params:
            text = param.help
            assert CHINESE.search(text) or not re.search(r"[a-z]{3,} [a-z]{2,}", text), text


def test_pages_of_help_have_no_english_but_names() -> None:
    for page in (said("--help", code=0), said("run", "--help", code=0), said("users", code=2)):
        assert CHINESE.search(page)
        assert not re.search(r"Usage|Options|Commands|default|required|Show this", page)
        assert "…" not in page, "no line of help is cut"


# --- errors


REFUSED = [
    (["--no-such"], "没有选项 --no-such"),
    (["purg"], "没有命令 'purg'，是不是 'purge'？"),
    (["diff"], "缺少参数 'RUN_A'"),
    (["run"], "缺少选项 '--roster'"),
    (["decide", "a", "b"], "多出了参数（b）"),
    (["run", "--out"], "选项 '--out' 需要一个值"),
    (["run", "--workers", "x"], "'--workers' 的值不对：应是整数"),
    (["doctor", "--lang", "tlh"], "'--lang' 的值不对：“tlh”；可用：zh、en"),
    (["users", "add", "an", "--run", ".", "--role", "god"], "不在可选范围"),
]
ONE_AFTER_ANOTHER = """
import json, sys
from pipeline.cli import main
for words in json.loads(sys.argv[1]):
    sys.argv = ["photoproof", *words]
    try:
        main()
    except SystemExit as end:
        print(f"\x1e{end.code}\x1e", flush=True)
"""


@pytest.fixture(scope="module")
def refusals() -> dict[str, tuple[str, str]]:
    """What each of REFUSED prints, and its exit code; one process says it all."""
    all_words = [arguments for arguments, _ in REFUSED]
    done = subprocess.run(
        [sys.executable, "-c", ONE_AFTER_ANOTHER, json.dumps(all_words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment(CHINESE_LOCALE),
        timeout=120,
    )
    parts = done.stdout.decode().split("\x1e")
    told = zip(parts[::2], parts[1::2], strict=False)  # a line's end after the last
    return {" ".join(words): one for words, one in zip(all_words, told, strict=True)}


@pytest.mark.parametrize(("arguments", "words"), REFUSED)
def test_what_typer_refuses_is_said_in_chinese(
    refusals: dict[str, tuple[str, str]], arguments: list[str], words: str
) -> None:
    told, code = refusals[" ".join(arguments)]
    assert code == "2"
    assert words in told
    assert not re.search(r"Usage|Error|Missing|Invalid|Try|No such|Did you", told)


def test_an_error_and_its_advice_are_said_in_the_terminals_language(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere")
    assert "里面没有检查结果\n请给出以前某次检查的" in said("decide", nowhere, code=16)
    assert "holds no run\nName the --out" in said("decide", nowhere, code=16, locale="C")
    told = said("--lang", "zh", "decide", nowhere, code=16, locale="C")
    assert "里面没有检查结果" in told


def test_a_terminal_that_lacks_a_character_loses_no_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "decide", str(tmp_path / "\U0001f600")],
        capture_output=True,
        env={**os.environ, "LC_ALL": "zh_CN.GBK", "PYTHONIOENCODING": "gbk", "COLUMNS": "200"},
        cwd=ROOT,
        timeout=120,
    )
    assert done.returncode == 16
    assert "里面没有检查结果" in done.stderr.decode("gbk")


def test_every_language_is_one_that_can_be_spoken() -> None:
    before = tongue()
    for lang in languages():
        speak(lang)
        assert tongue() == lang
    speak(before)


PRINTING = {"print", "echo", "confirm", "prompt", "BadParameter", "Table", "Check", "Remark"}
MARKUP = re.compile(r"\[/?[a-z ]*\]|https?:\S+|photoproof:")


def texts(call: ast.Call) -> Iterator[str]:
    """Literal words of a call's own arguments; what another call says is that call's."""
    for argument in call.args:
        parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
        for part in parts:
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield MARKUP.sub("", part.value)


@pytest.mark.parametrize("path", sorted((ROOT / "pipeline" / "cli").glob("*.py")), ids=str)
def test_no_sentence_is_printed_that_is_not_in_the_catalogue(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in PRINTING:
                said_here = [text for text in texts(node) if re.search("[A-Za-z]{3}", text)]
                assert said_here == [], f"{path.name}:{node.lineno}"
