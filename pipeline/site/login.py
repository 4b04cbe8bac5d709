"""How people of a site sign in besides by a password: `[login.oidc]` of the site's file."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import StringConstraints, field_validator

from pipeline.core.standard import Strict

SECRET = "PHOTOPROOF_OIDC_SECRET"  # noqa: S105 - the environment variable that holds the client's secret

Word = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Oidc(Strict):
    """The school's own sign-in, by OpenID Connect.

    Attributes:
        issuer: Its address, as the school's provider calls itself.
        client_id: What this site is registered there as.
        claim: Of what is said of a person, that which is their account's name here.
        scope: What is asked for.
    """

    issuer: Word
    client_id: Word
    claim: Word = "preferred_username"
    scope: Word = "openid profile"

    @field_validator("issuer")
    @classmethod
    def _encrypted(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme == "https" and parts.netloc:
            return value
        if parts.scheme == "http" and _here(parts.hostname or ""):
            return value
        raise ValueError("must be an address that begins with https://")

    @field_validator("scope")
    @classmethod
    def _of_openid(cls, value: str) -> str:
        if "openid" not in value.split():
            raise ValueError("must hold `openid`")
        return value


class Login(Strict):
    """Ways to sign in."""

    oidc: Oidc | None = None


def _here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
