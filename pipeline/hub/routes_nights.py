"""Nights of a cohort: begun and stopped in the browser, watched, and read afterwards."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import date
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any
from urllib.parse import quote
from zipfile import ZIP_STORED, ZipFile

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import FileResponse, Response

from pipeline.core.errors import ConfigError
from pipeline.core.said import worded
from pipeline.core.words import words
from pipeline.desk.accounts import Role
from pipeline.desk.cases.changes import Changes, Standing
from pipeline.desk.cases.desk import Desk
from pipeline.desk.exchange import exports
from pipeline.desk.web.pages import page
from pipeline.desk.web.paths import go
from pipeline.desk.web.visits import RefusedError
from pipeline.hub.cohorts import has_run
from pipeline.hub.starting import start
from pipeline.hub.visits import AskedCohort, CohortVisit, LeadVisit, Named, Visit, admits
from pipeline.night.folder import COLLEGES, FILES, PAGE, RESULTS, WORKBOOK
from pipeline.site.compared import last_nights, two_nights
from pipeline.site.keeping import nights_of
from pipeline.site.works import Work, stop, work_of, works_of

router = APIRouter()
# The report draws itself by scripts of its own: it may do so, and nothing else, as nobody's page.
_REPORT = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline';"
    " style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
)
_KEPT = {RESULTS: "text/csv", FILES: "text/csv", WORKBOOK: "application/octet-stream"}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(\.\d{2})?")
_ROWS = 500  # of each list of differences

Day = Annotated[str, Query(max_length=13)]
ReportVisit = Annotated[Visit, Depends(admits(Role.LEAD, Role.AUDITOR))]


@router.get("/cohorts/{cohort}/work")
def show_work(request: Request, visit: CohortVisit, asked: AskedCohort) -> Response:
    """How far the night is, or how the last one ended; a part of the page, asked for again."""
    return page(
        request,
        "work",
        visit.session,
        asked=asked,
        **work_values(visit, asked),
    )


def work_values(visit: Visit, asked: Named) -> dict[str, Any]:
    """What the part of the page about the night at work is told."""
    every = works_of(visit.site)
    running = next((work for work in every if work.state == "running"), None)
    last = next((work for work in every if work.concerns(asked.name)), None)
    return {
        "h": words("hand_in", visit.lang),
        "n": words("night", visit.lang),
        "work": running if running and running.concerns(asked.name) else last,
        "elsewhere": running if running and not running.concerns(asked.name) else None,
        "titles": {name: one.title or name for name, one in visit.site.cohorts.items()},
        "may_start": visit.session.role is Role.LEAD and not visit.scoped,
        "lang_name": visit.lang,
    }


@router.post("/cohorts/{cohort}/nights")
def begin(
    request: Request,
    visit: LeadVisit,
    asked: AskedCohort,
    force: Annotated[bool, Form()] = False,
) -> Response:
    """Begin a night now."""
    _whole(visit)
    try:
        work = start(visit.site, asked.name, visit.who, force=force)
    except ConfigError as error:
        return page(
            request,
            "fault",
            visit.session,
            status=409,
            h=words("hand_in", visit.lang),
            back=f"/cohorts/{asked.name}",
            said=worded(error.message, visit.lang),
            advice=worded(error.hint, visit.lang),
        )
    visit.record("night_begun", cohort=asked.name, night=work.identity, forced=force)
    return go(request, f"/cohorts/{asked.name}")


@router.post("/cohorts/{cohort}/work/{identity}/stop")
def end(request: Request, visit: LeadVisit, asked: AskedCohort, identity: str) -> Response:
    """Stop a night; what it has done is kept, and the next one goes on there."""
    _whole(visit)
    work: Work | None = work_of(visit.site, identity)
    if work is None or not work.concerns(asked.name):
        raise RefusedError(404, "not_found")
    if stop(work):
        visit.record("night_stopped", cohort=asked.name, night=work.identity)
    return go(request, f"/cohorts/{asked.name}")


@router.get("/cohorts/{cohort}/nights/{day}/{name}")
def read_report(visit: ReportVisit, asked: AskedCohort, day: str, name: str) -> Response:
    """A night's report, or one of its tables."""
    _whole(visit)
    folder = _night(visit, asked, day)
    if (name != PAGE and name not in _KEPT) or not (folder / name).is_file():
        raise RefusedError(404, "not_found")
    visit.record("report_read", cohort=asked.name, night=day, file=name)
    return _handed_out(folder / name, _KEPT.get(name, ""), f"{asked.name}-{day}-{name}")


