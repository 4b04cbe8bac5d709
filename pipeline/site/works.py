"""Nights as processes: each leaves a record of how far it is and how it ended, for others to read.

```
cohorts/.works/20261128T190412123-3f9a1c20/
  work.json       who began it, of which cohorts
  process.json    its number and when the kernel began it, so that no other is taken for it
  progress.json   how far it is
  end.json        how it ended; a process that is gone without one has died
  out.txt  err.txt   what it said, where the hub began it
```

Counts, outcomes and names of cohorts; nobody's name, number or file.
"""

from __future__ import annotations

import enum
import os
import re
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.core.errors import PhotoproofError
from pipeline.core.jsonfile import read_json, write_json
from pipeline.core.private import make_folder
from pipeline.core.said import worded
from pipeline.core.words import Language, languages
from pipeline.site.config import Site
from pipeline.site.deliveries import named_by
from pipeline.site.outcome import EXIT_CODES, CohortNight, worst

WORKS = ".works"  # no cohort's name begins with a dot
TIMER = "timer"  # who begins a night that nobody began in the browser
_KEPT = 200
_EACH_S = 0.3  # how often progress is written
_IDENTITY = re.compile(r"\d{8}T\d{9}-[0-9a-f]{8}")


class State(enum.StrEnum):
    """What has become of a process."""

    RUNNING = "running"
    ENDED = "ended"
    STOPPED = "stopped"  # somebody ended it; the next night goes on where it was
    DIED = "died"


@dataclass(frozen=True, slots=True)
class Work:
    """One night as a process.

    Attributes:
        identity: Of its record.
        folder: Of its record.
        by: Who began it.
        cohorts: Which ones; all of the site's where it is empty.
        forced: It goes on where the safety catch would stop.
        at: When it began, ISO 8601.
        state: What has become of it.
        code: Its exit code, once it ended.
        cohort: At work on this one.
        done: Students looked at, of `total`; 0 of 0 while rosters and files are read.
        ended: Moment of the end, ISO 8601.
        nights: What came of each cohort, as `CohortNight.as_json`, sentences by language.
        fault: By language, why it did nothing.
    """

    identity: str
    folder: Path
    by: str = ""
    cohorts: tuple[str, ...] = ()
    forced: bool = False
    at: str = ""
    state: State = State.DIED
    code: int | None = None
    cohort: str = ""
    done: int = 0
    total: int = 0
    ended: str = ""
    nights: tuple[dict[str, Any], ...] = ()
    fault: dict[str, str] = field(default_factory=dict)

    def concerns(self, cohort: str) -> bool:
        """Whether the cohort is among those that it works on."""
        return not self.cohorts or cohort in self.cohorts


def new_work(site: Site, by: str, cohorts: Sequence[str], forced: bool) -> Work:
    """Make the record of a night that is about to begin.

    Raises:
        OSError: It cannot be written.
    """
    _tidy_up(site)
    moment = datetime.now().astimezone()
    identity = named_by(moment)
    work = Work(identity, _folder(site) / identity, by, tuple(cohorts), forced, _said(moment))
    make_folder(work.folder)
    told = {"by": by, "cohorts": list(cohorts), "forced": forced, "at": work.at}
    write_json(work.folder / "work.json", told)
    return work


def works_of(site: Site) -> list[Work]:
    """All that are kept, newest first, as they stand now."""
    folder = _folder(site)
    names = (path.name for path in folder.iterdir()) if folder.is_dir() else ()
    found = (work_of(site, name) for name in sorted(names, reverse=True))
    return [work for work in found if work]


def work_of(site: Site, identity: str) -> Work | None:
    """One of them; None where there is none."""
    folder = _folder(site) / identity
    if not _IDENTITY.fullmatch(identity) or not (about := read_json(folder / "work.json")):
        return None
    about["cohorts"] = tuple(about.get("cohorts", ()))
    work = Work(identity, folder, **about)
    end = read_json(folder / "end.json")
    if not end and _lives(folder):
        work = replace(work, state=State.RUNNING)
    end = end or read_json(folder / "end.json")  # it ended while it was looked for
    if end:
        end["nights"] = tuple(end.get("nights", ()))
        stopped = end["code"] in (128 + signal.SIGTERM, 128 + signal.SIGINT)
        work = replace(work, state=State.STOPPED if stopped else State.ENDED, **end)
    return replace(work, **read_json(folder / "progress.json"))


