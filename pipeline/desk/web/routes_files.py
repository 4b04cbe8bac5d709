"""Giving a file to a student, from the file's case or from the student's."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from pipeline.core.reasons import STRAY
from pipeline.desk.cases import giving
from pipeline.desk.cases.giving import NotOfferedError
from pipeline.desk.web.routes_judge import AskedItem, Chosen, changed
from pipeline.desk.web.visits import JudgeVisit, RefusedError
from pipeline.store.items import Item

router = APIRouter()


@router.post("/case/{case}/give")
def give(
    request: Request,
    visit: JudgeVisit,
    item: AskedItem,
    chosen: Chosen,
    student: Annotated[str, Form(max_length=40)] = "",
    file: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Give the case's file to a student, or a student's case another file, for the next night."""
    desk, who = visit.desk, visit.session.who
    owner: Item | None = desk.item(student) if student else item
    try:
        if owner is None or owner.answers_key.startswith(STRAY):
            raise NotOfferedError
        if student:
            giving.give(desk, who, owner, giving.stray_file(desk, item), item, item)
        else:
            offer = giving.offered(desk, item, file)
            giving.give(desk, who, owner, offer.file, offer.stray, item)
    except NotOfferedError as error:
        raise RefusedError(409, "not_offered") from error
    return changed(request, visit, item, chosen)
