"""What people read after a run: `results.csv`, `report.html` and `report.xlsx`.

Sees cases and the run's summary, never a stage or the database. Every writer takes an iterator of
cases and consumes it once; none keeps cases in memory (the workbook keeps its small thumbnails,
two thousand rows of them at most).
"""

from __future__ import annotations

from pipeline.report.csv_report import write_csv
from pipeline.report.files_csv import write_files
from pipeline.report.html_report import write_html
from pipeline.report.xlsx_report import write_xlsx

__all__ = ["write_csv", "write_files", "write_html", "write_xlsx"]
