"""`photoproof propose PHOTO... --out DIR`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from models import manifest
from pipeline.cli.console import PolicyFile, line, out_console, plain
from pipeline.cli.speech import tell
from pipeline.core.policy import load_policy, load_profile
from pipeline.core.privacy import masked
from pipeline.night.executors.apart import Apart
from pipeline.single.check import check_files
from pipeline.single.propose import CSV_NAME, propose_corrections
from pipeline.student.engine import network_engine
from pipeline.student.measures import all_measures


def propose_command(
    photos: Annotated[list[Path], typer.Argument(metavar="PHOTO...")],
    out: Annotated[Path, typer.Option()],
    profile: Annotated[str | None, typer.Option()] = None,
    policy: PolicyFile = None,
) -> None:
    """Propose turns and crops in new files: lossless quarter turns, crops as coordinates."""
    rules = load_policy(policy)
    standard = load_profile(profile or rules.profile, all_measures())
    manifest.digests()  # weights are whole, or the command stops here
    engine = Apart(partial(network_engine, rules.input, manifest.DEFAULT_RECOGNISERS), photos)
    turned = 0
    try:
        for proposal in propose_corrections(
            check_files(photos, engine, rules, standard), out, rules, standard
        ):
            turned += bool(proposal.turned)
            if proposal.note:
                note = f"{masked(proposal.photo)}: {tell(proposal.note)}"
                out_console.print(plain(note), highlight=False)
    finally:
        engine.close()
    line("turned_copies", turned=turned, file=out / CSV_NAME)
