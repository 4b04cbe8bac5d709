"""Jinja2 pages: everything escaped, no script or style in the page itself."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import Request
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from pipeline.core.reasons import Language
from pipeline.desk.accounts import Session
from pipeline.desk.web.visits import language
from pipeline.desk.words import words
from pipeline.report import words as report_words
from pipeline.report.view import SYMBOLS

STATE_SYMBOLS = {
    "": "✓",
    "todo": "○",
    "reshoot": "◉",
    "correct": "↻",
    "file": "▤",
    "student": "◔",
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
    """One page in the visitor's language."""
    lang = language(request)
    template = _environment().get_template(f"{name}.html.jinja")
    text = template.render(
        lang=lang,
        t=words("ui", lang),
        w=_vocabulary(lang),
        session=session,
        accounts=request.app.state.accounts,
        here=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        symbols=SYMBOLS,
        state_symbols=STATE_SYMBOLS,
        **values,
    )
    return HTMLResponse(text, status)


@cache
def _vocabulary(lang: Language) -> dict[str, dict[str, str]]:
    """Words by section: the report's and the desk's own."""
    own = ("state", "need", "feature", "sight", "role", "action", "queue", "refusal")
    shared = ("decision", "reason", "category", "measure", "verdict", "ui")
    report = {section: report_words.words(section, lang) for section in shared}
    report["reason"] = {**report["reason"], **words("queue", lang)}
    report["report"] = report.pop("ui")
    return report | {section: words(section, lang) for section in own}


@cache
def static(name: str) -> tuple[bytes, str] | None:
    """A style sheet or script and its type, by name; the report's sheet is the desk's base."""
    known = {
        "report.css": ("pipeline.report", "templates"),
        "desk.css": ("pipeline.desk.web", "static"),
        "desk.js": ("pipeline.desk.web", "static"),
        "compare.js": ("pipeline.desk.web", "static"),
        "theme.js": ("pipeline.desk.web", "static"),
        "icon.svg": ("pipeline.desk.web", "static"),
    }
    if name not in known:
        return None
    package, folder = known[name]
    content = files(package).joinpath(folder, name).read_bytes()
    return content, _TYPES[name.rpartition(".")[2]]
