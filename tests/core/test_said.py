"""Sentences with key and values: English as text, any language at the way out, known again."""

from __future__ import annotations

import ast
import copy
import pickle
import string
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from places import ROOT

from pipeline.core import errors
from pipeline.core.catalogue import sentence, table
from pipeline.core.errors import PhotoproofError, StoreError
from pipeline.core.said import (
    _DIGITS,
    Said,
    Sentences,
    cause,
    changed,
    counted,
    recognised,
    said,
    worded,
)
from pipeline.core.words import remark_text, value_word

ERRORS = {
    name
    for name, one in vars(errors).items()
    if isinstance(one, type) and issubclass(one, PhotoproofError)
}
PROGRAM = sorted(p for top in ("pipeline", "models") for p in (ROOT / top).rglob("*.py"))


def test_a_sentence_is_english_text_and_worded_at_the_way_out() -> None:
    told = said("note.no_pictures", place="a.zip")
    assert told == "No pictures in a.zip."
    assert worded(told, "zh") == "a.zip 中没有图片。"
    assert worded("somebody else's", "zh") == "somebody else's"
    with pytest.raises(KeyError):
        said("note.of_nobody")


def test_values_are_worded_too_and_lists_are_joined_as_the_language_does() -> None:
    told = said("note.rows_clash", students=counted(2, "student"), keys=("a", "b"))
    assert "2 students with rows that contradict each other (a, b)" in told
    assert worded(told, "zh").startswith("2 名学生在名册中的几行互相矛盾（a、b）")
    clauses = said("style.as_is", text=Sentences((said("doubt.no_photo"), "x")))
    assert (clauses, worded(clauses, "zh")) == ("no photo was found; x", "没有找到任何照片；x")


T = TypeVar("T")


def reloaded(one: T) -> T:
    """As a worker process sends it."""
    again: T = pickle.loads(pickle.dumps(one))  # noqa: S301 - our own bytes
    return again


def test_a_sentence_survives_workers_and_copies() -> None:
    told = said("note.no_pictures", place="a.zip")
    for other in (reloaded(told), copy.deepcopy(told)):
        assert (other, worded(other, "zh")) == (told, worded(told, "zh"))
    error = reloaded(StoreError("no_run", run=Path("out")))
    assert worded(error.message, "zh") == "out：里面没有检查结果"
    assert worded(error.hint, "zh").startswith("请给出")


def test_texts_in_a_sentence_are_masked_without_losing_it() -> None:
    told = said("note.rows_clash", students=counted(1, "student"), keys=("secret",))
    masked = changed(told, lambda text: text.replace("secret", "***"))
    assert "secret" not in masked
    assert "***" in worded(masked, "zh")


def test_an_error_has_sentence_and_advice_by_its_key() -> None:
    error = StoreError("out_locked", out="out", by="pid 7")
    assert str(error) == error.message == "out: another run is working in this folder (pid 7)"
    assert error.hint == "Wait for it to end, or choose another --out folder."
    assert worded(error.hint, "zh") == "请等它结束，或换一个 --out 文件夹。"
    assert StoreError("of a package outside").message == "of a package outside"


def test_the_systems_own_words_are_known() -> None:
    assert worded(cause(OSError(13, "Permission denied", "/x")), "zh") == "没有权限"
    assert worded(cause(ValueError("it has more than 5 cells")), "zh") == "单元格超过 5 个"
    assert cause(ValueError("whatever")) == "whatever"


def test_what_a_store_kept_is_known_again() -> None:
    made = said(
        "note.files_left_out",
        files=counted(3, "file"),
        place="photos",
        reason=said("value.still arriving"),
        names=said("style.and_more", shown=("a.jpg", "b.jpg"), more=1),
    )
    kept = str(made.encode(), "utf-8")
    assert not isinstance(kept, Said)
    told = remark_text(kept, "zh")
    assert told.startswith("photos 中有 3 个文件没有使用（")
    assert "still arriving" not in told
    assert "另有 1 个" in told
    assert remark_text("of a version long ago", "zh") == "of a version long ago"
    assert value_word("the file is larger than 64 MiB", "zh") == "文件大于 64 MiB"


def sample(of: str) -> dict[str, object]:
    """A value for every field; numbers where a number is formatted."""
    return {
        name: 7 if spec or name in _DIGITS else f"x{place}"
        for place, (_, name, spec, _) in enumerate(string.Formatter().parse(of))
        if name
    }


@pytest.mark.parametrize(
    "of_table", ["note", "count", "sheet_why", "value_form", "system", "audit_fault"]
)
def test_no_two_sentences_are_taken_for_each_other(of_table: str) -> None:
    for key, text in table(of_table, "en").items():
        made = said(f"{of_table}.{key}", **sample(text))
        found = recognised(str(made.encode(), "utf-8"), of_table)
        assert isinstance(found, Said), key
        assert worded(found, "zh") == worded(made, "zh"), key


def calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node, node.func.id


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("path", PROGRAM, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_sentence_made_is_in_the_catalogue_with_its_values(path: Path) -> None:
    """No error and no sentence has words of its own in the code."""
    for node, name in calls(path):
        if name not in ERRORS | {"said"} or not node.args:
            continue
        first = node.args[0]
        where = f"{path}:{node.lineno}"
        assert not isinstance(first, ast.JoinedStr) or name == "said", where
        assert not any(isinstance(a, ast.Constant | ast.JoinedStr) for a in node.args[1:]), where
        if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
            continue
        whole = first.value if name == "said" else f"error.{first.value}"
        of_table, _, key = whole.partition(".")
        text = sentence(of_table, key, "en")
        assert text is not None, f"{where}: {first.value}"
        given = {word.arg for word in node.keywords}
        advice = sentence("advice", key, "en") if of_table == "error" else None
        if None not in given:
            assert fields(text) | fields(advice or "") <= given, where
