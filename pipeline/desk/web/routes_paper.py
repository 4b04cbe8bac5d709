"""What the desk prints: PDFs and tables, each on record in the action log."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Annotated
from urllib.parse import quote
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from pipeline.core.errors import ConfigError, InstallationError, SourceError, StoreError
from pipeline.core.words import words
from pipeline.desk.cases import oversight
from pipeline.desk.cases.shown import hidden_from
from pipeline.desk.exchange import reshoot, worklists
from pipeline.desk.exchange.dossier import Paper, print_dossier
from pipeline.desk.exchange.exports import file_name
from pipeline.desk.exchange.later import later_proofs
from pipeline.desk.exchange.reshoot import Appointment
from pipeline.desk.web.pages import page
from pipeline.desk.web.routes_record import ChosenWork
from pipeline.desk.web.visits import LeadVisit, RefusedError, Visit

router = APIRouter()
PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class DayForm(BaseModel):
    """When and where, as the page's form sends it."""

    model_config = ConfigDict(extra="ignore")

    when: str = Field(min_length=1, max_length=200)
    where: str = Field(min_length=1, max_length=200)
    by: str = Field(min_length=1, max_length=200)
    school: str = Field("", max_length=200)
    contact: str = Field("", max_length=200)


@router.get("/case/{case}/dossier")
def dossier(request: Request, visit: LeadVisit, case: str) -> Response:
    """The dossier of a case; scores and others' answers are in it, so not before one's own."""
    item = visit.desk.item(case)
    if item is None:
        raise RefusedError(404, "not_found")
    if hidden_from(visit.desk, item, visit.session.who):
        raise RefusedError(409, "judge_first")
    state = request.app.state
    try:
        proofs = later_proofs(visit.desk, item, state.proofs)
    except SourceError as error:
        raise RefusedError(503, "no_proofs") from error
    paper = Paper(date.today(), state.appointment.school, proofs)
    with _printing():
        printed = print_dossier(visit.desk, item, visit.lang, paper)
    visit.desk.ledger.record(visit.session.who, "printed", item.answers_key, paper="dossier")
    name = file_name("-".join(filter(None, (item.student_key, item.name))))
    return sent(printed.pdf, f"{name}.pdf", PDF)


@router.get("/worklist/print")
def print_worklist(visit: LeadVisit, wanted: ChosenWork) -> Response:
    """The work list as it is filtered, as PDF."""
    work = wanted.of(oversight.worklist(visit.desk, visit.session.who))
    today = date.today()
    with _printing():
        printed = worklists.worklist_pdf(work, visit.lang, today)
    visit.desk.ledger.record(visit.session.who, "printed", paper="worklist", students=len(work))
    return sent(printed.pdf, f"{_worklist_name(visit, today)}.pdf", PDF)


@router.get("/worklist/table")
def export_worklist(visit: LeadVisit, wanted: ChosenWork) -> Response:
    """The same as a workbook."""
    work = wanted.of(oversight.worklist(visit.desk, visit.session.who))
    today = date.today()
    table = worklists.worklist_xlsx(work, visit.lang, today)
    visit.desk.ledger.record(visit.session.who, "exported", table="worklist", students=len(work))
    return sent(table, f"{_worklist_name(visit, today)}.xlsx", XLSX)


def _worklist_name(visit: Visit, today: date) -> str:
    return f"{words('work', visit.lang)['title']}-{today.isoformat()}"


@router.get("/reshoot")
def ask_for_day(request: Request, visit: LeadVisit) -> Response:
    """Who is to be photographed again, and the form that says when and where."""
    groups = reshoot.counted(visit.desk)
    return page(
        request,
        "reshoot",
        visit.session,
        r=words("reshoot", visit.lang),
        groups=groups,
        total=sum(count for _, count in groups),
        said=request.app.state.appointment,
    )


@router.post("/reshoot")
def print_day(visit: LeadVisit, form: Annotated[DayForm, Form()]) -> Response:
    """List, notices and slips of a re-shoot day, in one archive."""
    said = Appointment(**{name: text.strip() for name, text in form.model_dump().items()})
    with _printing():
        try:
            papers = list(reshoot.papers(visit.desk, said, visit.lang, date.today()))
        except StoreError as error:
            raise RefusedError(409, "nobody_again") from error
        except ConfigError as error:  # a field of blanks alone
            raise RefusedError(422, "misunderstood") from error
    visit.desk.ledger.record(visit.session.who, "printed", paper="reshoot", files=len(papers))
    name = f"{words('reshoot', visit.lang)['title']}-{date.today().isoformat()}.zip"
    return sent(_packed(papers), name, "application/zip")


def _packed(papers: Iterable[reshoot.Paper]) -> bytes:
    """An archive of files, the same bytes for the same ones."""
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for paper in papers:
            archive.writestr(ZipInfo(paper.name), paper.content, ZIP_DEFLATED)
    return out.getvalue()


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
