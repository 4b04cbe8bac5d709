"""Known vulnerabilities of what production installs: `make audit`.

pip-audit asks the package index's own service, which not every machine reaches. What it could not
ask about is said, so that silence is never taken for a clean bill. Exits with 1 where a
vulnerability is known and with 3 where nothing could be asked.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).parents[1] / "requirements.lock"


def report(found: list[dict[str, object]]) -> tuple[int, list[str]]:
    """The exit code and what to say of pip-audit's list of dependencies."""
    lines, asked, known = [], 0, 0
    for one in found:
        name = f"{one['name']} {one.get('version', '')}".rstrip()
        if "skip_reason" in one:
            continue
        asked += 1
        for fault in one["vulns"]:  # type: ignore[attr-defined]
            known += 1
            mended = ", ".join(fault["fix_versions"]) or "no version yet"
            lines.append(f"{name}: {fault['id']}, mended in {mended}")
    left = len(found) - asked
    if not asked:
        return 3, [
            f"NOT AUDITED: the source of vulnerabilities knows none of {left} packages here."
        ]
    lines.append(f"{asked} packages asked about, {known} vulnerabilities known.")
    if left:
        lines.append(f"NOT AUDITED: {left} packages that the source does not know.")
    return int(known > 0), lines


def main() -> int:
    """Ask about every locked package."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(LOCK), "--require-hashes"]
    command += ["--disable-pip", "--progress-spinner", "off", "--timeout", "15", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        why = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        sys.stdout.write(f"NOT AUDITED: the source of vulnerabilities is out of reach ({why})\n")
        return 3
    code, lines = report(found)
    sys.stdout.write("\n".join(lines) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
