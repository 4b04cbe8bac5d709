"""`photoproof check PHOTO...`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from pipeline import Checked, Language, SourceError, annotate, check_photos, load_policy, sentence
from pipeline.cli.console import (
    AsJson,
    Lang,
    PolicyFile,
    code_words,
    err_console,
    language,
    line,
    out_console,
    plain,
    table,
)
from pipeline.cli.speech import term
from pipeline.core.errors import ViolationsFound
from pipeline.core.imagefile import PICTURES
from pipeline.core.privacy import masked
from pipeline.core.said import cause
from pipeline.core.words import words


def check_command(
    photos: Annotated[list[Path], typer.Argument(metavar="PHOTO...")],
    profile: Annotated[str | None, typer.Option()] = None,
    policy: PolicyFile = None,
    annotate_to: Annotated[
        Path | None,
        typer.Option("--annotate", metavar="DIR"),
    ] = None,
    lang: Lang = "zh",
    as_json: AsJson = False,
) -> None:
    """Check single photos against a photo standard; exit code 18 when one violates it.

    Advice is shown and fails nothing.
    """
    chosen = language(lang)
    rules = load_policy(policy)
    checked = list(check_photos(_pictures(photos), policy=rules, profile=profile, apart=True))
    if as_json:
        typer.echo(json.dumps([c.as_json() for c in checked], ensure_ascii=False))
    else:
        for one in checked:
            _tell(one, chosen)
    if annotate_to is not None:
        for one in checked:
            picture = annotate(one, policy=rules, profile=profile)
            if picture is not None:
                target = _free(annotate_to, one.path.stem)
                picture.save(target)
                line("drawn", console=err_console, path=masked(str(target)))
    bad = [
        one for one in checked if any(f.severity.name != "ADVICE" for f in one.assessment.findings)
    ]
    if bad:
        raise ViolationsFound("photos_violate", bad=len(bad), checked=len(checked))


def _pictures(given: list[Path]) -> list[Path]:
    """Files as they are, the pictures of folders, and what patterns such as `*.jpg` match.

    Raises:
        SourceError: A folder or pattern has no picture.
    """
    pictures: list[Path] = []
    for path in given:
        if path.is_dir():
            found = sorted(
                p for p in path.rglob("*") if p.suffix.lower() in PICTURES and p.is_file()
            )
        elif not path.exists() and any(mark in str(path) for mark in "*?["):
            found = sorted(Path(path.anchor or ".").glob(str(path.relative_to(path.anchor))))
        else:
            found = [path]
        if not found:
            raise SourceError("no_picture", path=masked(str(path)))
        pictures += found
    return pictures


def _tell(checked: Checked, lang: Language) -> None:
    """One photo's findings as sentences, worst first."""
    out_console.print(f"[bold]{plain(masked(checked.path.name))}[/]", highlight=False)
    if not checked.assessment.findings:
        out_console.print("  " + words("style", lang)["sound"])
        return
    found = table("severity", "reason", "what")
    for finding in checked.assessment.findings:
        told = plain(sentence(finding, lang))
        severity = term("severity", finding.severity.name.lower())
        found.add_row(severity, code_words("reason", finding.code), told)
    out_console.print(found)


def _free(folder: Path, stem: str) -> Path:
    """A PNG file name of that stem which is not taken.

    Raises:
        SourceError: The folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SourceError("folder_unmakable", folder=folder, why=cause(error)) from error
    number, path = 1, folder / f"{stem}.png"
    while path.exists():
        number, path = number + 1, folder / f"{stem}-{number + 1}.png"
    return path
