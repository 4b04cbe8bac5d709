from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_browsing import served


@pytest.fixture(scope="module")
def url(run: Path) -> Iterator[str]:
    """Where the desk of a module's own run is served."""
    with served(run) as (_, address):
        yield address.rstrip("/")
