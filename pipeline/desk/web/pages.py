"""Jinja2 pages: everything escaped, no script or style in the page itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import Request
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from pipeline.core.moments import local_minute
from pipeline.core.words import Language, languages, words
from pipeline.desk.accounts import Session
from pipeline.desk.web.paths import base, home, inside
from pipeline.desk.web.visits import language
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


class Pages:
    """The pages of one application.

    Args:
        packages: Where its templates lie, the first found counts; the report's, which hold shared
            components, come last.
        tables: Of the catalogue, in which a page's own words stand; a later one goes before.
        known: What every page of it is told besides.
    """

    def __init__(
        self, packages: Sequence[str], tables: Sequence[str], known: Mapping[str, object] = {}
    ) -> None:
        self._environment = Environment(
            loader=ChoiceLoader([*map(PackageLoader, (*packages, "pipeline.report"))]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["minute"] = local_minute
        self._tables, self._known = tables, known

    def page(
        self,
        request: Request,
        name: str,
        session: Session | None = None,
        status: int = 200,
        **values: Any,
    ) -> HTMLResponse:
        """One page in the visitor's language, with the menu of whoever has come in."""
        session = session or getattr(request.state, "session", None)
        lang = language(request)
        template = self._environment.get_template(f"{name}.html.jinja")
        text = template.render(
            lang=lang,
            t={key: said for table in self._tables for key, said in words(table, lang).items()},
            w=_vocabulary(lang),
            languages={code: words("language", code) for code in languages()},
            session=session,
            accounts=request.app.state.accounts,
            base=base(request),
            home=home(request),
            here=inside(request) + (f"?{request.url.query}" if request.url.query else ""),
            symbols=SYMBOLS,
            state_symbols=STATE_SYMBOLS,
            **self._known,
            **values,
        )
        return HTMLResponse(text, status)


@cache
def desk_pages() -> Pages:
    """The pages of a desk by itself."""
    return Pages(("pipeline.desk.web",), ("desk",), {"cohort": None})


def page(
    request: Request,
    name: str,
    session: Session | None = None,
    status: int = 200,
    **values: Any,
) -> HTMLResponse:
    """One page of the application that is asked (`Pages.page`)."""
    pages: Pages = request.app.state.pages
    return pages.page(request, name, session, status, **values)


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
        "hub.js": ("pipeline.desk.web", "static"),
        "icon.svg": ("pipeline.desk.web", "static"),
    }
    if name not in known:
        return None
    package, folder = known[name]
    content = files(package).joinpath(folder, name).read_bytes()
    return content, _TYPES[name.rpartition(".")[2]]
