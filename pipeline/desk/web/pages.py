"""Jinja2 pages: everything escaped, no script or style in the page itself."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import Request
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from pipeline.core.words import Language, languages, words
from pipeline.desk.accounts import Session
from pipeline.desk.web.visits import base, inside, language
from pipeline.report.view import SYMBOLS

STATE_SYMBOLS = {
    "": "✓",
    "todo": "○",
    "reshoot": "◉",
    "correct": "↻",
    "file": "▤",
    "student": "◔",
    "night": "☾",
    "done": "✓",
}
_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


@cache
def _environment() -> Environment:
    return Environment(
        # Shared components lie with the report.
        loader=ChoiceLoader([PackageLoader("pipeline.desk.web"), PackageLoader("pipeline.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(
    request: Request,
    name: str,
    session: Session | None = None,
    status: int = 200,
    **values: Any,
) -> HTMLResponse:
    """One page in the visitor's language, with the menu of whoever has come in."""
    session = session or getattr(request.state, "session", None)
    lang = language(request)
    template = _environment().get_template(f"{name}.html.jinja")
    text = template.render(
        lang=lang,
        t=words("desk", lang),
        w=_vocabulary(lang),
        languages={code: words("language", code) for code in languages()},
        session=session,
        accounts=request.app.state.accounts,
        base=base(request),
        here=inside(request) + (f"?{request.url.query}" if request.url.query else ""),
        symbols=SYMBOLS,
        state_symbols=STATE_SYMBOLS,
        **values,
    )
    return HTMLResponse(text, status)


_TABLES = (
    *("decision", "category", "remedy", "verdict", "report", "language"),
    *("state", "need", "feature", "sight", "role", "action", "queue", "refusal", "intake", "fate"),
    *("choice", "band", "found"),
)


@cache
def _vocabulary(lang: Language) -> dict[str, Mapping[str, str]]:
    """The catalogue's tables that pages need; the queue has reasons of its own."""
    tables = {name: words(name, lang) for name in _TABLES}
    return tables | {"reason": {**words("reason", lang), **words("queue", lang)}}


@cache
def static(name: str) -> tuple[bytes, str] | None:
    """A style sheet or script and its type, by name; the report's sheet is the desk's base."""
    known = {
        "report.css": ("pipeline.report", "templates"),
        "desk.css": ("pipeline.desk.web", "static"),
        "desk.js": ("pipeline.desk.web", "static"),
        "compare.js": ("pipeline.desk.web", "static"),
        "theme.js": ("pipeline.desk.web", "static"),
        "help.js": ("pipeline.desk.web", "static"),
        "icon.svg": ("pipeline.desk.web", "static"),
    }
    if name not in known:
        return None
    package, folder = known[name]
    content = files(package).joinpath(folder, name).read_bytes()
    return content, _TYPES[name.rpartition(".")[2]]
