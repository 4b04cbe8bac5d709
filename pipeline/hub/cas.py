"""Signing in through the school: CAS, the sign-in of most Chinese universities.

The browser comes back with a ticket, and the server asks the school whose it is (protocol 2 or 3).
CAS knows no state, so the address to return to carries ours: a ticket is good for that address
alone, and so for the browser that went with it, and nobody can be sent in with another's.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from urllib.parse import urlencode
from xml.etree import ElementTree

from pipeline.core.errors import InstallationError
from pipeline.hub.away import RETURN, WAIT_S, Away, SchoolError
from pipeline.site.login import Cas

_PATHS = {2: "/serviceValidate", 3: "/p3/serviceValidate"}  # CAS protocol 3.0.3, 2.5 and 2.8
_IN_CAS = "{http://www.yale.edu/tp/cas}"
_PAGE = re.compile(r"\s*<(!doctype\s+)?html\b", re.IGNORECASE)
# What the provider may say against a ticket (the same document, 2.5.3); nothing else of it is kept.
_REASONS = {
    *("INVALID_TICKET", "INVALID_TICKET_SPEC", "INVALID_SERVICE", "INVALID_REQUEST"),
    *("UNAUTHORIZED_SERVICE", "UNAUTHORIZED_SERVICE_PROXY", "INTERNAL_ERROR"),
}


class CasServer:
    """The school's CAS server.

    Args:
        known: What the site's file says of it.
        url: The site's own address, to which people come back.

    Raises:
        InstallationError: The extra `cas` is not installed.
    """

    def __init__(self, known: Cas, url: str) -> None:
        try:
            import httpx2

            from pipeline.hub.asking import Bounded
        except ImportError as error:
            raise InstallationError("no_cas") from error
        self._known, self._base = known, known.server.rstrip("/")
        self._client_of, self._bounded = httpx2.Client, Bounded
        # What a server that is away, or answers no HTTP, comes to.
        self._failing = httpx2.HTTPError, httpx2.InvalidURL
        self._tls = ssl.create_default_context()
        self._return = url.rstrip("/") + RETURN
        self._away = Away()

    def leave(self, browser: str, back: str) -> str:
        """The server's address for somebody who wants to sign in.

        Args:
            browser: What the browser is known by when it comes back.
            back: Where it wants to go then.

        Raises:
            SchoolError: Too many are on their way.
        """
        service = self._service(self._away.leave(browser, back))
        return f"{self._base}/login?{urlencode({'service': service})}"

    def come_back(self, browser: str, given: Mapping[str, str]) -> tuple[str, str]:
        """Who came back, by name, and where they want to go.

        Args:
            browser: What it is known by.
            given: What the server has sent along.

        Raises:
            SchoolError: It is not the browser that went, the server refuses the ticket or cannot
                be reached, or what it says is not sound.
        """
        state = given.get("state", "")
        one = self._away.come_back(browser, state)
        if not given.get("ticket"):
            raise SchoolError("school_refused", "refused")
        asked = {"service": self._service(state), "ticket": given["ticket"]}
        with self._away.asking():
            try:
                answer = self._answer(asked)
            except self._failing as error:
                raise SchoolError("school_unreachable", type(error).__name__) from error
        return name_in(answer, self._known.attribute), one.back

    def _service(self, state: str) -> str:
        return f"{self._return}?{urlencode({'state': state})}"

    def _answer(self, asked: dict[str, str]) -> bytes:
        """What the server says of a ticket."""
        place = self._base + _PATHS[self._known.protocol]
        transport = self._bounded(self._tls)
        with self._client_of(transport=transport, timeout=WAIT_S, trust_env=False) as client:
            return client.get(place, params=asked).raise_for_status().content


def name_in(answer: bytes, attribute: str) -> str:
    """The name of whose a ticket is, by the server's answer.

    Args:
        answer: XML in UTF-8.
        attribute: Which one is their name here; "" for the user that CAS itself names.

    Raises:
        SchoolError: The ticket is nobody's, or the answer is not sound.
    """
    told = _told(answer)
    if told.tag == _IN_CAS + "authenticationFailure":
        code = told.get("code", "")
        key = "school_unreachable" if code == "INTERNAL_ERROR" else "school_refused"
        raise SchoolError(key, code.lower() if code in _REASONS else "refused")
    if told.tag != _IN_CAS + "authenticationSuccess" or told.find(_IN_CAS + "proxies") is not None:
        raise SchoolError("school_unsound", "answer")
    around = told.findall(_IN_CAS + "attributes") if attribute else [told]
    wanted = _IN_CAS + (attribute or "user")
    names = [one for part in around for one in part if one.tag == wanted]
    name = (names[0].text or "").strip() if len(names) == 1 else ""
    if not name:
        raise SchoolError("school_unsound", "no_name")
    return name


def _told(answer: bytes) -> ElementTree.Element:
    """The one thing that an answer says."""
    try:
        text = answer.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SchoolError("school_unsound", "encoding") from error
    if _PAGE.match(text):  # for people, such as one of works in progress
        raise SchoolError("school_unreachable", "page")
    # Without one there are no entities, so that nothing grows or is fetched.
    if "<!DOCTYPE" in text:
        raise SchoolError("school_unsound", "doctype")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - the line above
    except ElementTree.ParseError as error:
        raise SchoolError("school_unreachable", "junk") from error
    if root.tag != _IN_CAS + "serviceResponse" or len(root) != 1:
        raise SchoolError("school_unsound", "answer")
    return root[0]
