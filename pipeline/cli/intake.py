"""`photoproof intake`: what a night would understand of roster and files; no pixel is looked at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.console import AsJson, Lang, PolicyFile, language, line, out_console, plain, table
from pipeline.cli.speech import tell, term, tongue
from pipeline.core.said import recognised, said
from pipeline.core.words import remark_text, value_word, word, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.core.types import Cohort

_SHOWN = 60  # lines of a list

RosterFiles = Annotated[list[Path], typer.Option("--roster")]
Photos = Annotated[list[Path], typer.Option("--photos")]
References = Annotated[
    list[str] | None,
    typer.Option("--references", metavar="[KIND=]PATH"),
]
ColumnsFile = Annotated[Path | None, typer.Option("--columns")]
Reshoot = Annotated[
    list[Path] | None,
    typer.Option("--reshoot"),
]
Assign = Annotated[
    list[Path] | None,
    typer.Option("--assign"),
]

OptOut = Annotated[
    list[Path] | None,
    typer.Option("--opt-out"),
]


def intake_command(
    roster: RosterFiles,
    photos: Photos,
    references: References = None,
    columns: ColumnsFile = None,
    reshoot: Reshoot = None,
    assign: Assign = None,
    opt_out: OptOut = None,
    out: Annotated[Path | None, typer.Option()] = None,
    policy: PolicyFile = None,
    worklist: Annotated[Path | None, typer.Option()] = None,
    lang: Lang = "zh",
    as_json: AsJson = False,
) -> None:
    """Say what a night would understand of roster and files; exit code 20 where it would stop."""
    from pipeline.core.policy import load_policy
    from pipeline.night.intake import Sources, read_intake
    from pipeline.night.safety import check_intake
    from pipeline.source.balance import balance

    chosen = language(lang)
    limits = load_policy(policy).intake
    kinds = reference_kinds(references or [])
    sources = Sources(roster, photos, kinds, columns, reshoot or (), assign or (), opt_out or ())
    cohort = read_intake(sources, out)
    told = balance(cohort)
    if worklist is not None:
        from pipeline.report.worklist_xlsx import write_worklist

        write_worklist(cohort, worklist, chosen)
    if as_json:
        typer.echo(json.dumps(told | {"remarks": cohort.remarks}, ensure_ascii=False))
    else:
        tell_balance(told)
        _tell_columns(cohort)
        _tell_matches(cohort)
        for remark in cohort.remarks:
            line("note", text=remark_text(remark, tongue()))
    check_intake(cohort, out, limits)


def reference_kinds(given: list[str]) -> dict[str, list[Path]]:
    """`KIND=PATH` options as paths by kind; kind "" for a bare path.

    Raises:
        BadParameter: A kind without a path, or the other way round.
    """
    kinds: dict[str, list[Path]] = {}
    for text in given:
        kind, equals, path = text.partition("=")
        if not equals and text.strip() and Path(text).exists():
            kind, path = "", text
        elif not (kind and equals and path):
            raise typer.BadParameter(
                said("fault.no_kind_path", text=text), param_hint="--references"
            )
        kinds.setdefault(kind, []).append(Path(path))
    return kinds


def tell_balance(told: Mapping[str, Any]) -> None:
    """The balance as two tables: students by sheet, files by fate."""
    if not told:
        return
    sheets = table("roster", "sheet", "students", "")
    for file, sheet, students, why in told["sheets"]:
        reason = tell(recognised(why, "sheet_why"))
        sheets.add_row(plain(file), plain(sheet), str(students), plain(reason))
    if told["sheets"]:
        out_console.print(sheets)
    fates = ("found", "used", "set_aside", "unmatched", "not_a_picture", "unreadable")
    t, lang = words("intake", tongue()), tongue()
    heads = (t["found"], *(word("fate", fate, lang) for fate in fates[1:]), t["students"])
    files = table("files", *heads)
    for kind, counts in told["files"].items():
        files.add_row(
            term("kind_code", kind), *(str(counts[fate]) for fate in fates), str(counts["students"])
        )
    out_console.print(files)
    line(
        "balance",
        students=told["students"],
        with_photo=told["with_photo"],
        without=told["without_photo"],
        weak=told["weak"],
    )
    _tell_missing_references(told)


def _tell_missing_references(told: Mapping[str, Any]) -> None:
    """How many students have a reference, and who has none."""
    lacking, t = told.get("missing_references", ()), words("intake", tongue())
    if len(told["files"]) > 1:
        for key in ("with_reference", "without_reference"):
            line("only_counts", name=t[key], value=told[key])
    if lacking:
        without = table(t["missing_references"], "")
        for key, name in lacking[:_SHOWN]:
            without.add_row(plain(key), plain(name))
        out_console.print(without)
    if told.get("without_reference", 0) > _SHOWN:
        line("and_more", more=told["without_reference"] - _SHOWN)


def _tell_columns(cohort: Cohort) -> None:
    """Which header was understood as what, by sheet."""
    for sheet in cohort.sheets:
        if sheet.students:
            comma = word("style", "comma", tongue())
            known = comma.join(
                f"{title} = {word('field', name, tongue())}"
                for name, title in sheet.columns.items()
            )
            place = f"{sheet.file}[{sheet.sheet}]" if sheet.sheet else sheet.file
            if sheet.unknown:
                line("columns_unused", place=place, known=known, unknown=tuple(sheet.unknown))
            else:
                line("columns_of", place=place, known=known)


def _tell_matches(cohort: Cohort) -> None:
    """How photos were matched, then the files that need a look."""
    from pipeline.core.delivery import Fate
    from pipeline.core.privacy import masked_file_name
    from pipeline.source.balance import balance

    ways = table("matched by", "photos")
    for way, count in balance(cohort)["matched_by"].items():
        told = (word("field", part, tongue()) for part in way.split("+"))
        ways.add_row(" + ".join(told), str(count))
    out_console.print(ways)
    look = table("file", "kind", "fate", "student", "why")
    rows = [f for f in cohort.delivered if f.weak or f.fate is not Fate.USED]
    for file in rows[:_SHOWN]:
        whose = file.student_key or ", ".join(file.near)
        why = "; ".join(value_word(text, tongue()) for text in (file.why, file.weak) if text)
        fate = term("fate", file.fate.value)
        look.add_row(
            plain(masked_file_name(file.name)),
            term("kind_code", file.kind),
            fate,
            whose,
            plain(why),
        )
    if rows:
        out_console.print(look)
    if len(rows) > _SHOWN:
        line("and_more", more=len(rows) - _SHOWN)
