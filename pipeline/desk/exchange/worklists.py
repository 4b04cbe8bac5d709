"""The work list on paper and as a workbook, as it is filtered on the desk."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from itertools import groupby

from pipeline.core.words import Language, words
from pipeline.desk.cases.oversight import Work
from pipeline.desk.cases.work import COLUMNS, row
from pipeline.report.list_xlsx import list_xlsx
from pipeline.report.printed import Printed, print_pdf

_WIDTHS = (14, 15, 10, 22, 11, 18, 12, 12)


def worklist_xlsx(work: Sequence[Work], lang: Language, day: date) -> bytes:
    """Every line in words; all cells are text."""
    t, out = words("work", lang), io.BytesIO()
    about = t["about"].format(count=len(work), day=day.isoformat())
    rows = [row(line, lang) for line in work]
    list_xlsx(out, t["title"], about, [t[name] for name in COLUMNS], rows)
    return out.getvalue()


def worklist_pdf(work: Sequence[Work], lang: Language, day: date) -> Printed:
    """A short list by college and class, thirty and more a page.

    Raises:
        InstallationError: The extra `print` is not installed.
    """
    t = words("work", lang)
    groups = []
    for college, own in groupby(work, key=lambda line: line.item.college):
        rows = [row(line, lang)[1:] for line in own]
        count = t["persons"].format(count=len(rows))
        groups.append({"title": college or t["no_college"], "count": count, "rows": rows})
    data = {
        "words": dict(t),
        "title": t["title"],
        "about": t["about"].format(count=len(work), day=day.isoformat()),
        "foot": t["title"],
        "columns": [t[name] for name in COLUMNS[1:]],
        "widths": list(_WIDTHS),
        "groups": groups,
    }
    return print_pdf("list", data, day, lang)
