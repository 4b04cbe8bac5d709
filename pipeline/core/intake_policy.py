"""The part of the policy that says when a night stops before anything is written."""

from __future__ import annotations

from pydantic import Field

from pipeline.core.standard import Strict


class IntakePolicy(Strict):
    """When a night stops before anything is written (`pipeline.night.safety`).

    Attributes:
        min_files_matched: Share of the photo files found that belong to somebody.
        max_photos_lost: Share of the students of the last night who had a photo and have none.
        max_references_lost: The same of references.
        max_students_gone: Share of the students of the last night who are gone from the roster.
    """

    min_files_matched: float = Field(ge=0, le=1)
    max_photos_lost: float = Field(ge=0, le=1)
    max_references_lost: float = Field(ge=0, le=1)
    max_students_gone: float = Field(ge=0, le=1)