@router.get("/cohorts/{cohort}/nights/{day}/colleges/{name}")
def read_college(visit: ReportVisit, asked: AskedCohort, day: str, name: str) -> Response:
    """A college's page or workbook of a night that is too large for one."""
    _whole(visit)
    folder = _night(visit, asked, day) / COLLEGES
    if not folder.is_dir() or name not in {file.name for file in folder.iterdir()}:
        raise RefusedError(404, "not_found")
    visit.record("report_read", cohort=asked.name, night=day, file=name)
    kind = _KEPT[WORKBOOK] if name.endswith(".xlsx") else ""
    return _handed_out(folder / name, kind, f"{asked.name}-{day}-{name}")


def _handed_out(path: Path, kind: str, name: str) -> Response:
    """A page to read, or a table to keep under a name."""
    if not kind:
        about = {"Content-Security-Policy": _REPORT}
        return FileResponse(path, media_type="text/html", headers=about)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return FileResponse(path, media_type=kind, headers=headers)


@router.get("/cohorts/{cohort}/differences")
def show_differences(
    request: Request,
    visit: ReportVisit,
    asked: AskedCohort,
    before: Day = "",
    after: Day = "",
) -> Response:
    """Who is newly in order, newly wrong and still waiting between two nights."""
    _whole(visit)
    days = [night.name for night in nights_of(visit.site, asked.name)]
    found: Changes | None = None
    if before or after:
        first, second = (_night(visit, asked, day) for day in (before, after))
        found = two_nights(first, second) if first.name < second.name else None
    elif len(days) > 1:
        found = last_nights(visit.site, asked.name)
    visit.record("differences_read", cohort=asked.name, before=before, after=after)
    return page(
        request,
        "differences",
        visit.session,
        h=words("hand_in", visit.lang),
        d=words("diff", visit.lang),
        asked=asked,
        days=days,
        before=before or (days[-2] if len(days) > 1 else ""),
        after=after or (days[-1] if days else ""),
        found=found,
        pairs={name: _unsince(found, name) for name in ("newly_wrong", "newly_sound", "gone")},
        most=_ROWS,
    )


def _unsince(found: Changes | None, name: str) -> list[tuple[Standing, str]]:
    """A list as the template's, which may say since when."""
    return [(one, "") for one in getattr(found, name)] if found else []


@router.get("/cohorts/{cohort}/exports/{table}")
def export(visit: LeadVisit, asked: AskedCohort, table: str) -> Response:
    """As people's answers stand now: a workbook a college, the registry's, or all as CSV."""
    _whole(visit)
    if table not in ("college", "registry", "csv") or not has_run(visit.site, asked.name):
        raise RefusedError(404, "not_found")
    with TemporaryDirectory(prefix="photoproof-") as folder:
        with closing(Desk(visit.site.run_of(asked.name))) as desk:
            desk.refresh()
            out = Path(folder)
            if table == "college":
                paths = exports.college(desk, out, visit.who, visit.lang)
            elif table == "registry":
                paths = exports.registry(desk, out, visit.who, visit.lang)
            else:
                paths = exports.table(desk, out, visit.who)
        content, ending = _together(paths)
    visit.record("exported", cohort=asked.name, table=table, files=len(paths))
    name = f"{asked.name}-{words('hand_in', visit.lang)[table]}-{date.today().isoformat()}{ending}"
    told = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(
        content, media_type="application/octet-stream", headers={"Content-Disposition": told}
    )


def _together(paths: list[Path]) -> tuple[bytes, str]:
    """One file as it is; several, or none, as an archive."""
    if len(paths) == 1:
        return paths[0].read_bytes(), paths[0].suffix
    out = BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as archive:
        for path in paths:
            archive.write(path, path.name)
    return out.getvalue(), ".zip"


def _night(visit: Visit, asked: Named, day: str) -> Path:
    """The folder of a night. Raises RefusedError: 404 where there is none."""
    for night in nights_of(visit.site, asked.name):
        if night.name == day and _DAY.fullmatch(day):
            return night
    raise RefusedError(404, "not_found")


def _whole(visit: Visit) -> None:
    """See that the visitor is for all colleges: reports and tables hold everybody."""
    if visit.scoped:
        raise RefusedError(404, "not_found")
