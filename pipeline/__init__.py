"""The photoproof pipeline: from a roster and a folder of photos to a review report.

`__all__` is the public API (`docs/api.md`). Everything else may change without notice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = ["Assessment", "Case", "Checked", "Comparison", "Decision", "Finding", "Language"]
__all__ += ["Measurement", "Outputs", "Policy", "Run", "RunSummary", "Severity", "Subject"]
__all__ += ["annotate", "check_photo", "check_photos", "decide_anew", "load_policy"]
__all__ += ["open_run", "run_cohort", "sentence"]
__all__ += ["ConfigError", "ModelError", "PhotoproofError", "RosterError", "SourceError"]
__all__ += ["IntakeStopped", "StoreError"]

if TYPE_CHECKING:
    from pipeline.api import (
        Assessment,
        Case,
        Checked,
        Comparison,
        ConfigError,
        Decision,
        Finding,
        IntakeStopped,
        Language,
        Measurement,
        ModelError,
        Outputs,
        PhotoproofError,
        Policy,
        RosterError,
        Run,
        RunSummary,
        Severity,
        SourceError,
        StoreError,
        Subject,
        annotate,
        check_photo,
        check_photos,
        decide_anew,
        load_policy,
        open_run,
        run_cohort,
        sentence,
    )
else:
    # A type checker that saw this function would take every name for one of ours.
    def __getattr__(name: str) -> object:
        """A public name, loaded when it is first asked for: `photoproof --help` needs none."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from pipeline import api

        value = globals()[name] = getattr(api, name)
        return value


def __dir__() -> list[str]:
    """The public names too, which nobody may have asked for yet."""
    return sorted({*globals(), *__all__})
