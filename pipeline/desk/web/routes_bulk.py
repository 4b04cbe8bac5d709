"""Answering exact facts together: the list, its record, and taking it all back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from pipeline.core.reasons import sentence
from pipeline.desk.cases import answers, bulk
from pipeline.desk.web.pages import page
from pipeline.desk.web.paths import go
from pipeline.desk.web.routes_judge import AnswerForm
from pipeline.desk.web.visits import JudgeVisit, RefusedError

router = APIRouter()
Count = Annotated[int, Query(ge=0, le=1_000_000)]


@router.get("/bulk")
def show(
    request: Request,
    visit: JudgeVisit,
    group: Annotated[str, Query(max_length=60)] = "",
    done: Count = 0,
    left: Count = 0,
    undone: Count = 0,
) -> Response:
    """Cases of one reason and usual answer, to be looked over."""
    found = bulk.groups(visit.desk, visit.asker)
    shown = next((one for one in found if one.name == group), found[0] if found else None)
    lines = [(line, sentence(line.finding, visit.lang)) for line in shown.lines] if shown else []
    return page(
        request,
        "bulk",
        visit.session,
        groups=found,
        shown=shown,
        lines=lines,
        done=done,
        left=left,
        undone=undone,
        batch=visit.desk.ledger.answers.last_batch(visit.session.who),
    )


@router.post("/bulk")
def record(
    request: Request,
    visit: JudgeVisit,
    verdict: Annotated[str, Form(max_length=40)],
    case: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Record the same answer for every case that was left in the list."""
    try:
        given = AnswerForm.model_validate({"verdict": verdict}).given()
    except ValueError as error:
        raise RefusedError(422, "misunderstood") from error
    _, recorded, left = bulk.record(visit.desk, visit.asker, case or [], given)
    return go(request, f"/bulk?done={recorded}&left={left}")


@router.post("/bulk/undo")
def undo(
    request: Request, visit: JudgeVisit, batch: Annotated[str, Form(max_length=40)]
) -> Response:
    """Take back all of one's own answers of a batch."""
    count = answers.undo_batch(visit.desk, visit.session.who, batch)
    if not count:
        raise RefusedError(409, "nothing_to_undo")
    return go(request, f"/bulk?undone={count}")
