"""Encryption at rest: what a stolen disk gives away, and what whoever has the key still reads."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from base64 import b64encode
from pathlib import Path

import pytest
from desk_runs import make_run, photos
from fakes import cohort_of, fake
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.core import site_key
from pipeline.core.errors import ConfigError, InstallationError, StoreError
from pipeline.core.policy import load_policy, load_profile
from pipeline.desk.accounts import Role
from pipeline.desk.cases.answers import Given, give
from pipeline.desk.cases.audit import verified
from pipeline.desk.cases.desk import opened
from pipeline.desk.cases.verdicts import Verdict
from pipeline.night.folder import DATABASE, LEDGER
from pipeline.night.nightly import redecide, run_night
from pipeline.night.purge import purge_run
from pipeline.store import Store
from pipeline.store.sealing import Seal, WrongKeyError, unwrapped, wrapped

KEY, OTHER = "0a" * 32, "0b" * 32
COMMENT = "左耳下有一颗痣"
JPEG = b"\xff\xd8\xff"
STUDENT = "2021000003"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A judged run of a site that has a key."""
    monkeypatch.setenv(site_key.TEXT, KEY)
    made = make_run(tmp_path, photos(6))
    with opened(made) as desk:
        item = desk.student(STUDENT)
        assert item
        give(desk, item, "an", Role.REVIEWER, Given(Verdict.NOT_ME, comment=COMMENT))
    return made


def on_disk(run: Path) -> bytes:
    return b"".join(path.read_bytes() for path in run.glob("*.sqlite*"))


def read(run: Path) -> tuple[bytes, str]:
    """The photo of a student and what was said of it."""
    with opened(run) as desk:
        item = desk.student(STUDENT)
        assert item
        said = desk.answers(item)[-1].comment
        assert verified(desk).fault == ""
        return desk.case(item).pictures["photo"], said


def test_the_disk_tells_no_face_and_no_comment(run: Path, tmp_path: Path) -> None:
    assert JPEG not in on_disk(run)
    assert COMMENT.encode() not in on_disk(run)
    photo, said = read(run)
    assert photo.startswith(JPEG)
    assert said == COMMENT
    policy = load_policy()
    redecide(run, policy, load_profile(policy.profile), "zh")
    assert b64encode(photo).decode() in (run / "report.html").read_text("utf-8")


def test_kept_templates_are_closed_and_compared_as_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = load_policy(None, {"privacy": {"keep_templates": True}})
    texts = {"a": "score=0.9 face=1", "b": "score=0.9 face=2"}
    seen = []
    for key in ("", KEY):
        monkeypatch.setenv(site_key.TEXT, key)
        base = tmp_path / (key or "open")
        cohort = cohort_of(base / "photos", texts)
        run_night(
            cohort, base / "out", policy, load_profile(policy.profile), digests={}, factory=fake()
        )
        with Store(base / "out" / DATABASE) as store:
            seen.append({s: (k, v.tolist()) for s, (k, v) in store.cohort.templates().items()})
            kept = store.db.execute("SELECT vector FROM template").fetchall()
            assert all(vector.startswith(b"PPs1") == bool(key) for (vector,) in kept)
    assert seen[0] == seen[1]


