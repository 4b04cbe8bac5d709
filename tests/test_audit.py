"""`make audit`: what could not be asked about is never taken for sound."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest
from places import ROOT

_SPEC = importlib.util.spec_from_file_location("audit", ROOT / "docs" / "audit.py")
assert _SPEC
assert _SPEC.loader
audit: Any = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(audit)

SOUND = {"name": "rich", "version": "15.0.0", "vulns": []}
FAULTY = {"name": "pillow", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}
UNKNOWN = {"name": "onnx", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("found", "code", "said"),
    [
        ([SOUND], 0, ["1 packages asked about, 0 vulnerabilities known."]),
        ([SOUND, UNKNOWN], 0, ["NOT AUDITED: 1 packages"]),
        ([UNKNOWN], 3, ["NOT AUDITED: the source"]),
        ([FAULTY, UNKNOWN], 1, ["pillow 1: CVE-1, mended in 2", "NOT AUDITED: 1 packages"]),
    ],
)
def test_what_is_said(found: list[dict[str, object]], code: int, said: list[str]) -> None:
    exit_code, lines = audit.report(found)
    assert exit_code == code
    assert all(any(line.startswith(part) for line in lines) for part in said)
