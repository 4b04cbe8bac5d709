"""The command line: a thin skin over the Python API; the only package that prints or exits."""

from __future__ import annotations

import sys

import typer

from pipeline.cli import (
    check,
    drift,
    evaluate,
    exchange,
    models,
    nightly,
    profiles,
    propose,
    purge,
    regress,
    review,
)
from pipeline.cli.console import err_console, plain
from pipeline.errors import PhotoproofError

app = typer.Typer(
    help="Checks graduation photos the night they arrive. People decide; the machine never does.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(nightly.run)
app.command("decide")(nightly.decide_command)
app.command("demo")(nightly.demo_command)
app.command("doctor")(nightly.doctor_command)
app.command("check")(check.check_command)
app.command("propose")(propose.propose_command)
app.command("regress")(regress.regress_command)
app.command("diff")(drift.diff_command)
app.command()(nightly.version)
app.add_typer(models.app, name="models")
app.add_typer(profiles.app, name="profiles")
app.add_typer(evaluate.app, name="evaluate")
app.command()(review.review)
app.add_typer(review.users_app, name="users")
app.add_typer(review.audit_app, name="audit")
app.command("purge")(purge.purge_command)
app.add_typer(exchange.export_app, name="export")
app.add_typer(exchange.import_app, name="import")


def main() -> None:
    """Entry point: every known error becomes one clear message and its exit code."""
    try:
        app()
    except PhotoproofError as error:
        err_console.print(f"[bold red]photoproof:[/] {plain(error.message)}", highlight=False)
        if error.hint:
            err_console.print(plain(error.hint), highlight=False)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        err_console.print("Stopped. The same command continues where it was.", highlight=False)
        sys.exit(130)
