"""`photoproof doctor`."""

from __future__ import annotations

import json
from collections.abc import Iterator

import typer

from pipeline import __version__
from pipeline.assurance import doctor
from pipeline.cli.console import AsJson, out_console, plain
from pipeline.cli.of_site import site_if_any
from pipeline.cli.speech import tell, term
from pipeline.core.errors import InstallationError
from pipeline.core.said import recognised, said


def doctor_command(as_json: AsJson = False) -> None:
    """Say what is wrong with this installation, and what to do about it."""
    checks = [*doctor.examine(), *_of_site()]
    if as_json:
        rows = [{"name": c.name, "ok": c.ok, "found": c.found, "advice": c.advice} for c in checks]
        typer.echo(json.dumps({"photoproof": __version__, "checks": rows}, ensure_ascii=False))
    else:
        for check in checks:
            good = f"[green]{term('line', 'ok')}[/]  "
            mark = good if check.ok else f"[bold red]{term('line', 'fail')}[/]"
            found = f"{_worded(check.name)}: {_worded(check.found)}"
            out_console.print(f"{mark} {found}", highlight=False)
            if not check.ok:
                out_console.print(f"     {_worded(check.advice)}", highlight=False)
    bad = [check.name for check in checks if not check.ok]
    if bad:
        raise InstallationError("checks_failed", bad=len(bad), checks=len(checks), names=tuple(bad))


def _of_site() -> Iterator[doctor.Check]:
    """The site's file and what it names, where there is a site."""
    from pipeline.site.faults import examine

    if (site := site_if_any()) is not None:
        faults = [f"[{remark.key}] {remark.text}" for remark in examine(site) if remark.fault]
        found = "; ".join(faults) or f"{site.folder}: sound"
        name, advice = said("doctor.site"), said("doctor.site_check")
        yield doctor.Check(name, not faults, found, advice)


def _worded(text: str) -> str:
    """What a check says, in the terminal's language."""
    return plain(tell(recognised(text, "doctor", "system")))
