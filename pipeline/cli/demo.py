"""`photoproof demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from models import fetch
from pipeline.cli.console import AsJson, Lang, Workers, say
from pipeline.cli.nightly import run
from pipeline.sample import sources
from pipeline.sample.cohort import build


def demo_command(
    out: Annotated[Path, typer.Option()] = Path("runs/demo"),
    mirror: Annotated[Path | None, typer.Option()] = None,
    workers: Workers = 0,
    lang: Lang = "zh",
    as_json: AsJson = False,
) -> None:
    """Fetch weights and sample pictures, build the sample cohort, run the nightly job on it."""
    fetch.pull_weights(mirror, say(as_json))
    cohort = build(out / "cohort", sources.fetch(mirror, say(as_json)))
    run(
        roster=[cohort.roster],
        photos=[cohort.photos],
        references=[f"idcard={cohort.idcards}", f"admission={cohort.admission}"],
        out=out / "report",
        policy=cohort.policy,
        workers=workers,
        lang=lang,
        as_json=as_json,
    )
