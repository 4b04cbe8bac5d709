"""Signing in through the school: OpenID Connect, authorization code with PKCE.

The school says who somebody is; what they may do, and whether they have an account at all, is the
site's own word. Authlib speaks with the provider, joserfc reads what it has signed.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Any

from pipeline.core.errors import InstallationError
from pipeline.hub.away import RETURN, WAIT_S, Away, SchoolError, Traveller
from pipeline.site.login import Oidc

_KNOWN_S = 3600  # so long what the provider says of itself counts
_LEEWAY_S = 60  # between two machines' clocks
# Signed with keys that the provider alone has: never with a secret that is shared, never unsigned.
_SIGNED_BY = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]


class OpenId:
    """The school's OpenID provider.

    Args:
        known: What the site's file says of it.
        secret: This site's, as a client of the provider.
        url: The site's own address, to which people come back.

    Raises:
        InstallationError: The extra `oidc` is not installed.
    """

    def __init__(self, known: Oidc, secret: str, url: str) -> None:
        try:
            import httpx2
            from authlib.common.errors import AuthlibBaseError
            from authlib.integrations.httpx_client import OAuth2Client

            from pipeline.hub.asking import Bounded
        except ImportError as error:
            raise InstallationError("no_oidc") from error
        self._client_of, self._known, self._secret = OAuth2Client, known, secret
        self._bounded = Bounded
        # What a provider that is away, or answers something else, comes to.
        self._failing = (
            *(AuthlibBaseError, httpx2.HTTPError, httpx2.InvalidURL),
            *(ValueError, TypeError, KeyError, AttributeError),
        )
        self._tls = ssl.create_default_context()  # loading the system's certificates takes long
        self._redirect = url.rstrip("/") + RETURN
        self._said: dict[str, tuple[float, dict[str, Any]]] = {}
        self._away = Away()

    def leave(self, browser: str, back: str) -> str:
        """The provider's address for somebody who wants to sign in.

        Args:
            browser: What the browser is known by when it comes back.
            back: Where it wants to go then.

        Raises:
            SchoolError: The provider cannot be reached, or too many are on their way.
        """
        nonce, verifier = token_urlsafe(24), token_urlsafe(48)
        with self._away.asking(), self._client() as client:
            place = self._about(client)["authorization_endpoint"]
            url, _ = client.create_authorization_url(
                place,
                state=self._away.leave(browser, back, nonce, verifier),
                nonce=nonce,
                code_verifier=verifier,
            )
        return str(url)

    def come_back(self, browser: str, given: Mapping[str, str]) -> tuple[str, str]:
        """Who came back, by name, and where they want to go.

        Args:
            browser: What it is known by.
            given: What the provider has sent along.

        Raises:
            SchoolError: It is not the browser that went, the provider refuses or cannot be
                reached, or what it says is not sound.
        """
        one = self._away.come_back(browser, given.get("state", ""))
        if given.get("iss", self._known.issuer) != self._known.issuer:
            raise SchoolError("school_unsound", "issuer")
        if "error" in given or not given.get("code"):
            raise SchoolError("school_refused", "refused")
        with self._away.asking(), self._client() as client:
            claims = self._claims(client, given["code"], one)
        name = claims.get(self._known.claim)
        if not isinstance(name, str) or not name.strip():
            raise SchoolError("school_unsound", "no_name")
        return name.strip(), one.back

    def _client(self) -> Any:
        return self._client_of(
            self._known.client_id,
            self._secret,
            token_endpoint_auth_method="client_secret_basic",  # noqa: S106
            scope=self._known.scope,
            redirect_uri=self._redirect,
            code_challenge_method="S256",
            timeout=WAIT_S,
            transport=self._bounded(self._tls),
            leeway=0,  # a token that lives a minute is asked with at once
            trust_env=False,
        )

    def _claims(self, client: Any, code: str, one: Traveller) -> dict[str, Any]:
        """What the provider says of who came back; by its userinfo, where the token lacks it."""
        about = self._about(client)
        nonce, verifier = one.secrets
        try:
            token = client.fetch_token(about["token_endpoint"], code=code, code_verifier=verifier)
            claims = self._verified(client, str(token.get("id_token", "")), nonce)
            if self._known.claim in claims or "userinfo_endpoint" not in about:
                return claims
            more = client.get(about["userinfo_endpoint"]).raise_for_status().json()
        except self._failing as error:
            raise SchoolError("school_unreachable", type(error).__name__) from error
        if not isinstance(more, dict) or more.get("sub") != claims.get("sub"):
            raise SchoolError("school_unsound", "userinfo")
        return {**more, **claims}

    def _verified(self, client: Any, text: str, nonce: str) -> dict[str, Any]:
        """What an ID token says, once signature, issuer, audience, time and nonce are right."""
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        place = self._about(client)["jwks_uri"]
        registry = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": self._known.issuer},
            aud={"essential": True, "value": self._known.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            try:
                keys = KeySet.import_key_set(self._asked(client, place))  # type: ignore[arg-type]
                told = jwt.decode(text, keys, algorithms=_SIGNED_BY)
            except (JoseError, ValueError):  # the provider may have a new key
                keys = KeySet.import_key_set(self._asked(client, place, anew=True))  # type: ignore[arg-type]
                told = jwt.decode(text, keys, algorithms=_SIGNED_BY)
            registry.validate(told.claims)
        except (JoseError, ValueError) as error:
            raise SchoolError("school_unsound", type(error).__name__) from error
        claims = dict(told.claims)
        if claims.get("azp", self._known.client_id) != self._known.client_id:
            raise SchoolError("school_unsound", "azp")
        return claims

    def _about(self, client: Any) -> dict[str, Any]:
        """What the provider says of itself."""
        place = self._known.issuer.rstrip("/") + "/.well-known/openid-configuration"
        about = self._asked(client, place)
        wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if about.get("issuer") != self._known.issuer or not all(
            isinstance(about.get(name), str) for name in wanted
        ):
            raise SchoolError("school_unsound", "discovery")
        return about

    def _asked(self, client: Any, place: str, *, anew: bool = False) -> dict[str, Any]:
        """A document of the provider, asked for once an hour."""
        known = self._said.get(place)
        if known and not anew and time.monotonic() - known[0] < _KNOWN_S:
            return known[1]
        try:
            answer = client.request("GET", place, withhold_token=True)
            told = answer.raise_for_status().json()
        except self._failing as error:
            raise SchoolError("school_unreachable", type(error).__name__) from error
        if not isinstance(told, dict):
            raise SchoolError("school_unsound", "document")
        self._said[place] = time.monotonic(), told
        return told
