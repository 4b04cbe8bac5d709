"""Who changed between two runs, and why, as far as their stores tell.

`records` holds the result, `causes` finds what a student's change goes back to, `compare` reads the
two stores. See `docs/regress.md`.
"""

from pipeline.assurance.drift.compare import diff
from pipeline.assurance.drift.records import Cause, Change, Delta, Drift, causes_text, write_drift

__all__ = ["Cause", "Change", "Delta", "Drift", "causes_text", "diff", "write_drift"]
