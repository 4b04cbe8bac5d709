"""`photoproof models`: the networks' weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from models import fetch, manifest
from pipeline.cli.console import AsJson, out_console, say, table
from pipeline.cli.of_site import optional_parts, site_if_any
from pipeline.cli.speech import tell
from pipeline.core.errors import ModelError
from pipeline.core.said import said

app = typer.Typer(no_args_is_help=True)


@app.command("pull")
def pull_weights(
    mirror: Annotated[
        Path | None,
        typer.Option(),
    ] = None,
    extra: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="PART"),
    ] = None,
) -> None:
    """Fetch what is missing, check every byte, prepare what has to be prepared."""
    known = sorted({asset.part for asset in manifest.weights() if asset.optional})
    for name in extra or ():
        if name not in known:
            refusal = said("fault.not_allowed", text=name, allowed=tuple(known))
            raise typer.BadParameter(refusal, param_hint="--with")
    fetch.pull_weights(mirror, say(False), extra or ())


@app.command("list")
def list_weights(as_json: AsJson = False) -> None:
    """Every weight with its licence, source and whether it is there."""
    rows = [
        {
            "id": asset.id,
            "state": state,
            "optional": asset.optional,
            "bytes": asset.bytes,
            "licence": asset.licence,
            "publisher": asset.publisher,
            "sources": [fetch.source_name(source) for source in asset.sources],
            "sha256": asset.sha256,
            "contract": asset.contract,
        }
        for asset, state in fetch.status(manifest.weights(), manifest.weights_dir())
    ]
    derived = manifest.derived()
    rows.append(
        {
            "id": derived.id,
            "state": manifest.derived_status(manifest.weights_dir()),
            "optional": False,
            "bytes": None,
            "licence": derived.licence,
            "publisher": "",
            "sources": [said("weight.made", source=derived.source)],
            "sha256": None,
            "contract": derived.contract,
        }
    )
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    listed = table("weight", "state", "MB", "licence", "source")
    for row in rows:
        size = f"{row['bytes'] / 1e6:.1f}" if isinstance(row["bytes"], int) else ""
        sources = row["sources"]
        listed.add_row(
            str(row["id"]),
            _state(str(row["state"]), bool(row["optional"])),
            size,
            str(row["licence"]),
            "\n".join(map(tell, sources)) if isinstance(sources, list) else "",
        )
    out_console.print(listed)


def _state(state: str, optional: bool = False) -> str:
    """Whether a weight is there, in words."""
    told = said(f"weight.{state}")
    return tell(said("weight.optional", state=told) if optional else told)


@app.command("verify")
def verify_weights() -> None:
    """Check every byte of every weight; optional ones that nobody pulled or needs are left out."""
    found = fetch.status(manifest.weights(), manifest.weights_dir())
    site = site_if_any()
    needed = optional_parts(site) if site else []
    states = [
        *(
            (asset.id, s)
            for asset, s in found
            if s != "missing" or not asset.optional or asset.part in needed
        ),
        (manifest.derived().id, manifest.derived_status(manifest.weights_dir())),
    ]
    for name, state in states:
        typer.echo(f"{name}: {_state(state)}")
    bad = [name for name, state in states if state != "present"]
    if bad:
        raise ModelError("weights_wrong", bad=len(bad), states=len(states), names=tuple(bad))
