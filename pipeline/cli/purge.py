"""`photoproof purge`: faces, names and answers of runs, or of one student, are deleted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.console import AsJson, Lang, language, line, out_console, plain
from pipeline.cli.of_site import AnyRunFolders, site_if_any
from pipeline.cli.review import operator
from pipeline.cli.speech import tell
from pipeline.core.errors import StillHandedIn
from pipeline.core.privacy import masked
from pipeline.core.said import said
from pipeline.core.words import words
from pipeline.night.purge import Purged, finished, purge_run

if TYPE_CHECKING:
    from pipeline.night.erasing import Erased
    from pipeline.site.config import Site
    from pipeline.site.erasure import CohortErased
    from pipeline.site.remaining import Remaining
    from pipeline.site.taking_out import TakenOut


def purge_command(
    runs: AnyRunFolders = None,
    before: Annotated[int, typer.Option(metavar="YEAR")] = 0,
    everything: Annotated[bool, typer.Option("--all")] = False,
    student: Annotated[
        str,
        typer.Option(metavar="NUMBER"),
    ] = "",
    yes: Annotated[bool, typer.Option("--yes")] = False,
    lang: Lang = "zh",
    as_json: AsJson = False,
) -> None:
    """Delete all that runs hold of their students; who did what stays in the log."""
    if (bool(before), everything, bool(student)).count(True) != 1:
        raise typer.BadParameter(said("fault.purge_which"))
    if student:
        _Erasure(student, language(lang), as_json)(runs or [], yes)
        return
    if not runs:
        raise typer.BadParameter(said("fault.purge_runs"), param_hint="RUN")
    due = [run for run in runs if everything or _ended_before(run, before)]
    if due and not yes:
        names = ", ".join(map(str, due))
        typer.confirm(tell(said("line.purge_ask", names=names)), abort=True)
    site, told = site_if_any(), dict[str, Any]()
    try:
        for run in due:
            gone = purge_run(run, operator())
            left = _left(site, run)
            told[str(run)] = asdict(gone) | ({"left": _counts(left)} if left else {})
            if not as_json:
                _tell(run, gone, left)
    finally:  # what is deleted is told, whatever stops the next
        if as_json:
            typer.echo(json.dumps(told))
    if as_json:
        return
    for run in runs:
        if run not in due:
            line("kept", run=run)


class _Erasure:
    """One student's.

    Args:
        number: The student's.
        lang: Of what is told and of reports.
        as_json: Tell one JSON object.
    """

    def __init__(self, number: str, lang: str, as_json: bool) -> None:
        self._number, self._lang, self._as_json = number, lang, as_json
        self._words: Mapping[str, str] = words("erasure", lang)

    def __call__(self, runs: Sequence[Path], yes: bool) -> None:
        """Erase from these runs, or from all cohorts; nights of those that are a site's too."""
        site = site_if_any()
        if site is None and not runs:
            raise typer.BadParameter(said("fault.purge_site"), param_hint="RUN")
        names = (
            [name for name in site.cohorts if not runs or site.run_of(name) in runs] if site else []
        )
        own = {site.run_of(name) for name in names} if site else set()
        others = [run for run in runs if run not in own]
        if not yes:
            where = ", ".join([*names, *map(str, others)])
            typer.confirm(self._words["ask"].format(where=where), abort=True)
        told: dict[str, Any] = {}
        handed_in = 0
        if site and names:
            for one in self._from_site(site, names):
                taken = sum(place.files for place in one.taken_out)
                more = {"nights": one.nights, "left": one.handed_in, "taken_out": taken}
                told[one.cohort] = _json(one.run) | more
                handed_in += len(one.handed_in)
        for run in others:
            told[str(run)] = _json(self._from_run(run))
        if self._as_json:
            typer.echo(json.dumps(told, ensure_ascii=False))
        else:
            _say(self._words["beyond"])
        if handed_in:
            raise StillHandedIn(
                self._words["left"].format(files=handed_in), self._words["left_hint"]
            )

    def _from_site(self, site: Site, names: Sequence[str]) -> list[CohortErased]:
        from pipeline.site.erasure import erase_from_site

        done = erase_from_site(site, self._number, operator(), names)
        for one in done:
            self._tell(one.cohort, one.run, one.nights, one.handed_in, one.taken_out)
        return done

    def _from_run(self, run: Path) -> Erased:
        from pipeline.night.erasing import erase_student

        done = erase_student(run, self._number, operator(), self._lang)
        self._tell(str(run), done)
        return done

    def _tell(
        self,
        where: str,
        gone: Erased | None,
        nights: Sequence[str] = (),
        left: Sequence[str] = (),
        taken: Sequence[TakenOut] = (),
    ) -> None:
        if self._as_json:
            return
        if gone is None or not (gone.found or nights):
            _say(self._words["none"].format(where=where))
        else:
            _say(self._words["done"].format(where=where, **_json(gone)))
            if gone.files:
                _say(self._words["files"].format(files=", ".join(gone.files)))
        if nights:
            _say(self._words["nights"].format(nights=", ".join(nights)))
        if gone is not None:
            _say(self._words["proof" if gone.marks.whole else "proof_rows"])
        for one in taken:
            _say(self._words["taken_out"].format(place=masked(one.place), files=one.files))
        for file in left:
            _say(self._words["handed_in"].format(file=masked(file)))


def _json(gone: Erased | None) -> dict[str, Any]:
    if gone is None:
        return {}
    names = ("rows", "pictures", "answers", "entries", "files")
    return {name: getattr(gone, name) for name in names}


def _say(line: str) -> None:
    out_console.print(plain(line), highlight=False, soft_wrap=True)


def _tell(run: Path, gone: Purged, left: Remaining | None) -> None:
    counts = said(
        "line.purged_counts", students=gone.students, pictures=gone.pictures, answers=gone.answers
    )
    line("deleted", run=run, counts=counts, files=gone.files)
    line("log_head", head=gone.head)
    if left is None:
        return
    mib = left.size / 2**20
    line("purge_left", **(_counts(left) | {"cohort": left.cohort, "home": left.home, "mib": mib}))
    line("purge_left_until" if left.until else "purge_left_for_good", until=left.until)
    line("purge_left_now", cohort=left.cohort)


def _left(site: Site | None, run: Path) -> Remaining | None:
    """What a site holds of a run's cohort beside the run; None where there is nothing."""
    from pipeline.site.remaining import remaining

    left = remaining(site, run) if site else None
    return left if left and left.anything else None


def _counts(left: Remaining) -> dict[str, Any]:
    names = ("nights", "deliveries", "files", "size", "waiting")
    return {name: getattr(left, name) for name in names}


def _ended_before(run: Path, year: int) -> bool:
    ended = finished(run)
    return ended is not None and ended.year < year
