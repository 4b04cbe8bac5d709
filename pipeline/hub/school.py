"""The school's own sign-in: it says who somebody is, the site whether they come in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from pipeline.core.errors import ConfigError
from pipeline.site.login import SECRET, Login


class School(Protocol):
    """A way to the school's provider and back; it raises `away.SchoolError` where it ends."""

    def leave(self, browser: str, back: str) -> str:
        """The provider's address for somebody who wants to sign in.

        Args:
            browser: What the browser is known by when it comes back.
            back: Where it wants to go then.
        """

    def come_back(self, browser: str, given: Mapping[str, str]) -> tuple[str, str]:
        """Who came back, by name, and where they want to go.

        Args:
            browser: What it is known by.
            given: What the provider has sent along.
        """


def school_of(known: Login, url: str, environment: Mapping[str, str]) -> School | None:
    """The school's provider; None where the site's file names none.

    Raises:
        ConfigError: The client's secret is not there.
        InstallationError: The extra that it needs is not installed.
    """
    if known.cas:
        from pipeline.hub.cas import CasServer

        return CasServer(known.cas, url)
    if known.oidc is None:
        return None
    secret = environment.get(SECRET, "")
    if not secret:
        raise ConfigError("oidc_secret_missing", variable=SECRET)
    from pipeline.hub.oidc import OpenId

    return OpenId(known.oidc, secret, url)
