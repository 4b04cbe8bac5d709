"""Encryption at rest: pictures, templates and comments by AES-256-GCM, each bound to its place.

Every store has a key of its own, kept in it, encrypted by the site's key (`core.site_key`). So a
new site key encrypts that small key anew and no picture. Where the site's key is forgotten, all
copies of the store are unreadable, on backups too.
"""

from __future__ import annotations

import hashlib
import os
from base64 import b64decode, b64encode
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from pipeline.core.errors import InstallationError, StoreError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_MARK = b"PPs1"  # before everything sealed; no JPEG and no template begins so
_TEXT_MARK = "sealed:"
_NONCE = 12  # bytes, drawn at random: below 2^32 texts a key (NIST SP 800-38D, 8.3)
_WRAPPED = b"photoproof store key"


class WrongKeyError(StoreError):
    """None of the keys given opens it, or what was kept has been changed."""

    def __init__(self) -> None:
        super().__init__(
            "What is encrypted in the run's folder was changed or moved", "Compare with a backup."
        )


class Seal:
    """Closes and opens what one store keeps.

    Args:
        key: 32 bytes; None for a store that is not encrypted, whose texts stay as they are.
    """

    def __init__(self, key: bytes | None = None) -> None:
        self._cipher = _cipher(key) if key else None

    def close(self, content: bytes, place: str) -> bytes:
        """What is kept of a content; `place` is where it belongs, and nowhere else opens it."""
        if self._cipher is None:
            return content
        nonce = os.urandom(_NONCE)
        return _MARK + nonce + self._cipher.encrypt(nonce, content, place.encode())

    def open(self, kept: bytes, place: str) -> bytes:
        """The content again.

        Raises:
            WrongKeyError: It was changed, moved from its place, or closed by another key.
        """
        if self._cipher is None or not kept.startswith(_MARK):
            return kept
        from cryptography.exceptions import InvalidTag

        nonce, rest = kept[len(_MARK) :][:_NONCE], kept[len(_MARK) + _NONCE :]
        try:
            return self._cipher.decrypt(nonce, rest, place.encode())
        except (InvalidTag, ValueError) as error:  # changed, or cut off
            raise WrongKeyError from error

    def close_text(self, text: str, place: str) -> str:
        """The same of a text; an empty one says nothing and stays empty."""
        if self._cipher is None or not text:
            return text
        return _TEXT_MARK + b64encode(self.close(text.encode(), place)).decode()

    def open_text(self, kept: str, place: str) -> str:
        """The text again. Raises WrongKeyError as `open` does."""
        if self._cipher is None or not kept.startswith(_TEXT_MARK):
            return kept
        return self.open(b64decode(kept.removeprefix(_TEXT_MARK)), place).decode()


def place_of(student_key: str, slot: str) -> str:
    """Where a picture or a template belongs."""
    return f"{student_key}\0{slot}"


def wrapped(store_key: bytes, site_key: bytes) -> str:
    """A store's key as the store keeps it."""
    nonce = os.urandom(_NONCE)
    closed = _cipher(site_key).encrypt(nonce, store_key, _WRAPPED)
    return b64encode(_name(site_key) + nonce + closed).decode()


def unwrapped(kept: str, site_keys: Sequence[bytes]) -> bytes:
    """A store's key again.

    Raises:
        WrongKeyError: None of the site's keys has closed it.
    """
    data = b64decode(kept)
    for site_key in site_keys:
        if data[:8] == _name(site_key):
            from cryptography.exceptions import InvalidTag

            try:
                return _cipher(site_key).decrypt(data[8:20], data[20:], _WRAPPED)
            except InvalidTag as error:
                raise WrongKeyError from error
    raise WrongKeyError


def encryption_is_here() -> bool:
    """Whether the package for it is installed."""
    return find_spec("cryptography") is not None


def _name(site_key: bytes) -> bytes:
    """What tells keys apart and nothing of them."""
    return hashlib.sha256(b"photoproof site key" + site_key).digest()[:8]


def _cipher(key: bytes) -> AESGCM:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError as error:
        raise InstallationError("encryption_missing") from error
    return AESGCM(key)
