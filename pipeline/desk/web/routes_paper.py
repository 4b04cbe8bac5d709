"""What the desk prints: PDFs and tables, each on record in the action log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import Response

from pipeline.core.errors import InstallationError
from pipeline.desk.cases.shown import hidden_from
from pipeline.desk.exchange.dossier import Paper, print_dossier
from pipeline.desk.exchange.exports import file_name
from pipeline.desk.web.visits import LeadVisit, RefusedError

router = APIRouter()
PDF = "application/pdf"


@router.get("/case/{case}/dossier")
def dossier(visit: LeadVisit, case: str) -> Response:
    """The dossier of a case; scores and others' answers are in it, so not before one's own."""
    item = visit.desk.item(case)
    if item is None:
        raise RefusedError(404, "not_found")
    if hidden_from(visit.desk, item, visit.session.who):
        raise RefusedError(409, "judge_first")
    with _printing():
        printed = print_dossier(visit.desk, item, visit.lang, Paper(date.today()))
    visit.desk.ledger.record(visit.session.who, "printed", item.answers_key, paper="dossier")
    name = file_name("-".join(filter(None, (item.student_key, item.name))))
    return sent(printed.pdf, f"{name}.pdf", PDF)


@contextmanager
def _printing() -> Iterator[None]:
    """Say that the extra is not installed, where it is not."""
    try:
        yield
    except InstallationError as error:
        raise RefusedError(503, "no_press") from error


def sent(content: bytes, name: str, kind: str) -> Response:
    """A file for the browser to keep under this name."""
    told = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(content, media_type=kind, headers={"Content-Disposition": told})
