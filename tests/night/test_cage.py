"""What a worker in the cage cannot do, whatever brings it to try; and that networks run inside."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from few_faces import few_faces
from hostile.scans import gradient, scan

from models.manifest import weights_dir
from pipeline.core.cage import bars, together
from pipeline.core.policy import load_policy
from pipeline.core.types import Cohort, ImageFile, Job, Reference, Subject
from pipeline.night.executors import Duty
from pipeline.night.executors.assessing import files_of
from pipeline.night.executors.processes import Processes
from pipeline.student.decode import decode_picture
from pipeline.student.decode import read as read_picture

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the cage is Linux's")
LANDLOCK, SECCOMP = "Landlock", "seccomp"


def read(path: Path) -> None:
    path.read_bytes()


def listed(path: Path) -> None:
    assert list(path.iterdir())


def write(path: Path) -> None:
    (path.parent / "new.txt").write_text("x")


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"x")


def delete(path: Path) -> None:
    path.unlink()


def connect(_path: Path) -> None:
    socket.socket().close()


def execute(_path: Path) -> None:
    subprocess.run(["/bin/true"], check=True)


def fork(_path: Path) -> None:
    if os.fork() == 0:
        os._exit(0)


def trace(_path: Path) -> None:
    import ctypes

    if ctypes.CDLL(None, use_errno=True).ptrace(0, 0, 0, 0) < 0:
        raise PermissionError(ctypes.get_errno(), "ptrace")


def thread(_path: Path) -> None:
    worker = threading.Thread(target=int)
    worker.start()
    worker.join()


def draw(path: Path) -> None:
    """A page of a PDF: the library for it is loaded in the cage."""
    limits = load_policy().input
    assert decode_picture(read_picture(ImageFile(path, page=0), limits), limits).bgr.size


def nothing() -> None:
    pass


def attempt(_tool: None, task: tuple[Callable[[Path], None], Path]) -> str:
    try:
        task[0](task[1])
    except (PermissionError, BlockingIOError):
        return "refused"
    except OSError as error:
        return f"refused: {error}" if error.errno == 27 else str(error)  # EFBIG
    return "done"


def given_up(_task: object, reason: str) -> str:
    return reason


def put_away(_tool: None) -> None:
    pass


REFUSED = [
    (read, "out/secret.txt", LANDLOCK),
    (listed, "out", LANDLOCK),
    (read, "in/../out/secret.txt", LANDLOCK),
    (write, "in/photo.jpg", LANDLOCK),
    (write, "out/secret.txt", LANDLOCK),
    (append, "in/photo.jpg", LANDLOCK),
    (delete, "in/photo.jpg", LANDLOCK),
    (connect, "", SECCOMP),
    (execute, "", SECCOMP),
    (fork, "", SECCOMP),
    (trace, "", SECCOMP),
]
ALLOWED = [(read, "in/photo.jpg"), (listed, "in"), (thread, ""), (draw, "in/scan.pdf")]
Attempt = Callable[[Path], None]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What came of each attempt, all of them in one worker."""
    folder = tmp_path_factory.mktemp("cage")
    for name in ("in/photo.jpg", "out/secret.txt"):
        (folder / name).parent.mkdir()
        (folder / name).write_text("content")
    (folder / "in/scan.pdf").write_bytes(scan(gradient(60, 80, "1")))
    attempts = [*ALLOWED, *((what, where) for what, where, bar in REFUSED if bar in bars())]
    tasks = [(named(what, where), (what, folder / where)) for what, where in attempts]
    duty = Duty(nothing, attempt, given_up, put_away, (folder / "in",))
    return dict(Processes(1).work_off(tasks, duty))


def named(what: Attempt, where: str) -> str:
    return f"{what.__name__} {where}"


@pytest.mark.parametrize(("what", "where", "needed"), REFUSED)
def test_refused(outcomes: dict[str, str], what: Attempt, where: str, needed: str) -> None:
    if needed not in bars():
        pytest.skip(f"this kernel has no {needed}")
    assert outcomes[named(what, where)] == "refused"


@pytest.mark.parametrize(("what", "where"), ALLOWED)
def test_what_work_needs_stays_allowed(outcomes: dict[str, str], what: Attempt, where: str) -> None:
    assert outcomes[named(what, where)] == "done"


def test_a_cohorts_folders_and_archives_are_named_once(tmp_path: Path) -> None:
    for name in ("a/b", "a/b/c", "d"):
        (tmp_path / name).mkdir(parents=True)
    plain = ImageFile(tmp_path / "a/b/1.jpg"), ImageFile(tmp_path / "a/b/c/2.jpg")
    packed = ImageFile(tmp_path / "d/cards.zip", "3.jpg")
    job = Job(Subject("s", 1), plain[0], (Reference("idcard", packed),))
    assert files_of(Cohort((job,), (Job(Subject("", 0), plain[1]),))) == (
        tmp_path / "a/b",
        tmp_path / "d/cards.zip",
    )
    assert together([]) == ()


def test_a_folder_that_has_gone_keeps_no_worker_from_starting(tmp_path: Path) -> None:
    duty = Duty(nothing, attempt, given_up, put_away, (tmp_path / "gone",))
    assert list(Processes(1).work_off([("key", (thread, tmp_path))], duty)) == [("key", "done")]


@pytest.mark.long
@pytest.mark.networks
def test_a_night_on_a_machine_that_has_compiled_nothing_yet(tmp_path: Path) -> None:
    """A worker in its cage can write no file, which compiling a network takes."""
    cache = tmp_path / "cache"
    shutil.copytree(weights_dir(), cache / "models", ignore=shutil.ignore_patterns("compiled"))
    (cache / "samples").symlink_to(weights_dir().parent / "samples")
    options = [*few_faces(tmp_path / "in"), "--workers", "1"]  # each would compile them all
    command = [sys.executable, "-m", "pipeline", "run", *options, "--out"]
    environment = {**os.environ, "PHOTOPROOF_CACHE": str(cache)}

    def kept() -> dict[str, int]:
        found = (cache / "models/compiled").rglob("*.blob")
        return {path.name: path.stat().st_mtime_ns for path in found}

    done = subprocess.run(
        [*command, str(tmp_path / "first")], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    first = kept()
    for size, side in ((3, 160), (4, 320), (4, 640)):  # for turned pictures and small faces
        assert any(f"yunet_2023mar_int8bq-{size}x{side}x" in name for name in first)
    again = [*command, str(tmp_path / "next")]
    subprocess.run(again, env=environment, check=True, capture_output=True)
    assert kept() == first  # the next night compiles nothing
