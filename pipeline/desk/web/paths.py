"""Paths of an application: what a proxy keeps for it, what lies within, where to go back to."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import RedirectResponse

_OWN_PATH = re.compile(r"/(?![/\\])[\x21-\x7e]*")


def base(request: Request) -> str:
    """The path that a proxy keeps for the desk, which every address of ours begins with."""
    return str(request.scope.get("root_path", ""))


def home(request: Request) -> str:
    """The path of the whole: a hub's, where the desk is part of one, else the desk's own."""
    return str(request.scope.get("app_root_path", base(request)))


def inside(request: Request) -> str:
    """The request's path within the desk."""
    return request.url.path.removeprefix(base(request))


def go(request: Request, path: str) -> RedirectResponse:
    """Send the browser on to a path within the desk."""
    return RedirectResponse(base(request) + path, 303)


def own_path(text: str) -> str:
    """A path of ours to go back to; anything else becomes the queue."""
    return text if _OWN_PATH.fullmatch(text) else "/"


Back = Annotated[str, Depends(lambda back="/": own_path(back))]
