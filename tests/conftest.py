from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.policy import Policy, Profile, load_policy, load_profile

SHARED = Path(__file__).parents[2] / "shared" / "data"


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
