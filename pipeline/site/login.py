"""How people of a site sign in besides by a password: `[login]` of the site's file."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from pipeline.core.standard import Strict

SECRET = "PHOTOPROOF_OIDC_SECRET"  # noqa: S105 - the environment variable that holds the client's secret


def _encrypted(value: str) -> str:
    """An address to which nobody listens on the way."""
    parts = urlsplit(value)
    if parts.scheme == "https" and parts.netloc:
        return value
    if parts.scheme == "http" and _here(parts.hostname or ""):
        return value
    raise ValueError("must be an address that begins with https://")


def _here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


Word = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Encrypted = Annotated[Word, AfterValidator(_encrypted)]


class Oidc(Strict):
    """The school's own sign-in, by OpenID Connect.

    Attributes:
        issuer: Its address, as the school's provider calls itself.
        client_id: What this site is registered there as.
        claim: Of what is said of a person, that which is their account's name here.
        scope: What is asked for.
    """

    issuer: Encrypted
    client_id: Word
    claim: Word = "preferred_username"
    scope: Word = "openid profile"

    @field_validator("scope")
    @classmethod
    def _of_openid(cls, value: str) -> str:
        if "openid" not in value.split():
            raise ValueError("must hold `openid`")
        return value


class Cas(Strict):
    """The school's own sign-in, by CAS.

    Attributes:
        server: The address under which its `/login` lies.
        attribute: Of what is said of a person, that which is their account's name here; "" for
            the user whom CAS names.
        protocol: 3 knows attributes; older servers speak 2.
    """

    server: Encrypted
    attribute: str = Field(default="", pattern=r"^[\w.-]*$", max_length=200)
    protocol: Literal[2, 3] = 3

    @field_validator("server")
    @classmethod
    def _bare(cls, value: str) -> str:
        if urlsplit(value).query or urlsplit(value).fragment:
            raise ValueError("must end before /login")
        return value


class Login(Strict):
    """Ways to sign in beside passwords: the school has one."""

    oidc: Oidc | None = None
    cas: Cas | None = None

    @property
    def by_school(self) -> bool:
        """Whether there is one."""
        return self.oidc is not None or self.cas is not None

    @model_validator(mode="after")
    def _one(self) -> Login:
        if self.oidc and self.cas:
            raise ValueError("`oidc` and `cas` are two ways to one school: keep one")
        return self
