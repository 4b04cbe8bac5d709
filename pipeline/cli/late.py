"""Every command and where it is; a command's module is loaded when the command is called.

So `photoproof --help` loads none of them, and no command waits for what only another one needs.
What help says of each stands in the catalogue, in `[command]` and `[option]`.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from pipeline.cli.of_site import OfSite
from pipeline.cli.speech import (
    language_of,
    show_aborted,
    show_fault,
    speak,
    term,
    word_help,
    word_own_help,
)


class Place(NamedTuple):
    """Where a command is.

    Attributes:
        module: Within this package.
        name: Of the command's function, or of the Typer application of a group of commands.
    """

    module: str
    name: str


COMMANDS = {
    "run": Place("nightly", "run"),
    "intake": Place("intake", "intake_command"),
    "manifest": Place("manifest", "app"),
    "decide": Place("nightly", "decide_command"),
    "demo": Place("demo", "demo_command"),
    "doctor": Place("doctor", "doctor_command"),
    "check": Place("check", "check_command"),
    "propose": Place("propose", "propose_command"),
    "regress": Place("regress", "regress_command"),
    "diff": Place("drift", "diff_command"),
    "version": Place("version", "version_command"),
    "models": Place("models", "app"),
    "profiles": Place("profiles", "app"),
    "evaluate": Place("evaluate", "app"),
    "review": Place("review", "review_command"),
    "serve": Place("serve", "serve_command"),
    "users": Place("review", "users_app"),
    "audit": Place("review", "audit_app"),
    "site": Place("site", "site_app"),
    "nightly": Place("site", "nightly_command"),
    "backup": Place("site", "backup_command"),
    "restore": Place("site", "restore_command"),
    "purge": Place("purge", "purge_command"),
    "privacy": Place("privacy", "privacy_command"),
    "key": Place("key", "app"),
    "dossier": Place("paper", "dossier_command"),
    "reshoot": Place("paper", "reshoot_command"),
    "export": Place("exchange", "export_app"),
    "import": Place("exchange", "import_app"),
}


class LateGroup(TyperGroup):
    """The commands of `COMMANDS`: named without being loaded, loaded to be called."""

    def __init__(self, **attributes: Any) -> None:
        named = {name: TyperCommand(name) for name in COMMANDS}
        super().__init__(**{**attributes, "commands": named})

    def main(self, *given: Any, **named: Any) -> Any:
        """Work off a command line; Typer's errors are said in the terminal's language."""
        arguments = given[0] if given else named.get("args")
        speak(language_of(sys.argv[1:] if arguments is None else arguments))
        word_own_help(self, "photoproof")
        for name, command in self.commands.items():
            command.help = term("command", name)
        try:
            code = super().main(*given, **{**named, "standalone_mode": False})
        except typer.Abort:
            show_aborted()
            sys.exit(1)
        except TyperException as error:
            show_fault(error)
            sys.exit(error.exit_code)
        sys.exit(code if isinstance(code, int) else 0)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that is called, loaded. Click's usage error where there is none."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and loaded(str(name)), rest


def loaded(name: str) -> Any:
    """A command of `COMMANDS` as Click knows it, its module loaded."""
    at = COMMANDS[name]
    found = getattr(importlib.import_module(f"pipeline.cli.{at.module}"), at.name)
    around = typer.Typer(add_completion=False)
    around.callback()(lambda: None)  # or Typer makes no group of a single command
    if isinstance(found, typer.Typer):
        around.add_typer(found, name=name)
    else:
        around.command(name)(found)
    _know_sites(around)
    group: Any = typer.main.get_command(around)
    return word_help(group.commands[name], name)


def _know_sites(application: typer.Typer) -> None:
    """Let every command of an application take `--site`."""
    for command in application.registered_commands:
        command.cls = OfSite
    for group in application.registered_groups:
        if group.typer_instance is not None:
            _know_sites(group.typer_instance)
