"""What `photoproof serve` and `photoproof review` share: options of an address, serving there."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.console import err_console, plain
from pipeline.cli.speech import tell
from pipeline.cli.stopping import Stopped, gently
from pipeline.core.said import recognised, said

if TYPE_CHECKING:
    from pipeline.desk.web.serve import Service

_SILENT_S = 1.0  # after a signal; what takes longer is told

Host = Annotated[str, typer.Option()]
Port = Annotated[int, typer.Option(min=1, max=65535)]
TlsFile = Annotated[Path | None, typer.Option()]
HeadFile = Annotated[Path | None, typer.Option()]
Proxies = Annotated[list[str] | None, typer.Option("--trusted-proxy", metavar="ADDRESS")]
Monitors = Annotated[list[str] | None, typer.Option("--monitor", metavar="ADDRESS")]
UnderPath = Annotated[str, typer.Option()]
InBrowser = Annotated[bool, typer.Option("--browser/--no-browser")]


def warn_of_doubt(service: Service, sentence: str) -> None:
    """Say what the record of who did what is doubted for, if it is.

    Args:
        service: That has looked at its record.
        sentence: Key of the words around it.
    """
    if service.doubt:
        doubt = tell(said(sentence, doubt=recognised(service.doubt, "audit_fault")))
        err_console.print(f"[bold red]{plain(doubt)}[/]", highlight=False, soft_wrap=True)


def serve(service: Service, *, in_browser: bool) -> None:
    """Serve until a signal comes, opened in this machine's browser or not.

    Raises:
        Stopped: One has come; it tells how many requests were given up.
    """
    from pipeline.desk.web.opening import has_display, opened

    typer.echo(service.url)
    given_up = 0
    waiting = Timer(_SILENT_S, _tell_pending, (service,))
    waiting.daemon = True

    def stop() -> None:
        service.stop()
        waiting.start()

    with opened(service.url) if in_browser and has_display() else nullcontext():
        try:
            with gently(stop):
                given_up = service.run()
        except Stopped as stopped:
            if given_up:
                stopped.message = said("line.stopped_given_up", count=given_up)
            raise
        finally:
            waiting.cancel()


def _tell_pending(service: Service) -> None:
    """Say what an end still waits for."""
    from pipeline.desk.web.serve import LAST_REQUESTS_S

    if count := service.pending:
        told = tell(said("line.stopping", count=count, seconds=LAST_REQUESTS_S))
        err_console.print(plain(told), highlight=False, soft_wrap=True)
