"""What people said, in the ledger: every answer is added, vouched for by the log, and stays."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from pipeline.store.log import Log, digest, now
from pipeline.store.sealing import Seal, place_of


class AnswerRow(NamedTuple):
    """One answer as it is kept: order of arrival, when (UTC, ISO 8601), whose, what."""

    id: int
    at: str
    who: str
    kind: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A photo that the last answer about it calls faulty.

    Attributes:
        at: UTC, ISO 8601.
        last: Nothing has been said since about another photo of this student.
    """

    student_key: str
    sha256: str
    at: str
    verdict: str
    last: bool

    def long_ago(self) -> Refusal:
        """The same of an earlier run, whose cases wait for nothing."""
        return replace(self, last=False)


_NO_FAULT = ("ok", "cannot_tell", "nobodys")


class Answers:
    """The table of answers.

    Args:
        db: The ledger's.
        log: Gets an entry for every answer.
        seal: The ledger's, which closes comments.
    """

    def __init__(self, db: sqlite3.Connection, log: Log, seal: Callable[[], Seal]) -> None:
        self._db, self._log, self._seal = db, log, seal

    def add(
        self, who: str, subject: str, sha256: str, kind: str, content: Mapping[str, Any]
    ) -> int:
        """Add an answer and the log entry that vouches for it; call inside a transaction.

        Args:
            who: Says it.
            subject: Whose photo.
            sha256: Of the photo's bytes.
            kind: `answer`, `undo` and so on.
            content: What is said; `verdict` or `value` and `blind` go into the log too.

        Returns:
            Its number.
        """
        if comment := content.get("comment"):
            closed = self._seal().close_text(comment, place_of(subject, sha256))
            content = {**content, "comment": closed}
        text = json.dumps(content, ensure_ascii=False, sort_keys=True)
        row = (now(), who, subject, sha256, kind, text)
        inserted = self._db.execute(
            "INSERT INTO answer (at, who, subject, photo_sha256, kind, content)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            row,
        )
        number = int(inserted.lastrowid or 0)
        self._log.append(
            who,
            kind,
            subject,
            answer=number,
            digest=digest([number, *row]),
            photo=sha256,
            said=content.get("verdict") or content.get("value") or "",
            **({"machine_seen": not content["blind"]} if "blind" in content else {}),
            **({"batch": content["batch"]} if content.get("batch") else {}),
        )
        return number

    def of(self, subject: str, sha256: str) -> list[AnswerRow]:
        """Everything said about one student's photo of these bytes, in order."""
        rows = self._db.execute(
            "SELECT id, at, who, kind, content FROM answer WHERE subject = ? AND photo_sha256 = ?"
            " ORDER BY id",
            (subject, sha256),
        )
        place = place_of(subject, sha256)
        return [AnswerRow._make((*row, self._opened(content, place))) for *row, content in rows]

    def _opened(self, text: str, place: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(text)
        if comment := content.get("comment"):
            content["comment"] = self._seal().open_text(comment, place)
        return content

    def about(self, keys: Collection[str], named_in: Callable[[str], bool]) -> Iterator[int]:
        """Numbers of the answers about a student, or whose words name one."""
        rows = self._db.execute("SELECT id, subject, photo_sha256, content FROM answer").fetchall()
        for number, subject, sha256, content in rows:
            told = self._opened(content, place_of(subject, sha256))
            if subject in keys or named_in(json.dumps(told, ensure_ascii=False)):
                yield int(number)

    def refused(self) -> list[Refusal]:
        """Photos that were refused and not accepted since, in order of the last answers."""
        rows = self._db.execute(
            "SELECT id, subject, photo_sha256, at, json_extract(content, '$.verdict')"
            " FROM answer AS a WHERE kind = 'answer' AND photo_sha256 != '' AND NOT EXISTS"
            " (SELECT 1 FROM answer AS b WHERE b.kind = 'undo'"
            " AND json_extract(b.content, '$.undoes') = a.id) ORDER BY id"
        ).fetchall()
        latest = {subject: sha256 for _, subject, sha256, _, _ in rows}
        standing = {(subject, sha256): (at, said) for _, subject, sha256, at, said in rows}
        return [
            Refusal(subject, sha256, at, said, latest[subject] == sha256)
            for (subject, sha256), (at, said) in standing.items()
            if said not in _NO_FAULT
        ]

    def photos(self) -> set[tuple[str, str]]:
        """Student and sha256 of every photo that something has been said about."""
        return set(self._db.execute("SELECT DISTINCT subject, photo_sha256 FROM answer"))

    def other_photos(self, subject: str, sha256: str) -> list[str]:
        """sha256 of a student's other photos that something has been said about."""
        rows = self._db.execute(
            "SELECT DISTINCT photo_sha256 FROM answer WHERE subject = ? AND photo_sha256 != ?",
            (subject, sha256),
        )
        return [other for (other,) in rows]

    def answered(self, subject: str, sha256: str, who: str) -> bool:
        """Whether this person has ever answered about these bytes, taken back or not."""
        row = self._db.execute(
            "SELECT 1 FROM answer WHERE subject = ? AND photo_sha256 = ? AND who = ?"
            " AND kind = 'answer'",
            (subject, sha256, who),
        ).fetchone()
        return row is not None

    def last_of(self, who: str) -> tuple[int, str, str] | None:
        """Number, student and sha256 of a person's last answer that was not taken back."""
        found: tuple[int, str, str] | None = self._db.execute(
            "SELECT id, subject, photo_sha256 FROM answer AS a WHERE who = ?"
            " AND kind IN ('answer', 'assigned') AND NOT EXISTS"
            " (SELECT 1 FROM answer AS b WHERE b.who = a.who AND b.kind = 'undo'"
            " AND json_extract(b.content, '$.undoes') = a.id) ORDER BY id DESC LIMIT 1",
            (who,),
        ).fetchone()
        return found

    def of_batch(self, who: str, batch: str) -> list[tuple[int, str, str]]:
        """Number, student and sha256 of a person's answers of one batch that stand."""
        return self._db.execute(
            "SELECT id, subject, photo_sha256 FROM answer AS a WHERE who = ? AND kind = 'answer'"
            " AND json_extract(content, '$.batch') = ? AND NOT EXISTS (SELECT 1 FROM answer AS b"
            " WHERE b.who = a.who AND b.kind = 'undo'"
            " AND json_extract(b.content, '$.undoes') = a.id) ORDER BY id",
            (who, batch),
        ).fetchall()

    def last_batch(self, who: str) -> str:
        """A person's last batch of which something stands; "" where there is none."""
        row = self._db.execute(
            "SELECT json_extract(content, '$.batch') FROM answer AS a WHERE who = ?"
            " AND kind = 'answer' AND json_extract(content, '$.batch') != '' AND NOT EXISTS"
            " (SELECT 1 FROM answer AS b WHERE b.who = a.who AND b.kind = 'undo'"
            " AND json_extract(b.content, '$.undoes') = a.id) ORDER BY id DESC LIMIT 1",
            (who,),
        ).fetchone()
        return str(row[0]) if row else ""

    def place(self, number: int) -> tuple[str, str] | None:
        """Student and sha256 that an answer is about."""
        found: tuple[str, str] | None = self._db.execute(
            "SELECT subject, photo_sha256 FROM answer WHERE id = ?", (number,)
        ).fetchone()
        return found

    def digests(self) -> dict[int, str]:
        """What each answer amounts to, by number, for `Log.verify`."""
        rows = self._db.execute(
            "SELECT id, at, who, subject, photo_sha256, kind, content FROM answer"
        )
        return {row[0]: digest(list(row)) for row in rows}
