"""`photoproof.toml`: the one file that says what a school's site is.

Relative paths start at the file's own folder. Secrets never stand in it: they come from environment
variables, whose names are here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator

from pipeline.core.errors import ConfigError
from pipeline.core.policy import checked, read_toml
from pipeline.core.standard import Strict
from pipeline.core.words import DEFAULT_LANGUAGE, languages
from pipeline.site.limits import Check, Log, Uploads
from pipeline.site.login import Login
from pipeline.site.place import FILE, VARIABLE, site_file

MAIL_PASSWORD, WEBHOOK_SECRET = "PHOTOPROOF_MAIL_PASSWORD", "PHOTOPROOF_WEBHOOK_SECRET"

Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Said = Annotated[str, StringConstraints(max_length=200)]
Port = Annotated[int, Field(ge=1, le=65535)]
_NAME = re.compile(r"[\w][\w.-]{0,63}")


def _address(text: str) -> str:
    """A web address, "" for none."""
    parts = urlsplit(text)
    if text and not (parts.scheme in ("http", "https") and parts.netloc):
        raise ValueError("must be an address such as https://photos.example.edu.cn/")
    return text


def _mailbox(text: str) -> str:
    if "@" not in parseaddr(text)[1] or "\n" in text:
        raise ValueError("must be a mail address")
    return text


class Cohort(Strict):
    """One cohort of graduates and where its files come in.

    Attributes:
        title: For people; the cohort's name stands where there is none.
        opt_out: Lists of students who refuse that a machine compares faces.
        proofs: What students bring after the run; the desk's dossiers compare it with the photo.
        registration_ends: Retention counts from this day.
        keep_days: So long after it everything about its students is kept.
    """

    title: str = ""
    roster: tuple[Path, ...] = ()
    photos: tuple[Path, ...] = ()
    references: Mapping[Text, tuple[Path, ...]] = Field(default_factory=dict)
    profile: Text | None = None
    policy: Path | None = None
    columns: Path | None = None
    search_owner: bool = False
    opt_out: tuple[Path, ...] = ()
    proofs: tuple[Path, ...] = ()
    registration_ends: date | None = None
    keep_days: int = Field(default=180, ge=0, le=3650)

    @field_validator("roster", "photos", "opt_out", "proofs", mode="before")
    @classmethod
    def _one_or_more(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @field_validator("references", mode="before")
    @classmethod
    def _each_one_or_more(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            return value
        return {kind: [v] if isinstance(v, str) else v for kind, v in value.items()}

    @property
    def kept_until(self) -> date | None:
        """The last day on which its data may be there; None where no end is known."""
        if self.registration_ends is None:
            return None
        return self.registration_ends + timedelta(days=self.keep_days)


class Nightly(Strict):
    """How a night works.

    Attributes:
        workers: Processes; 0 takes the cores it may use, or all that a cluster has.
        engine: Where photos are looked at: processes of this machine, or a Ray cluster.
        address: Of a running cluster; without one, Ray is started on this machine's cores.
        carry_files: Files travel to the nodes with the tasks.
        memory_mb: No more processes than fit; 0 for as many as `workers` says.
        settle_minutes: A file that changed within this time is still arriving and waits.
        keep_nights: Reports of this many nights are kept, the newest counted.
    """

    workers: int = Field(default=0, ge=0, le=256)
    engine: Literal["processes", "ray"] = "processes"
    address: str = ""
    carry_files: bool = False
    memory_mb: int = Field(default=0, ge=0)
    settle_minutes: float = Field(default=10, ge=0, le=1440)
    keep_nights: int = Field(default=30, ge=1, le=3650)


class Mail(Strict):
    """Where to, and by which server, a night's message goes; off without `to`."""

    to: tuple[str, ...] = ()
    sender: str = ""
    host: str = ""
    port: Port = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""

    _boxes = field_validator("to")(lambda boxes: tuple(map(_mailbox, boxes)))

    @model_validator(mode="after")
    def _whole(self) -> Mail:
        if self.to and not (self.host and self.sender):
            raise ValueError("`to` needs `host` and `sender`")
        if self.sender:
            _mailbox(self.sender)
        return self


class Messages(Strict):
    """Everything that a night tells; all of it is off by default.

    Attributes:
        file: Text file that holds the newest message.
        webhook: Address that is sent the message as JSON.
        ping: Address that is asked for after a good night, so that silence is noticed elsewhere.
    """

    mail: Mail = Mail()
    file: Path | None = None
    webhook: str = ""
    ping: str = ""

    _addresses = field_validator("webhook", "ping")(_address)


