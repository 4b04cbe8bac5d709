"""`photoproof version`."""

from __future__ import annotations

import typer

from pipeline import __version__


def version_command() -> None:
    """Print the version."""
    typer.echo(__version__)
