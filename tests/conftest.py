from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from places import SHARED

from pipeline.core.policy import Policy, Profile, load_policy, load_profile

# The terminal of whoever runs the tests, its width and its language, is not the tests'.
for name in ("COLUMNS", "LINES", "LANGUAGE", "LC_ALL", "LC_MESSAGES"):
    os.environ.pop(name, None)
os.environ["LANG"] = "C.UTF-8"
import pipeline.cli.console  # noqa: E402, F401 - a console keeps the width that it was made with

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Locally every run tries new examples; CI must give the same answer twice, however slow it is.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The measuring pictures beside the project; absent on most machines."""
    if not SHARED.is_dir():
        pytest.skip("../shared/data is absent: these pictures are not part of the project")
    return SHARED


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy()


@pytest.fixture(scope="session")
def profile(policy: Policy) -> Profile:
    return load_profile(policy.profile)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium, one a module."""
    from browsing import chromium  # late: most tests need none

    with chromium() as started:
        yield started
