"""A school's OpenID provider for tests: a real one over HTTP, which signs and checks PKCE.

It lets in whoever `who` names, and can be told to do one thing wrong.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from served_app import listening, served, without_end
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "photoproof", "the school gave us this"


@dataclass
class Provider:
    """What it says, and of whom.

    Attributes:
        who: Who sits at the browser.
        wrong: Claims of ID tokens that are to be others.
        fault: `key` signs by a key of nobody's, `shared` by the client's secret, `down` gives no
            token, `junk` and `page` something else, `refuse` lets nobody in, `elsewhere` says that
            it is another issuer. With a path, such as `slow /token`, what `without_end` answers
            there.
        in_userinfo: The name is told there alone.
    """

    issuer: str = ""
    who: str = "wang"
    wrong: dict[str, Any] = field(default_factory=dict)
    fault: str = ""
    in_userinfo: bool = False
    tokens: int = 0
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1"}))

    def renew_key(self) -> None:
        """Sign by another key from now on."""
        self._key = RSAKey.generate_key(2048, {"kid": token_urlsafe(4)})

    def app(self) -> Starlette:
        """The web application."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._about),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/jwks", self._jwks),
                Route("/userinfo", self._userinfo),
            ],
            middleware=[Middleware(BaseHTTPMiddleware, dispatch=self._wrongly)],
        )

    async def _wrongly(self, request: Request, go_on: RequestResponseEndpoint) -> Response:
        kind, _, path = self.fault.partition(" ")
        wrong = without_end(kind) if path == request.url.path else None
        return wrong or await go_on(request)

    def _about(self, _request: Request) -> Response:
        paths = {"authorization_endpoint": "authorize", "token_endpoint": "token"}
        paths |= {"jwks_uri": "jwks", "userinfo_endpoint": "userinfo"}
        said = {name: f"{self.issuer}/{path}" for name, path in paths.items()}
        issuer = "https://elsewhere.example" if self.fault == "elsewhere" else self.issuer
        return JSONResponse({"issuer": issuer, **said})

    def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        back = {"state": asked["state"], "iss": self.issuer}
        if self.fault == "refuse":
            back["error"] = "access_denied"
        else:
            back["code"] = token_urlsafe(8)
            self._codes[back["code"]] = asked
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 302)

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        asked = self._codes.pop(str(form["code"]), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        hashed = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        challenge = base64.urlsafe_b64encode(hashed).decode().rstrip("=")
        sound = (
            asked is not None
            and request.headers["authorization"] == f"Basic {basic}"
            and form["redirect_uri"] == asked["redirect_uri"]
            and challenge == asked["code_challenge"]
        )
        if not sound or asked is None or self.fault == "down":
            return JSONResponse({"error": "invalid_grant"}, 400)
        self.tokens += 1
        if self.fault == "junk":
            return JSONResponse(["no", "token"])
        if self.fault == "page":
            return Response("<html>", media_type="text/html")
        said = {"access_token": "a", "token_type": "Bearer", "expires_in": 60}
        return JSONResponse({**said, "id_token": self._signed(asked["nonce"])})

    def _signed(self, nonce: str) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": f"id-{self.who}",
            "nonce": nonce,
        }
        claims |= {"iat": now, "exp": now + 300}
        if not self.in_userinfo:
            claims["preferred_username"] = self.who
        claims |= self.wrong
        if self.fault == "shared":
            return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET * 2))
        key = RSAKey.generate_key(2048, {"kid": "1"}) if self.fault == "key" else self._key
        return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)

    def _jwks(self, _request: Request) -> Response:
        return JSONResponse(KeySet([self._key]).as_dict(private=False))

    def _userinfo(self, request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer a"
        return JSONResponse({"sub": f"id-{self.who}", "preferred_username": self.who})


@contextmanager
def serving() -> Iterator[Provider]:
    """A provider on the loopback."""
    with listening() as (listener, address):
        provider = Provider(issuer=address)
        with served(provider.app(), listener):
            yield provider
