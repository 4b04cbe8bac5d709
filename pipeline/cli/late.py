"""Every command and where it is; a command's module is loaded when the command is called.

So `photoproof --help` loads none of them, and no command waits for what only another one needs.
"""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from pipeline.cli.of_site import OfSite


class Place(NamedTuple):
    """Where a command is, and what `photoproof --help` says of it: its docstring's first line.

    Attributes:
        module: Within this package.
        name: Of the command's function, or of the Typer application of a group of commands.
    """

    module: str
    name: str
    help: str


COMMANDS = {
    "run": Place(
        "nightly",
        "run",
        "Check a cohort's photos and write results.csv, report.html, report.xlsx and run.json.",
    ),
    "intake": Place(
        "intake",
        "intake_command",
        "Say what a night would understand of roster and files; exit code 20 where it would stop.",
    ),
    "manifest": Place("manifest", "app", "What was checked against what is delivered."),
    "decide": Place(
        "nightly",
        "decide_command",
        "Judge a finished run anew by another policy, without touching a photo.",
    ),
    "demo": Place(
        "demo",
        "demo_command",
        "Fetch weights and sample pictures, build the sample cohort, run the nightly job on it.",
    ),
    "doctor": Place(
        "doctor",
        "doctor_command",
        "Say what is wrong with this installation, and what to do about it.",
    ),
    "check": Place(
        "check",
        "check_command",
        "Check single photos against a photo standard; exit code 18 when one violates it.",
    ),
    "propose": Place(
        "propose",
        "propose_command",
        "Propose turns and crops in new files: lossless quarter turns, crops as coordinates.",
    ),
    "regress": Place(
        "regress",
        "regress_command",
        "Measure the golden pictures again; exit code 19 when a floor is missed.",
    ),
    "diff": Place(
        "drift", "diff_command", "Say who changed between two runs, and why; both are only read."
    ),
    "version": Place("version", "version_command", "Print the version."),
    "models": Place("models", "app", "Fetch and verify the networks' weights."),
    "profiles": Place(
        "profiles", "app", "Photo standards: limits by measure, each with its clause."
    ),
    "evaluate": Place("evaluate", "app", "Measure how good the judgement is."),
    "review": Place("review", "review_command", "Serve the review desk of a run in the browser."),
    "users": Place("review", "users_app", "Accounts of the review desk."),
    "audit": Place("review", "audit_app", "The review desk's action log."),
    "site": Place("site", "site_app", "The school's site: what lies where."),
    "nightly": Place(
        "site",
        "nightly_command",
        "Work through the site's cohorts; exit codes 0, 30 to 33 for a scheduler.",
    ),
    "backup": Place(
        "site",
        "backup_command",
        "Copy cohorts into one checked archive; a desk may go on meanwhile.",
    ),
    "restore": Place(
        "site",
        "restore_command",
        "Put the cohorts of a backup back; what is there already is never replaced.",
    ),
    "purge": Place(
        "purge",
        "purge_command",
        "Delete all that runs hold of their students; who did what stays in the log.",
    ),
    "privacy": Place(
        "privacy",
        "privacy_command",
        "Print what a privacy impact assessment asks: purposes, data, places, persons stored.",
    ),
    "key": Place("key", "app", "Keys that encrypt what runs keep."),
    "dossier": Place(
        "paper",
        "dossier_command",
        "Print the dossier of students whose identity is doubted, with the files that go with it.",
    ),
    "reshoot": Place(
        "paper",
        "reshoot_command",
        "Print the list, notices to colleges and slips for students of a re-shoot day.",
    ),
    "export": Place("exchange", "export_app", "Tables of what people decided."),
    "import": Place("exchange", "import_app", "What registry, students and colleges say."),
}


class LateGroup(TyperGroup):
    """The commands of `COMMANDS`: named without being loaded, loaded to be called."""

    def __init__(self, **attributes: Any) -> None:
        named = {name: TyperCommand(name, help=at.help) for name, at in COMMANDS.items()}
        super().__init__(**{**attributes, "commands": named})

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
    return group.commands[name]


def _know_sites(application: typer.Typer) -> None:
    """Let every command of an application take `--site`."""
    for command in application.registered_commands:
        command.cls = OfSite
    for group in application.registered_groups:
        if group.typer_instance is not None:
            _know_sites(group.typer_instance)
