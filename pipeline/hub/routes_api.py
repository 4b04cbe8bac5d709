"""The page that explains `/api` to whoever connects a booth or a mini-program."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from fastapi import APIRouter, Request
from starlette.responses import Response

from pipeline.core.words import words
from pipeline.desk.web.pages import page
from pipeline.desk.web.visits import language
from pipeline.hub.api_shape import REFUSED
from pipeline.site.config import Site

router = APIRouter()


@router.get("/api/")
def explain(request: Request) -> Response:
    """How a picture is sent, and what comes back; it tells nothing of the site's people."""
    site: Site = request.app.state.site
    return page(
        request,
        "api",
        a=words("api", language(request)),
        url=f"{_address(request, site)}/api/check",
        client=_client(),
        limits=site.check,
        refusals=REFUSED,
    )


def _address(request: Request, site: Site) -> str:
    """The hub's address, as its file says it for people; else as the browser asked for it."""
    return (site.desk.url or str(request.base_url)).rstrip("/")


@cache
def _client() -> str:
    return files("pipeline.hub").joinpath("templates", "check_photo.txt").read_text("utf-8")
