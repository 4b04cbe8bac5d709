"""What a night tells people: by mail, webhook and file; and a ping that somebody else misses.

A message has counts, outcomes and a link, and nothing about a person. A channel that fails is
logged and told by the exit code of the night's broken parts; it never stops a night.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import smtplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from pipeline.core.aside import replacing
from pipeline.core.moments import local_minute
from pipeline.core.said import worded
from pipeline.core.words import Language, words
from pipeline.site.config import MAIL_PASSWORD, WEBHOOK_SECRET, Mail, Site
from pipeline.site.outcome import EXIT_CODES, CohortNight, Outcome, worst

TIMEOUT_S = 30
SIGNATURE = "X-Photoproof-Signature"


@dataclass(frozen=True, slots=True)
class Message:
    """A night in words and in JSON's types."""

    subject: str
    text: str
    content: dict[str, Any]


def message(site: Site, night: str, nights: Sequence[CohortNight], finished: str) -> Message:
    """What is told of a night.

    Args:
        site: Whose.
        night: Its id.
        nights: Each cohort's.
        finished: When, ISO 8601 with zone; words say the local minute.
    """
    w = words("night", site.lang)
    outcome = worst(nights)
    subject = w["subject"].format(site=site.name, outcome=w[outcome.value])
    lines = [w["finished"].format(at=local_minute(finished)), "", *in_words(nights, site.lang)]
    if site.desk.url:
        lines += ["", w["link"].format(url=site.desk.url)]
    content = {
        "site": site.name,
        "night": night,
        "finished": finished,
        "outcome": outcome.value,
        "exit_code": EXIT_CODES[outcome],
        "cohorts": [one.as_json() for one in nights],
        "url": site.desk.url,
    }
    return Message(subject, "\n".join(lines) + "\n", content)


def in_words(
    nights: Sequence[CohortNight], lang: Language, *, faults: bool = False
) -> Iterator[str]:
    """Every cohort in words, an empty line between two.

    Args:
        nights: Each cohort's.
        lang: Of the words.
        faults: Also what errors say, which may name files: for the terminal alone.
    """
    for place, night in enumerate(nights):
        if place:
            yield ""
        if faults and night.fault:  # instead of the sentence that one was broken
            night = replace(night, said=(*night.fault, *night.said[1:]))
        yield from _lines(night, lang)


def _lines(night: CohortNight, lang: Language) -> Iterator[str]:
    """A cohort in words."""
    w = words("night", lang)
    yield w["cohort"].format(title=night.title or night.cohort, outcome=w[night.outcome.value])
    if night.students:
        decided = words("decision", lang)
        counts = words("style", lang)["comma"].join(
            f"{decided[name]} {count}" for name, count in night.decisions.items()
        )
        yield "  " + w["counts"].format(students=night.students, counts=counts)
        yield "  " + w["waits"].format(waiting=night.waiting)
    if night.arriving:
        yield "  " + w["arrives"].format(files=night.arriving)
    for sentence in night.said:
        yield f"  {worded(sentence, lang)}"


def send(site: Site, told: Message) -> Iterator[tuple[str, str]]:
    """Tell a message on every channel of the site.

    Yields:
        Channel and what went wrong, "" where nothing did.
    """
    wanted = site.messages
    channels: list[tuple[str, Callable[[], None]]] = []
    if wanted.file is not None:
        target = site.path(wanted.file)
        channels.append(("file", lambda: _write(target, told)))
    if wanted.mail.to:
        channels.append(("mail", lambda: send_mail(wanted.mail, told)))
    if wanted.webhook:
        channels.append(("webhook", lambda: send_webhook(wanted.webhook, told.content)))
    good = told.content["outcome"] in (Outcome.WELL, Outcome.WAITING)
    if wanted.ping and good:  # silence is the alarm: a bad night does not ping
        channels.append(("ping", lambda: _ask(Request(wanted.ping, method="GET"))))  # noqa: S310
    for name, tell in channels:
        yield name, tried(tell)


def tried(tell: Callable[[], None]) -> str:
    """Tell something; what went wrong, "" where nothing did."""
    try:
        tell()
    except (OSError, smtplib.SMTPException, HTTPException, URLError, ValueError) as error:
        return type(error).__name__
    return ""


def _write(path: Path, told: Message) -> None:
    with replacing(path) as aside:
        aside.write_text(f"{told.subject}\n\n{told.text}", "utf-8")


def send_mail(mail: Mail, told: Message) -> None:
    """Send a message as a letter."""
    letter = EmailMessage()
    letter["Subject"], letter["From"], letter["To"] = told.subject, mail.sender, ", ".join(mail.to)
    letter["Date"], letter["Message-ID"] = formatdate(localtime=True), make_msgid("photoproof")
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(told.text)
    trusted = ssl.create_default_context()
    password = os.environ.get(MAIL_PASSWORD, "")
    server: smtplib.SMTP
    if mail.tls == "tls":
        server = smtplib.SMTP_SSL(mail.host, mail.port, timeout=TIMEOUT_S, context=trusted)
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=TIMEOUT_S)
    with server:
        if mail.tls == "starttls":
            server.starttls(context=trusted)
        if mail.user:
            server.login(mail.user, password)
        server.send_message(letter)


def send_webhook(url: str, content: dict[str, Any]) -> None:
    """Send JSON, signed where there is a secret."""
    body = json.dumps(content, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8"}
    secret = os.environ.get(WEBHOOK_SECRET, "")
    if secret:  # so that the receiver knows whose message it is
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers[SIGNATURE] = f"sha256={digest}"
    _ask(Request(url, body, headers))  # noqa: S310 - checked to be http or https


def _ask(request: Request) -> None:
    """Send a request; an answer of 400 and more is an error."""
    with urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - http or https
        answer.read(1024)
