"""The part of the policy that says whether ID cards are read."""

from __future__ import annotations

from pipeline.core.standard import Strict


class CardPolicy(Strict):
    """Whether name and number on ID cards are held against the roster.

    Attributes:
        read: Needs the weights of `photoproof models pull --with ocr`.
    """

    read: bool
