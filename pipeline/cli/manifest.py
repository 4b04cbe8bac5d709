"""`photoproof manifest verify`: whether a folder is what was checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pipeline.cli.console import out_console, plain
from pipeline.cli.of_site import run_folder
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
    table = Table("file", "what", box=None, pad_edge=False)
    for name, what in found.faults[:_SHOWN]:
        table.add_row(plain(masked_file_name(name)), what)
    if found.faults:
        out_console.print(table)
    out_console.print(f"{found.right} files as checked", highlight=False)
    if found.faults:
        raise ManifestError("delivery_differs", folder=folder, faults=len(found.faults))
