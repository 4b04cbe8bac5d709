"""What is kept: one SQLite file a run, one beside it for the people. SQL stands nowhere else.

`run_store` keeps what was seen and decided, `packing` its texts, `summary` what is told of a run;
`digest` tells whether a run's store is as it was; `ledger` keeps what people say, `log` that they
said it; `schema` has the tables of both, `sqlite` all that the two files share.
"""

from __future__ import annotations

from pipeline.store.run_store import Store
from pipeline.store.summary import RunSummary

__all__ = ["RunSummary", "Store"]
