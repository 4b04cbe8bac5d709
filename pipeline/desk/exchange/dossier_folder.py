"""A dossier as it is filed: the PDF, and beside it the proofs as .jpg in a folder `学号-姓名`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.core.errors import StoreError
from pipeline.core.imagefile import ImageFile
from pipeline.core.policy import InputLimits, load_policy
from pipeline.core.reasons import kind_name
from pipeline.core.types import PHOTO, Reference, Subject
from pipeline.core.words import Language, word, words
from pipeline.desk.cases.desk import Desk
from pipeline.desk.exchange.dossier import Paper, print_dossier
from pipeline.desk.exchange.exports import file_name, make_out
from pipeline.desk.exchange.originals import Original, originals, proof_of
from pipeline.desk.exchange.own import foreign_kinds, shows_own
from pipeline.desk.exchange.proofs import Proof, compared, found_proofs
from pipeline.report.files import replacing
from pipeline.report.printed import require_press
from pipeline.store.items import Item
from pipeline.student.engine import Engine


@dataclass(frozen=True, slots=True)
class Filed:
    """One dossier on disk; `lacking` as for `report.printed.Printed`."""

    pdf: Path
    folder: Path
    files: int
    lacking: str


def doubted(desk: Desk) -> list[Item]:
    """Everybody whom the registry's last roster doubts."""
    return [
        item
        for item in desk.queued()
        if next((a.value for a in reversed(desk.answers(item)) if a.kind == "registry"), "")
    ]


def chosen(desk: Desk, students: Sequence[str]) -> list[Item]:
    """The cases of students by student or candidate number, as the desk shows them.

    Raises:
        StoreError: The run has not one of them.
    """
    by_number: dict[str, Item] = {}
    for item in desk.items():
        for number in (item.student_key, *item.numbers.split()):
            by_number.setdefault(number, item)
    missing = [s for s in students if s not in by_number]
    if missing:
        raise StoreError(
            "no_student", run=desk.store.path.parent, student=desk.mask(missing[0][:40])
        )
    return list(dict.fromkeys(by_number[s] for s in students))


def file_dossiers(
    desk: Desk,
    items: Sequence[Item],
    out: Path,
    by: str,
    lang: Language,
    *,
    day: date,
    school: str = "",
    folders: Sequence[Path] = (),
    engine: Engine | None = None,
) -> Iterator[Filed]:
    """Write dossiers one after the other, each on record in the action log.

    Args:
        desk: Of the run.
        items: Whose.
        out: Folder.
        by: Who asks.
        lang: Of the papers.
        day: They bear.
        school: Its name, "" where nobody said.
        folders: With proofs that came after the run.
        engine: Started, where there are such folders.

    Raises:
        InstallationError: The extra `print` is not installed.
        SourceError: A folder cannot be used.
        StoreError: A file cannot be written.
    """
    require_press()
    make_out(out)
    limits = load_policy().input
    later = found_proofs(folders, _everybody(desk)) if folders else {}
    for item in items:
        case = desk.case(item)
        used = originals(case, limits)
        photo = next((o.file for o in used if o.slot == PHOTO), None)
        own = later.get(item.student_key, [])
        proofs = compared(case, photo, own, engine) if own and engine else _uncompared(own)
        yield _file(desk, item, out, by, lang, _Contents(used, proofs, limits, day, school))


def _everybody(desk: Desk) -> list[Subject]:
    return [subject for _, subject, _, _ in desk.store.decided() if subject.student_key]


def _uncompared(own: Sequence[Reference]) -> list[Proof]:
    return [Proof(one.kind, one.file, None, None) for one in own]


@dataclass(frozen=True, slots=True)
class _Contents:
    used: Sequence[Original]
    proofs: Sequence[Proof]
    limits: InputLimits
    day: date
    school: str


def _file(desk: Desk, item: Item, out: Path, by: str, lang: Language, contents: _Contents) -> Filed:
    """One student's folder and PDF."""
    name = file_name("-".join(filter(None, (item.student_key, item.name))))
    folder = out / name
    make_out(folder)
    for before in folder.glob("[0-9][0-9]-*.jpg"):
        before.unlink()  # what must not be in it any more
    case = desk.case(item)
    pictures, foreign = case.pictures, foreign_kinds(case)
    if not shows_own(item, desk.settled(item), doubted=True):
        foreign.add(PHOTO)
    t, rows, names, written = words("dossier", lang), [], dict[str | int, str](), 0
    wanted: list[tuple[str | int, str, ImageFile | None, bytes | None]] = [
        (o.slot, o.delivered.kind, o.file, pictures.get(o.slot))
        for o in contents.used
        if o.delivered.kind not in foreign
    ]
    wanted += [(place, p.kind, p.file, p.picture) for place, p in enumerate(contents.proofs)]
    for key, kind, file, kept in wanted:
        kind_said = word("dossier", "photo", lang) if kind == PHOTO else kind_name(kind, lang)
        made = proof_of(file, kept, contents.limits)
        if made is None:
            rows.append(("–", kind_said, "–", t["unreadable"]))
            continue
        data, source = made
        written += 1
        name_now = f"{written:02d}-{file_name(kind_said)}.jpg"
        names[key] = name_now
        with replacing(folder / name_now) as temporary:
            temporary.write_bytes(data)
        rows.append((name_now, kind_said, f"{len(data) / 1000:.0f} KB", t[source]))
    paper = Paper(contents.day, contents.school, contents.proofs, rows, names)
    printed = print_dossier(desk, item, lang, paper)
    pdf = out / f"{name}.pdf"
    with replacing(pdf) as temporary:
        temporary.write_bytes(printed.pdf)
    desk.ledger.record(by, "printed", item.answers_key, paper="dossier", files=written)
    return Filed(pdf, folder, written, printed.lacking)
