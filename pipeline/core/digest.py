"""One digest of several things, by which it is seen whether any of them has changed."""

from __future__ import annotations

import hashlib
import json


def digest_of(*parts: object) -> str:
    """sha256 of what JSON can say of them; the order of a table's keys does not matter."""
    # In ASCII: file names in another encoding come with surrogates, which UTF-8 refuses.
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
