"""What pages are made with: their language, style sheets and scripts."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from pipeline.desk.web.cookies import LANGUAGE, keep
from pipeline.desk.web.pages import static
from pipeline.desk.web.paths import Back, go
from pipeline.desk.web.visits import LanguageName, RefusedError

router = APIRouter()


@router.get("/language/{name}")
def choose_language(request: Request, name: LanguageName, back: Back) -> Response:
    """Remember the language and go back."""
    response = go(request, back)
    keep(request, response, LANGUAGE, name)
    return response


@router.get("/static/{name}")
def asset(name: str) -> Response:
    """A style sheet, script or icon of ours; nothing else lies here."""
    found = static(name)
    if found is None:
        raise RefusedError(404, "not_found")
    content, kind = found
    return Response(content, media_type=kind, headers={"Cache-Control": "no-cache"})
