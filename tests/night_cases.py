"""A good photo, a policy that keeps templates, and the rows of a night's result."""

from __future__ import annotations

import csv
from collections.abc import Callable

from pipeline.core.policy import load_policy
from pipeline.night.nightly import Outputs

Go = Callable[..., tuple[Outputs, list[str]]]
GOOD = "score=0.9"
KEEPING = load_policy(None, {"privacy": {"keep_templates": True}})


def rows(outputs: Outputs) -> list[dict[str, str]]:
    with outputs.csv.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
