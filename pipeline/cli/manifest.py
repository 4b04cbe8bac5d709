"""`photoproof manifest verify`: whether a folder is what was checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.console import line, out_console, plain, table
from pipeline.cli.of_site import run_folder
from pipeline.cli.speech import tell
from pipeline.core.errors import ManifestError
from pipeline.core.privacy import masked_file_name

app = typer.Typer(no_args_is_help=True)
_SHOWN = 50


@app.callback()
def manifest() -> None:
    """What was checked against what is delivered."""


@app.command("verify")
def verify_command(
    folder: Annotated[Path, typer.Argument()],
    files: Annotated[
        Path,
        typer.Option("--files", parser=run_folder),
    ],
) -> None:
    """Compare a folder with files.csv; exit code 21 where it is not what was checked."""
    from pipeline.night.manifest import verify

    found = verify(folder, files)
    wrong = table("file", "what")
    for name, what in found.faults[:_SHOWN]:
        wrong.add_row(plain(masked_file_name(name)), tell(what))
    if found.faults:
        out_console.print(wrong)
    line("as_checked", right=found.right)
    if found.faults:
        raise ManifestError("delivery_differs", folder=folder, faults=len(found.faults))