class Desk(Strict):
    """Where the desk is served.

    Attributes:
        url: Its address for people, in messages.
        path: The part of the address that a proxy keeps for it, such as "/photoproof".
        proxies: Addresses whose `X-Forwarded-*` is believed.
    """

    host: Text = "127.0.0.1"
    port: Port = 8765
    url: str = ""
    path: str = Field(default="", pattern=r"^(/[\w.-]+)*$")
    tls_cert: Path | None = None
    tls_key: Path | None = None
    proxies: tuple[Text, ...] = ()
    head_file: Path | None = None

    _addresses = field_validator("url")(_address)


class Reshoot(Strict):
    """The next re-shoot day, as papers tell it; the options of `photoproof reshoot` go before."""

    when: Said = ""
    where: Said = ""
    by: Said = ""
    contact: Said = ""


class Audit(Strict):
    """Where the last hashes of the desks' logs go, so that nobody can rewrite a log unnoticed.

    Attributes:
        head_file: Gets a line a cohort each night; best where this account may only append.
        mail: Who is sent them after each night, by the server of `[messages.mail]`.
        webhook: Address that is sent them as JSON.
    """

    head_file: Path | None = None
    mail: tuple[str, ...] = ()
    webhook: str = ""

    _boxes = field_validator("mail")(lambda boxes: tuple(map(_mailbox, boxes)))
    _addresses = field_validator("webhook")(_address)


class Site(Strict):
    """A site as its file says it.

    Attributes:
        file: The file itself.
        folder: Of the file; relative paths start here.
        name: Of the school, in messages.
        home: Folder with a folder for each cohort: its run and its nights.
    """

    file: Path = Path()
    folder: Path = Path()
    name: Text
    lang: str = DEFAULT_LANGUAGE
    home: Path = Path("cohorts")
    cohorts: Mapping[str, Cohort] = Field(min_length=1)
    nightly: Nightly = Nightly()
    uploads: Uploads = Uploads()
    messages: Messages = Messages()
    desk: Desk = Desk()
    check: Check = Check()
    reshoot: Reshoot = Reshoot()
    audit: Audit = Audit()
    log: Log = Log()
    login: Login = Login()

    @field_validator("lang")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in languages():
            raise ValueError(f"allowed: {', '.join(languages())}")
        return value

    @field_validator("cohorts")
    @classmethod
    def _named(cls, value: Mapping[str, Cohort], _info: ValidationInfo) -> Mapping[str, Cohort]:
        for name in value:
            if not _NAME.fullmatch(name):
                raise ValueError(
                    f"{name[:60]!r} names a folder: letters, digits, `.`, `-` and `_` only"
                )
        return value

    @model_validator(mode="after")
    def _whole(self) -> Site:
        if self.audit.mail and not (self.messages.mail.host and self.messages.mail.sender):
            raise ValueError("`audit.mail` needs `messages.mail.host` and `messages.mail.sender`")
        if self.login.by_school and not self.desk.url:
            key = "oidc" if self.login.oidc else "cas"
            raise ValueError(f"`login.{key}` needs `desk.url`, to which people come back")
        return self

    def path(self, given: Path) -> Path:
        """A path of the file, from its folder."""
        return self.folder / given.expanduser()

    def profile_of(self, cohort: str) -> str | None:
        """A cohort's photo standard: a shipped name, or its own file's path."""
        named = self.cohorts[cohort].profile
        return str(self.path(Path(named))) if named and named.endswith(".toml") else named

    def home_of(self, cohort: str) -> Path:
        """Where a cohort's run and nights are kept."""
        return self.path(self.home) / cohort

    def run_of(self, cohort: str) -> Path:
        """The folder of a cohort's run, which its desk is opened on."""
        return self.home_of(cohort) / "run"


def load_site(path: Path) -> Site:
    """Read a site's file.

    Raises:
        ConfigError: It cannot be read, or has wrong keys or values: names every one.
    """
    table: dict[str, Any] = dict(read_toml(path))
    for key in ("file", "folder"):
        if key in table:
            raise ConfigError("site_key_unknown", path=path, key=key)
    site = checked(Site, table, str(path))
    return site.model_copy(update={"file": path.absolute(), "folder": path.absolute().parent})


def find_site(given: Path | None = None) -> Path:
    """The site's file: as given, by `$PHOTOPROOF_SITE`, or in this folder or one above.

    Raises:
        ConfigError: There is none.
    """
    path = site_file(given)
    if path is None:
        raise ConfigError("site_nowhere", file=FILE, here=Path.cwd(), variable=VARIABLE)
    if not path.is_file():
        place = path.parent if path.name == FILE else path
        raise ConfigError("site_missing", place=place, file=FILE)
    return path
