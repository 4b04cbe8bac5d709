"""What a night judges by: the policy with what a call asks for on top, and its photo standard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.manifest import OCR
from pipeline.core import policy as policies
from pipeline.core.policy import Policy, Profile
from pipeline.student.measures import all_measures


def parts_of(policy: Policy) -> tuple[str, ...]:
    """The parts of `models.manifest` that a night by this policy needs."""
    return (*policy.comparison.recognisers, *((OCR,) if policy.card.read else ()))


def rules_of(
    policy: Policy | Path | None, profile: str | None = None, search_owner: bool = False
) -> tuple[Policy, Profile]:
    """Policy and photo standard.

    Args:
        policy: A policy or its TOML file; the shipped one by default.
        profile: Photo standard, a shipped name or a TOML file; the policy's by default.
        search_owner: Search the cohort for the owner of a photo that is not its student's.

    Raises:
        ConfigError: Policy or profile is wrong.
    """
    overrides: dict[str, Any] = {"profile": profile} if profile else {}
    if search_owner:
        overrides["cohort"] = {"one_to_many": True}
    if isinstance(policy, Policy):
        rules = policies.altered(policy, overrides)
    else:
        rules = policies.load_policy(policy, overrides)
    return rules, policies.load_profile(rules.profile, all_measures())
