"""The office's half of the docs: every reason and command has its place, and links lead on."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from places import ROOT

from pipeline.cli.late import COMMANDS, loaded
from pipeline.core.catalogue import table
from pipeline.core.reasons import catalogue

FOLDER = ROOT / "docs" / "zh"
PAGES = sorted(FOLDER.glob("*.md"))


def text(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


def test_every_reason_is_told_once_with_its_name() -> None:
    rows = re.findall(r"^\| (.+?) \| `([A-Z_]+)` \| (.+) \|$", text("reasons.md"), re.MULTILINE)
    told = {code: name for name, code, _ in rows}
    assert Counter(code for _, code, _ in rows) == Counter(list(catalogue()))
    assert told == {code: table("reason", "zh")[code] for code in catalogue()}
    assert all("{" not in sentence for *_, sentence in rows)


def test_every_command_is_told_with_what_it_does() -> None:
    rows = dict(re.findall(r"^\| `photoproof ([a-z ]+)` \| (.+) \|$", text("commands.md"), re.M))
    known = {k: v.splitlines()[0] for k, v in table("command", "zh").items() if k != "photoproof"}
    assert rows == known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_links_and_options_are_there(page: object) -> None:
    assert isinstance(page, type(FOLDER))
    words = page.read_text("utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#\s]+)", words):
        assert (page.parent / target).exists(), target
    commands = set(table("command", "zh"))
    for said in re.findall(r"photoproof ((?:[a-z]+ ?)+)", words):
        first = said.split()[0]
        assert first in commands or first == "env", said
    for option in re.findall(r"--[a-z][a-z-]*", words):
        assert option in options(), option


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_command_lines_can_be_typed_as_they_stand(page: Path) -> None:
    words = page.read_text("utf-8")
    lines = re.findall(r"(?:^|`)(photoproof [^`\n]+)(?:$|`)", words, re.MULTILINE)
    for said in lines:
        name, *rest = shlex.split(said.partition(" #")[0])[1:]
        command = loaded(name)
        while rest and rest[0] in getattr(command, "commands", {}):
            command = command.commands[rest.pop(0)]
        if rest:
            context = command.context_class(command, info_name=name)
            *_, left, _ = command.make_parser(context).parse_args(rest)
            assert left == [], said


@cache
def options() -> set[str]:
    """Of all commands."""
    found, pending = {"--help"}, [loaded(name) for name in COMMANDS]
    while pending:
        command = pending.pop()
        found.update(option for param in command.params for option in param.opts)
        pending += getattr(command, "commands", {}).values()
    return found
