"""Cookies of an application: named by its port and run, read by no script."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from pipeline.desk.web.paths import home

COOKIE, KNOCK, LANGUAGE = "photoproof", "photoproof_knock", "photoproof_lang"


def cookie_name(request: Request, name: str) -> str:
    """What a cookie is called here.

    Browsers send a host's cookies to all of its ports: port and run are part of the name, so that
    desks on one host do not end each other's sessions. `__Host-` lets no other host set it, and
    wants the path "/"; under a path of its own the desk's cookies go to nobody else's pages.
    """
    _, port = request.scope.get("server") or ("", 0)
    prefix = ""
    if request.url.scheme == "https":
        prefix = "__Secure-" if home(request) else "__Host-"
    return f"{prefix}{name}_{port}_{request.app.state.instance}"


def kept(request: Request, name: str) -> str:
    """A cookie's value, "" where there is none."""
    return request.cookies.get(cookie_name(request, name), "")


def drop(request: Request, response: Response, name: str) -> None:
    """Forget a cookie."""
    secure = request.url.scheme == "https"
    path = home(request) or "/"
    response.delete_cookie(cookie_name(request, name), path, secure=secure, httponly=True)


def keep(
    request: Request, response: Response, name: str, value: str, *, along_links: bool = False
) -> None:
    """Set a cookie that no script can read.

    No other site can send it, but that the session's comes along with a link: the report's lead to
    cases. What changes something is no link, and needs the token of our own page besides.
    """
    response.set_cookie(
        cookie_name(request, name),
        value,
        path=home(request) or "/",
        httponly=True,
        samesite="lax" if along_links or name == COOKIE else "strict",
        secure=request.url.scheme == "https",
    )
