"""Source stage: roster, photo files and reference files become one job a student.

`tables` and `columns` read a roster file, `roster` makes students of it, `id_number` judges their
numbers; `files`, `archive` and `found` list pictures; `match` says whose they are; `jobs` joins.
"""

from __future__ import annotations

from pipeline.source.jobs import gather

__all__ = ["gather"]
