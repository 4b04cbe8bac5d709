"""A store's own key: kept in it, closed by the site's, drawn anew, forgotten."""

from __future__ import annotations

from contextlib import AbstractContextManager
from secrets import token_bytes
from typing import Protocol

from pipeline.core import site_key
from pipeline.core.errors import StoreError
from pipeline.store.sealing import Seal, WrongKeyError, unwrapped, wrapped

_NOTE = "seal"


class Notes(Protocol):
    """What of a store is needed here."""

    def note(self, name: str, value: str) -> None:
        """Keep a fact about the whole."""

    def noted(self, name: str) -> str:
        """A fact kept by `note`; "" if there is none."""

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing of what is written inside."""


class OwnKey:
    """The key of one store.

    Args:
        store: Keeps it.
        label: What messages call the store.
    """

    def __init__(self, store: Notes, label: str) -> None:
        self._store, self._label = store, label
        self._seal: Seal | None = None

    @property
    def seal(self) -> Seal:
        """Closes and opens what is encrypted in the store.

        Raises:
            StoreError: It is encrypted, and no key opens it.
            ConfigError: The site's key is configured wrongly.
        """
        if self._seal is None:
            kept = self._store.noted(_NOTE)
            self._seal = Seal(self._opened(kept, site_key.given()) if kept else None)
        return self._seal

    def unlock(self) -> None:
        """Say now, and not at the first picture, that no key opens this. Raises as `seal` does."""
        _ = self.seal

    def renew(self) -> None:
        """Forget the key and draw another, or none where the site has none.

        Call inside a transaction that leaves nothing closed by the old one.
        """
        keys, self._seal = site_key.given(), None
        self._store.note(_NOTE, wrapped(token_bytes(32), keys[0]) if keys else "")

    def close_anew(self) -> bool:
        """Close the key by the site's first one; False where the store is not encrypted.

        Raises:
            StoreError: No key opens it, or the file cannot be written.
        """
        kept, keys = self._store.noted(_NOTE), site_key.given()
        if not kept:
            return False
        with self._store.transaction():
            self._store.note(_NOTE, wrapped(self._opened(kept, keys), keys[0]))
        return True

    def _opened(self, kept: str, keys: tuple[bytes, ...]) -> bytes:
        try:
            return unwrapped(kept, keys)
        except WrongKeyError as error:
            how = "with another key" if keys else "and no key is given"
            raise StoreError(
                "store_encrypted", label=self._label, how=how, file=site_key.FILE
            ) from error
