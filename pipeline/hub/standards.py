"""What a machine's picture is judged by: a cohort's policy and photo standard, or a shipped one."""

from __future__ import annotations

from functools import cache

from pipeline.core.policy import profile_names
from pipeline.hub.checking import Rules
from pipeline.night.rules import rules_of
from pipeline.site.config import Site


class UnknownRulesError(Exception):
    """A cohort or a photo standard of that name is not known.

    Attributes:
        key: "no_cohort" or "no_profile".
        known: The names that are.
    """

    def __init__(self, key: str, known: tuple[str, ...]) -> None:
        super().__init__(key)
        self.key = key
        self.known = known


class Standards:
    """The rules of a site by name, each read once.

    Names lead to files that the site's own file says, and to no others.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._rules = cache(self._read)

    def rules(self, cohort: str = "", profile: str = "") -> Rules:
        """As `photoproof check --cohort COHORT --profile PROFILE` judges; each may be "".

        Raises:
            UnknownRulesError: There is no such cohort, or no such shipped standard.
            ConfigError: The cohort's policy or standard has a fault.
        """
        if cohort and cohort not in self._site.cohorts:
            raise UnknownRulesError("no_cohort", tuple(self._site.cohorts))
        if profile and profile not in profile_names():
            raise UnknownRulesError("no_profile", tuple(profile_names()))
        return self._rules(cohort, profile)

    def _read(self, cohort: str, profile: str) -> Rules:
        own = self._site.cohorts[cohort].policy if cohort else None
        policy = None if own is None else self._site.path(own)
        named = profile or (self._site.profile_of(cohort) if cohort else None)
        return Rules(*rules_of(policy, named))
