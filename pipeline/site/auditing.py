"""The heads of the desks' logs, written and sent outside by every night, and checked by the next.

Whoever can write the cohorts' folders can rewrite a log, and its chain with it; not the file of
heads where they may not write, and not a letter that has been sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.core.errors import ConfigError, PhotoproofError
from pipeline.core.words import words
from pipeline.desk import heads
from pipeline.desk.cases.audit import verified
from pipeline.desk.cases.desk import Desk
from pipeline.night.folder import LEDGER
from pipeline.site.config import Site
from pipeline.site.log import Log
from pipeline.site.messages import Message, send_mail, send_webhook, tried
from pipeline.site.outcome import CohortNight, Outcome
from pipeline.site.people import ledger_file
from pipeline.store.ledger import Ledger
from pipeline.store.people import People
from pipeline.store.site_ledger import SiteLedger

SITE = "site"  # what heads call the log of the site's people
PEOPLE = ""  # no cohort's name


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a log: what the log is known by, its number and its hash.

    Attributes:
        cohort: Whose desk's; `SITE` for that of the site's people.
    """

    cohort: str
    ledger: str
    entry: int
    hash: str


def tampered(site: Site, names: Sequence[str]) -> set[str]:
    """Cohorts whose log, answers, accounts or decisions are not as they were written.

    Looked at before the night writes anything. What differs is told by `photoproof audit verify`;
    it may name a reviewer, which a message must not. `PEOPLE` is among them where the site's own
    log or accounts are not.
    """
    found = {name for name in names if _tampered(site, name)}
    return found | ({PEOPLE} if _people_tampered(site) else set())


def _tampered(site: Site, name: str) -> bool:
    run, file = site.run_of(name), _file(site)
    if not (run / LEDGER).is_file():
        return False
    try:
        with closing(Desk(run)) as desk:
            if verified(desk).fault:
                return True
            # A file that is there knows every log that a night has ended with.
            known = file if file is not None and file.is_file() else None
            return bool(heads.fault(desk.ledger, known))
    except PhotoproofError:
        return False  # what cannot be opened, or is of an older version, is the night's to tell


def _people_tampered(site: Site) -> bool:
    path, file = ledger_file(site), _file(site)
    if not path.is_file():
        return False
    try:
        with SiteLedger(path) as ledger:
            # The first night after it was made, a file that is there knows nothing of it yet.
            doubt = heads.doubt_at_start(ledger, file) if file else heads.fault(ledger, None)
            return bool(ledger.verify().fault or doubt)
    except PhotoproofError:
        return False


def told(nights: Sequence[CohortNight], found: set[str], site: Site) -> list[CohortNight]:
    """The nights, those of cohorts whose record was tampered with as broken.

    That of the site's people is told with the first of them.
    """
    w = words("night", site.lang)
    whole = []
    for place, night in enumerate(nights):
        said = [w["tampered"]] if night.cohort in found else []
        if place == 0 and PEOPLE in found:
            said.append(w["tampered_site"])
        if said:
            night = replace(night, outcome=Outcome.BROKEN, said=(*night.said, *said))
        whole.append(night)
    return whole


def hand_out(site: Site, names: Sequence[str], log: Log) -> None:
    """Write the heads of these cohorts' logs where `[audit]` wants them."""
    wanted, file = site.audit, _file(site)
    if not (file or wanted.mail or wanted.webhook):
        return
    found = []
    for name in names:
        if (site.run_of(name) / LEDGER).is_file():
            with Ledger(site.run_of(name) / LEDGER) as ledger:
                if file is not None:
                    _write(file, ledger, log, name)
                entry, digest = ledger.log.head()
                found.append(Head(name, heads.ledger_name(ledger), entry, digest))
    if (people := ledger_file(site)).is_file():
        with SiteLedger(people) as ledger:
            if file is not None:
                _write(file, ledger, log, SITE)
            entry, digest = ledger.log.head()
            found.append(Head(SITE, heads.ledger_name(ledger), entry, digest))
    for channel, fault in _sent(site, log.night, found):
        if fault:
            log.error("heads_not_sent", channel=channel, error=fault)
        else:
            log.info("heads_sent", channel=channel)


def _write(file: Path, ledger: People, log: Log, name: str) -> None:
    try:
        heads.Heads(file).begin(ledger)
    except ConfigError as error:
        log.error("heads_not_written", cohort=name, error=type(error).__name__)


def _sent(site: Site, night: str, found: Sequence[Head]) -> Iterator[tuple[str, str]]:
    """Channel and what went wrong, "" where nothing did."""
    wanted = site.audit
    if not found:
        return
    if wanted.mail:
        box = site.messages.mail.model_copy(update={"to": wanted.mail})
        letter = _letter(site, night, found)
        yield "mail", tried(lambda: send_mail(box, letter))
    if wanted.webhook:
        content = _letter(site, night, found).content
        yield "webhook", tried(lambda: send_webhook(wanted.webhook, content))


def _letter(site: Site, night: str, found: Sequence[Head]) -> Message:
    w = words("night", site.lang)
    lines = [f"{one.cohort} {one.ledger} {one.entry} {one.hash}" for one in found]
    content: dict[str, Any] = {
        "site": site.name,
        "night": night,
        "heads": [
            {"cohort": o.cohort, "ledger": o.ledger, "entry": o.entry, "hash": o.hash}
            for o in found
        ],
    }
    subject = w["heads_subject"].format(site=site.name)
    return Message(subject, "\n".join([w["heads"], "", *lines]) + "\n", content)


def _file(site: Site) -> Path | None:
    """Where heads are written; what a desk alone was told counts for nights too."""
    named = site.audit.head_file or site.desk.head_file
    return None if named is None else site.path(named)
