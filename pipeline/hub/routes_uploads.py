"""Handing in: files piece by piece, what was understood of them, and accepting it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Form, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from pipeline.core.errors import ConfigError, PhotoproofError, StoreError
from pipeline.core.said import worded
from pipeline.core.words import words
from pipeline.desk.web.pages import page
from pipeline.desk.web.paths import go
from pipeline.desk.web.visits import RefusedError
from pipeline.hub.fit import kinds_of, shown
from pipeline.hub.parts import OtherOffsetError, Part
from pipeline.hub.previews import Previews
from pipeline.hub.sweeping import sweep
from pipeline.hub.uploads import Draft, Upload
from pipeline.hub.visits import AskedCohort, HandInVisit, LeadVisit, Named, Visit
from pipeline.hub.withdrawing import withdraw
from pipeline.site.deliveries import ROSTER

router = APIRouter()
PIECE_LIMIT = 32 << 20  # bytes of one request; the page sends pieces of a quarter of it
_WRITTEN_AT_ONCE = 1 << 20
_SWEPT_EACH_S = 3600
_SHOWN = 200  # files of a list
# What a preview may not say.
_BLANK: dict[str, object] = {
    **dict.fromkeys(("failed", "fault", "advice", "replaced")),
    **dict.fromkeys(("foreign", "doubts", "files", "look", "missing", "sheets", "remarks"), ()),
}

UploadName = Annotated[str, Path(pattern=r"^[0-9a-f]{16}-[0-9a-f]{1,12}-[0-9a-f]{1,12}$")]

DeliveryName = Annotated[str, Path(pattern=r"^\d{8}T\d{9}-[0-9a-f]{8}$")]


class BeginForm(BaseModel):
    """What the browser says of a file."""

    model_config = ConfigDict(extra="ignore")

    kind: str = Field(max_length=100)
    name: str = Field(min_length=1, max_length=2000)
    size: int = Field(ge=0, lt=2**47)
    changed: int = Field(0, ge=0, lt=2**48)


@router.get("/cohorts/{cohort}/hand-in")
def show_hand_in(request: Request, visit: HandInVisit, asked: AskedCohort) -> Response:
    """Where files are handed in."""
    kinds = [kind for kind in kinds_of(visit.site, asked.name) if kind != ROSTER]
    return page(
        request,
        "hand_in",
        visit.session,
        h=words("hand_in", visit.lang),
        asked=asked,
        kinds=kinds,
        with_roster=not visit.scoped,
        limits=visit.site.uploads,
        piece=PIECE_LIMIT // 4,
    )


@router.get("/cohorts/{cohort}/hand-in/draft")
def show_draft(request: Request, visit: HandInVisit, asked: AskedCohort) -> Response:
    """What has come and how a night would understand it; a part of the page, asked for again."""
    draft = _draft(visit, asked)
    uploads = draft.uploads()
    previews: Previews = request.app.state.previews
    told = previews.of(draft, visit.session.colleges)
    halves = [one for one in uploads if not one.whole]
    return page(
        request,
        "draft",
        visit.session,
        h=words("hand_in", visit.lang),
        d=words("diff", visit.lang),
        k=words("kind_code", visit.lang),
        asked=asked,
        lang_name=visit.lang,
        uploads=[one for one in uploads if one.whole][:_SHOWN],
        halves=halves[:_SHOWN],
        count=len(uploads) - len(halves),
        size=sum(one.size for one in uploads if one.whole),
        with_roster=any(one.kind == ROSTER for one in uploads),
        told=None if told is None else _BLANK | told,
    )


@router.post("/cohorts/{cohort}/uploads")
def begin(
    request: Request, visit: HandInVisit, asked: AskedCohort, form: Annotated[BeginForm, Form()]
) -> Response:
    """Begin a file, or hear how much of it is there."""
    if form.kind == ROSTER and visit.scoped:
        return _fault(visit, ConfigError("upload_roster_scoped"))
    try:
        upload = _draft(visit, asked).begin(form.kind, form.name, form.size, form.changed)
    except ConfigError as error:
        return _fault(visit, error)
    answer = _standing(upload, 201)
    if time.monotonic() - request.app.state.swept > _SWEPT_EACH_S:
        request.app.state.swept = time.monotonic()
        answer.background = BackgroundTask(sweep, visit.site, time.time())
    return answer


@router.put("/cohorts/{cohort}/uploads/{upload}", max_body_size=PIECE_LIMIT)
async def take_piece(
    request: Request,
    visit: HandInVisit,
    asked: AskedCohort,
    upload: UploadName,
    offset: Annotated[int, Query(ge=0, lt=2**47)],
) -> Response:
    """Append a piece; answers how much is there now, also where it does not belong there."""
    draft = _draft(visit, asked)
    known = await to_thread.run_sync(_known, draft, upload)
    if known.whole:
        return _standing(known)
    try:
        with draft.part(known) as part:
            part.at(offset)
            await _append(part, request.stream(), known.size - offset)
            await to_thread.run_sync(part.keep)
    except OtherOffsetError as error:
        return JSONResponse({"id": known.identity, "offset": error.offset}, 409)
    except ClientDisconnect:  # what has come stays
        return JSONResponse({}, 400)
    except OSError:
        full = ConfigError("upload_disk_full", name=shown(known.name), free=0)
        return _fault(visit, full, 507)
    try:
        await to_thread.run_sync(draft.finish, known)
    except ConfigError as error:
        return _fault(visit, error)
    return _standing(await to_thread.run_sync(_known, draft, upload))


async def _append(part: Part, pieces: AsyncIterator[bytes], room: int) -> None:
    """Write what comes, a mebibyte at once; no byte beyond the file's size.

    Raises:
        OtherOffsetError: More comes than the file has, or another sender has it now.
    """
    waiting = bytearray()
    async for piece in pieces:
        room -= len(piece)
        if room < 0:
            raise OtherOffsetError(part.offset)
        waiting += piece
        if len(waiting) >= _WRITTEN_AT_ONCE:
            await to_thread.run_sync(part.write, bytes(waiting))
            waiting.clear()
    await to_thread.run_sync(part.write, bytes(waiting))


@router.post("/cohorts/{cohort}/uploads/{upload}/remove")
def remove(
    request: Request, visit: HandInVisit, asked: AskedCohort, upload: UploadName
) -> Response:
    """Leave a file out again."""
    draft = _draft(visit, asked)
    draft.remove(_known(draft, upload))
    return _back(request, asked)


@router.post("/cohorts/{cohort}/hand-in/discard")
def discard(request: Request, visit: HandInVisit, asked: AskedCohort) -> Response:
    """Delete all that was handed in and not accepted."""
    draft = _draft(visit, asked)
    if draft.folder.is_dir():
        files = draft.discard()
        visit.record("upload_discarded", cohort=asked.name, files=files)
    return _back(request, asked)


@router.post("/cohorts/{cohort}/hand-in/accept")
def accept(
    request: Request,
    visit: HandInVisit,
    asked: AskedCohort,
    state: Annotated[str, Form(max_length=16)] = "",
    stands_alone: Annotated[bool, Form()] = False,
) -> Response:
    """Hand it to the next night."""
    draft = _draft(visit, asked)
    previews: Previews = request.app.state.previews
    try:
        told = previews.of(draft, visit.session.colleges)
        if told is None or told.get("failed"):
            raise ConfigError("upload_unseen")
        if told.get("foreign"):
            raise ConfigError("upload_of_others", names=tuple(told["foreign"][:5]))
        done = draft.accept(stands_alone and not visit.scoped, state)
    except ConfigError as error:
        return _refused(request, visit, asked, error)
    visit.record(
        "delivery_accepted",
        cohort=asked.name,
        delivery=done.folder.name,
        files=done.files,
        bytes=done.size,
        stands_alone=done.stands_alone,
    )
    return go(request, f"/cohorts/{asked.name}?handed_in={done.files}")


@router.post("/cohorts/{cohort}/deliveries/{delivery}/withdraw")
def take_back(
    request: Request, visit: LeadVisit, asked: AskedCohort, delivery: DeliveryName
) -> Response:
    """Delete a delivery that was accepted; the next night does without it."""
    if visit.scoped:
        raise RefusedError(404, "not_found")
    try:
        done = withdraw(visit.site, asked.name, delivery)
    except StoreError as error:
        return _refused(request, visit, asked, error)
    if done is None:
        raise RefusedError(404, "not_found")
    visit.record(
        "delivery_withdrawn", cohort=asked.name, delivery=delivery, files=done.files, by=done.by
    )
    return go(request, f"/cohorts/{asked.name}")


def _draft(visit: Visit, asked: Named) -> Draft:
    return Draft(visit.site, asked.name, visit.who)


def _known(draft: Draft, identity: str) -> Upload:
    """A file of the draft. Raises RefusedError: 404 where there is none."""
    found = draft.upload(identity)
    if found is None:
        raise RefusedError(404, "not_found")
    return found


def _standing(upload: Upload, status: int = 200) -> JSONResponse:
    told = {"id": upload.identity, "offset": upload.offset, "whole": upload.whole}
    return JSONResponse(told, status)


def _fault(visit: Visit, error: ConfigError, status: int = 422) -> JSONResponse:
    told = {"said": worded(error.message, visit.lang), "advice": worded(error.hint, visit.lang)}
    return JSONResponse(told, status)


def _refused(request: Request, visit: Visit, asked: Named, error: PhotoproofError) -> Response:
    """The fault as a page, which leads back."""
    return page(
        request,
        "fault",
        visit.session,
        status=409,
        h=words("hand_in", visit.lang),
        back=f"/cohorts/{asked.name}" + "/hand-in" * isinstance(error, ConfigError),
        said=worded(error.message, visit.lang),
        advice=worded(error.hint, visit.lang),
    )


def _back(request: Request, asked: Named) -> Response:
    return go(request, f"/cohorts/{asked.name}/hand-in")