def test_without_the_key_it_is_said_before_anything(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, said in (("", "encrypted, and no key is given"), (OTHER, "with another key")):
        monkeypatch.setenv(site_key.TEXT, key)
        with pytest.raises(StoreError, match=said) as refused, opened(run):
            pass
        assert site_key.FILE in refused.value.hint
        policy = load_policy()
        with pytest.raises(StoreError, match=said):
            redecide(run, policy, load_profile(policy.profile), "zh")
        with pytest.raises(StoreError, match=said):
            make_run(tmp_path, photos(6))


def test_a_picture_belongs_to_its_student(run: Path) -> None:
    db = sqlite3.connect(run / DATABASE)
    db.execute(
        "UPDATE picture SET jpeg = (SELECT jpeg FROM picture WHERE student_key = '2021000001')"
        " WHERE student_key = ?",
        (STUDENT,),
    )
    db.commit()
    db.close()
    with pytest.raises(StoreError, match="changed or moved"):
        read(run)


def test_a_new_key_closes_the_old_ones_runs(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, pictures = read(run), _pictures(run)
    file = tmp_path / "key"
    site_key.make(file)
    new = file.read_text()
    monkeypatch.delenv(site_key.TEXT)
    monkeypatch.setenv(site_key.FILE, str(file))
    file.write_text(f"{new}{KEY} # of last year\n")
    assert read(run) == before
    done = CliRunner().invoke(app, ["key", "rotate", str(run)])
    assert "closed by the first key" in done.output
    file.write_text(new)
    assert read(run) == before
    assert _pictures(run) == pictures, "no picture was written anew"
    monkeypatch.delenv(site_key.FILE)
    monkeypatch.setenv(site_key.TEXT, KEY)
    with pytest.raises(StoreError, match="another key"):
        read(run)


def _pictures(run: Path) -> list[bytes]:
    db = sqlite3.connect(run / DATABASE)
    rows = db.execute("SELECT jpeg FROM picture ORDER BY student_key, slot").fetchall()
    db.close()
    return [jpeg for (jpeg,) in rows]


def test_a_run_is_forgotten_without_its_key_and_its_own_key_with_it(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = Path(shutil.copytree(run, tmp_path / "backup"))
    monkeypatch.delenv(site_key.TEXT)
    purge_run(run, "test")
    for file in (run / DATABASE, run / LEDGER):
        db = sqlite3.connect(file)
        assert db.execute("SELECT value FROM meta WHERE name = 'seal'").fetchone() == ("",)
        db.close()
    monkeypatch.setenv(site_key.TEXT, OTHER)  # the site's key is forgotten: so are its backups
    with pytest.raises(StoreError, match="another key"):
        read(copy)


def test_runs_from_before_the_key_are_read_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_run(tmp_path, photos(4))
    monkeypatch.setenv(site_key.TEXT, KEY)
    make_run(tmp_path, photos(6))
    with opened(made) as desk:
        item = desk.student(STUDENT)
        assert item
        assert desk.case(item).pictures["photo"].startswith(JPEG)
    done = CliRunner().invoke(app, ["key", "rotate", str(made)])
    # The ledger was made after the key came.
    assert done.exit_code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no key"),
        ("abc", "line 1: is no key"),
        (f"{KEY}\n{KEY[:-1]}g", "line 2: is no key"),
    ],
)
def test_what_is_no_key_is_named_and_not_shown(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "key"
    file.touch(mode=0o600)
    file.write_text(text)
    with pytest.raises(ConfigError, match=said) as refused:
        site_key.given({site_key.FILE: str(file)})
    assert KEY[:8] not in refused.value.message


def test_keys_come_from_a_file_the_environment_or_systemd(tmp_path: Path) -> None:
    file = tmp_path / site_key.CREDENTIAL
    site_key.make(file)
    mine = (bytes.fromhex(file.read_text().strip()),)
    assert site_key.given({site_key.FILE: str(file), site_key.TEXT: KEY}) == mine
    assert site_key.given({site_key.TEXT: KEY}) == (bytes.fromhex(KEY),)
    assert site_key.given({site_key.SYSTEMD: str(tmp_path)}) == mine
    assert site_key.given({site_key.SYSTEMD: str(tmp_path / "none")}) == site_key.given({}) == ()
    with pytest.raises(ConfigError, match="File exists"):
        site_key.make(file)
    file.chmod(0o640)
    with pytest.raises(ConfigError, match="others may read") as refused:
        site_key.given({site_key.FILE: str(file)})
    assert "chmod 600" in refused.value.hint
    with pytest.raises(ConfigError, match="cannot be read"):
        site_key.given({site_key.FILE: str(tmp_path / "missing")})


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    with pytest.raises(InstallationError) as refused:
        Seal(b"x" * 32)
    assert "photoproof[encryption]" in refused.value.hint


def test_a_seal_opens_at_its_place_and_untouched_only() -> None:
    seal = Seal(bytes(32))
    kept = seal.close(b"face", "a")
    assert seal.open(kept, "a") == b"face"
    assert seal.close(b"face", "a") != kept
    for damaged, place in ((kept, "b"), (kept[:-1] + b"x", "a"), (kept[:10], "a")):
        with pytest.raises(WrongKeyError):
            seal.open(damaged, place)
    assert unwrapped(wrapped(bytes(32), b"k" * 32), [b"o" * 32, b"k" * 32]) == bytes(32)
    with pytest.raises(WrongKeyError):
        unwrapped(wrapped(bytes(32), b"k" * 32), [])
