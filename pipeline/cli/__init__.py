"""The command line: a thin skin over the Python API; the only package that prints or exits."""

from __future__ import annotations

import sys

import typer

from pipeline.cli.console import err_console, plain
from pipeline.cli.late import LateGroup
from pipeline.cli.speech import TerminalLang, tell
from pipeline.cli.stopping import Stopped, heed_signals
from pipeline.core.errors import PhotoproofError
from pipeline.core.private import shield

app = typer.Typer(
    cls=LateGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def photoproof(lang: TerminalLang = None) -> None:
    """All commands are in `pipeline.cli.late`; without a callback Typer would see none."""


def main() -> None:
    """Entry point: every known error becomes one clear message and its exit code."""
    heed_signals()
    try:
        if sys.argv[1:2] != ["models"]:  # weights are no secret, and one cache serves many users
            shield()
        app()
    except PhotoproofError as error:
        from pipeline.core.privacy import masked_sentence

        said = plain(masked_sentence(tell(error.message)))
        err_console.print(f"[bold red]photoproof:[/] {said}", highlight=False)
        if error.hint:
            err_console.print(plain(masked_sentence(tell(error.hint))), highlight=False)
        sys.exit(error.exit_code)
    except Stopped as stop:
        err_console.print(plain(tell(stop.message)), highlight=False, soft_wrap=True)
        sys.exit(stop.exit_code)
