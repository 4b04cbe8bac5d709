"""A school's CAS server for tests: a real one over HTTP; a ticket is good once, for one service.

It lets in whoever `who` names, and can be told to do one thing wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from secrets import token_urlsafe
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from served_app import listening, served, without_end
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMB = f'<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>'
LEAK = '<!DOCTYPE x [<!ENTITY l9 SYSTEM "file:///etc/hostname">]>'


@dataclass
class Server:
    """What it says, and of whom.

    Attributes:
        who: Who sits at the browser.
        attributes: What is said of them besides, by protocol 3 alone.
        fault: What `_wrongly` knows; "" for none.
        answer: Said of every ticket, whatever it is, where it is not empty.
        asked: How often it was asked for a ticket's owner.
    """

    address: str = ""
    who: str = "wang"
    attributes: tuple[tuple[str, str], ...] = ()
    fault: str = ""
    answer: bytes = b""
    asked: int = 0
    _tickets: dict[str, tuple[str, str]] = field(default_factory=dict)

    def app(self) -> Starlette:
        """The web application."""
        return Starlette(
            routes=[
                Route("/cas/login", self._login),
                Route("/cas/serviceValidate", self._validate),
                Route("/cas/p3/serviceValidate", self._validate),
            ]
        )

    def ticket(self, service: str) -> str:
        """A ticket for a service, as another login of `who` would bring it."""
        made = f"ST-{token_urlsafe(16)}"
        self._tickets[made] = service, self.who
        return made

    def _login(self, request: Request) -> Response:
        service = request.query_params["service"]
        given = urlencode({"ticket": self.ticket(service)})
        return RedirectResponse(f"{service}{'&' if '?' in service else '?'}{given}", 302)

    def _validate(self, request: Request) -> Response:
        self.asked += 1
        service, who = self._tickets.pop(request.query_params["ticket"], ("", ""))
        if not who:
            said = failure("INVALID_TICKET")
        elif service != request.query_params["service"]:
            said = failure("INVALID_SERVICE")
        else:
            third = request.url.path.startswith("/cas/p3/")
            said = success(who, self.attributes if third else ())
        return self._wrongly() or Response(self.answer or said, media_type="application/xml")

    def _wrongly(self) -> Response | None:
        match self.fault:
            case "down":
                return Response(status_code=503)
            case "moved":
                return RedirectResponse("https://elsewhere.example/", 302)
            case "huge":
                return Response(success("wang" * 100_000))
        return without_end(self.fault)


def success(who: str, attributes: tuple[tuple[str, str], ...] = (), head: str = "") -> bytes:
    """What is said of a ticket that is somebody's; names are escaped, unless with a `head`."""
    around = "".join(f"<cas:{key}>{escape(value)}</cas:{key}>" for key, value in attributes)
    name = who if head else escape(who)
    return response(
        f"<cas:authenticationSuccess><cas:user>{name}</cas:user>"
        f"<cas:attributes>{around}</cas:attributes></cas:authenticationSuccess>",
        head,
    )


def failure(code: str) -> bytes:
    """What is said of a ticket that is not good."""
    said = f'<cas:authenticationFailure code="{code}">no</cas:authenticationFailure>'
    return response(said)


def response(inner: str, head: str = "") -> bytes:
    """An answer as the protocol has it."""
    name = "cas:serviceResponse"
    said = f'{head}<{name} xmlns:cas="http://www.yale.edu/tp/cas">{inner}</{name}>'
    return said.encode()


@contextmanager
def serving() -> Iterator[Server]:
    """A CAS server on the loopback."""
    with listening() as (listener, address):
        server = Server(address=f"{address}/cas")
        with served(server.app(), listener):
            yield server
