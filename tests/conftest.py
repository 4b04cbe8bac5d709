from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from hypothesis import settings
from places import SHARED

from pipeline.core.policy import Policy, Profile, load_policy, load_profile

# The terminal of whoever runs the tests, its width and its language, is not the tests'.
for name in ("COLUMNS", "LINES", "LANGUAGE", "LC_ALL", "LC_MESSAGES"):
    os.environ.pop(name, None)
os.environ["LANG"] = "C.UTF-8"
# Every worker, and every command that a test gives, would compile program and tests anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
import pipeline.cli.console  # noqa: E402, F401 - a console keeps the width that it was made with

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from written import Night

    from pipeline.sample.cohort import SampleCohort

# Locally every run tries new examples; CI must give the same answer twice, however slow it is.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, or a worker would be at it alone when all else is done."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """What is imported and collected stays; no garbage collection is to look at it again."""
    gc.collect()
    gc.freeze()


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


@pytest.fixture(scope="session")
def for_all(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the processes of pytest-xdist have in common."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def sample(for_all: Path) -> SampleCohort:
    """The sample cohort, built by the first that needs it; to be read, or copied and changed."""
    from pipeline.sample import sources  # late: most tests need none of it
    from pipeline.sample.cohort import build

    with FileLock(for_all / "sample.lock"):
        return build(for_all / "sample", sources.fetch())


@pytest.fixture(scope="session")
def sample_night(for_all: Path, sample: SampleCohort) -> Night:
    """A whole night over the sample cohort by the command; made once, to be read or copied."""
    from written import night

    with FileLock(for_all / "night.lock"):
        return night(sample, for_all / "night")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium, one a module."""
    from browsing import chromium  # late: most tests need none

    with chromium() as started:
        yield started