def at_work(site: Site) -> Work | None:
    """The night that is at work just now."""
    return next((work for work in works_of(site) if work.state is State.RUNNING), None)


def stop(work: Work) -> bool:
    """Ask its process to end, which keeps what it has done; False where there is none any more.

    Asked a second time it ends at once.
    """
    if not _lives(work.folder):
        return False
    with suppress(ProcessLookupError):
        os.kill(int(read_json(work.folder / "process.json")["pid"]), signal.SIGTERM)
        return True
    return False


def note_process(work: Work, pid: int) -> None:
    """Put on record which process works.

    Raises:
        OSError: It cannot be written.
    """
    write_json(work.folder / "process.json", {"pid": pid, "begun": _begun(pid)})


class Recorder:
    """Writes a night's record while it works."""

    def __init__(self, work: Work) -> None:
        self._work, self._last, self._cohort = work, 0.0, ""
        self.nights: Sequence[CohortNight] = ()

    def progress(self, cohort: str, done: int, total: int) -> None:
        """How far a cohort is; written now and then, and at its beginning and end."""
        now = time.monotonic()
        same = cohort == self._cohort and done < total
        if same and now - self._last < _EACH_S:
            return
        self._last, self._cohort = now, cohort
        with suppress(OSError):  # a full disk stops the night itself, where it matters
            told = {"cohort": cohort, "done": done, "total": total}
            write_json(self._work.folder / "progress.json", told)

    def end(self, code: int, fault: BaseException | None = None) -> None:
        """How it ended."""
        told: dict[str, Any] = {"code": code, "ended": _said(datetime.now().astimezone())}
        told["nights"] = [
            night.as_json() | {"said": {lang: _worded(night, lang) for lang in languages()}}
            for night in self.nights
        ]
        if isinstance(fault, PhotoproofError):
            told["fault"] = {lang: worded(fault.message, lang) for lang in languages()}
        with suppress(OSError):
            write_json(self._work.folder / "end.json", told)


@contextmanager
def recorded(site: Site, only: Sequence[str], forced: bool, identity: str) -> Iterator[Recorder]:
    """A night on record: this process works, and how it ends is written whatever ends it.

    Args:
        site: The site.
        only: Cohorts.
        forced: As the night.
        identity: Of a record that was made for it; "" to make one.
    """
    work = work_of(site, identity) or new_work(site, TIMER, only, forced)
    note_process(work, os.getpid())
    recorder = Recorder(work)
    try:
        yield recorder
    except BaseException as error:
        recorder.end(getattr(error, "exit_code", 1), error)
        raise
    recorder.end(EXIT_CODES[worst(recorder.nights)])


def _worded(night: CohortNight, lang: Language) -> list[str]:
    return [worded(sentence, lang) for sentence in night.said]


def _folder(site: Site) -> Path:
    return site.path(site.home) / WORKS


def _tidy_up(site: Site) -> None:
    """Forget the oldest, and delete what one left that was killed while it wrote how far it was."""
    for place, work in enumerate(works_of(site), 1):
        if work.state is State.RUNNING:
            continue
        for half in work.folder.glob(".progress.*"):
            half.unlink(missing_ok=True)
        if place >= _KEPT:
            shutil.rmtree(work.folder, ignore_errors=True)


def _lives(folder: Path) -> bool:
    """Whether the process on record is still at work: the same one, and not a dead one's number."""
    known = read_json(folder / "process.json")
    if not known:
        return False
    pid = int(known["pid"])
    with suppress(ChildProcessError, OSError):  # of a server that began it: let it go
        os.waitpid(pid, os.WNOHANG)
    begun = _begun(pid)
    return begun != "" and begun == known["begun"]


def _begun(pid: int) -> str:
    """When the kernel began a process, in its own count; "" where there is none, or a dead one."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]


def _said(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
