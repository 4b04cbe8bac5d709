"""Every exit code of docs/errors.md, produced by the command that people give."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from fakes import fake
from PIL import Image
from places import DOCS, ROOT
from site_cases import deliver, site_file

from pipeline.night import nightly
from pipeline.night.nightly import run_night
from pipeline.sample import sources
from pipeline.site.config import load_site
from pipeline.site.nights import work_site

NOWHERE = "http://127.0.0.1:9"  # nothing listens there
UNREACHABLE = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_INDEX_URL": f"{NOWHERE}/simple",
    "PIP_EXTRA_INDEX_URL": "",
    "PIP_RETRIES": "0",
    "HTTP_PROXY": NOWHERE,
    "HTTPS_PROXY": NOWHERE,
    "http_proxy": NOWHERE,
    "https_proxy": NOWHERE,
}
NO_WEIGHTS = {"PHOTOPROOF_CACHE": "cache"}
QUIET = "[nightly]\nsettle_minutes = {}\nworkers = 1\n"
STUDENT = "2021000004"


@dataclass(frozen=True)
class Way:
    """How a code comes about.

    Attributes:
        words: The command's, after `photoproof`; in the folder that `prepare` was given.
        prepare: What has to be there.
        typed: At its question.
        networks: It looks at a picture.
    """

    words: str
    prepare: Callable[[Path], None] = lambda _: None
    environment: Mapping[str, str] = field(default_factory=dict)
    typed: str = ""
    networks: bool = False


def roster(folder: Path) -> None:
    (folder / "roster.csv").write_text(f"学号,姓名\n{STUDENT},甲\n", "utf-8")
    (folder / "photos").mkdir()


def picture(folder: Path) -> None:
    Image.new("RGB", (90, 90), "grey").save(folder / "a.png")


def golden(folder: Path) -> None:
    picture(folder)
    text = "image,measure,expected,tolerance,why\na.png,size_px,1×1,,not so\n"
    (folder / "measures.csv").write_text(text, "utf-8")


def nights(folder: Path, photos: dict[str, str], settle: int = 0) -> None:
    deliver(folder / "in", photos)
    site_file(folder, QUIET.format(settle))


def broken(folder: Path) -> None:
    nights(folder, {})
    (folder / "in/roster.csv").write_text("什么,都,没有\n", "utf-8")


def sound(folder: Path) -> None:
    nights(folder, {STUDENT: ""})
    Image.open(sources.fetch()["obama"]).rotate(90, expand=True).save(
        folder / "in/photos" / f"{STUDENT}.jpg"
    )


def judged(folder: Path) -> None:
    """A site after its night; the student's photo and row still lie in its inbox."""
    nights(folder, {STUDENT: "turn=0"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nightly, "run_night", partial(run_night, factory=fake()))
        work_site(load_site(folder / "photoproof.toml"))


def exchanged(folder: Path) -> None:
    """A photo was exchanged after it was checked."""
    judged(folder)
    (folder / "in/photos" / f"{STUDENT}.jpg").write_text("another")


def empty(folder: Path) -> None:
    nights(folder, {STUDENT: ""})
    (folder / "in/photos" / f"{STUDENT}.jpg").unlink()


ROSTER = "--roster roster.csv --photos photos"
WAYS = {
    0: Way("version"),
    1: Way("purge 2026 --all", judged, typed="n\n"),
    2: Way("run"),
    11: Way("profiles show none"),
    12: Way("intake --roster none.csv --photos ."),
    13: Way("intake --roster roster.csv --photos none", roster),
    14: Way("models verify", environment=NO_WEIGHTS),
    15: Way("models pull --mirror .", environment=UNREACHABLE | NO_WEIGHTS),
    16: Way("decide ."),
    17: Way("doctor", environment=NO_WEIGHTS),
    18: Way("check a.png --profile cet", picture, networks=True),
    19: Way("regress --golden .", golden, networks=True),
    20: Way(f"intake {ROSTER}", roster),
    21: Way("manifest verify in/photos --files 2026", exchanged),
    22: Way(f"purge --student {STUDENT} --yes", judged),
    30: Way("nightly", sound, networks=True),
    31: Way("nightly", partial(nights, photos={}, settle=60)),
    32: Way("nightly", empty, networks=True),
    33: Way("nightly", broken),
}
SIGNALS = {128 + n: n for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
PROGRAM = [sys.executable, "-m", "pipeline"]


def documented() -> set[int]:
    """The codes of the table's first column."""
    rows = re.findall(r"^\| ([\d, ]+) \|", (DOCS / "errors.md").read_text("utf-8"), re.MULTILINE)
    return {int(code) for row in rows for code in row.split(",")}


def environment(more: Mapping[str, str]) -> dict[str, str]:
    own = {k: v for k, v in os.environ.items() if k not in ("PHOTOPROOF_SITE", "PIP_NO_INDEX")}
    return {**own, "PYTHONPATH": str(ROOT), **more}


def test_each_code_of_the_table_has_its_way() -> None:
    # 10 is told never to be raised by itself; the others are produced below.
    assert documented() == {*WAYS, *SIGNALS, 10}
    raised = [
        path.name
        for folder in ("pipeline", "models")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"raise PhotoproofError\b", path.read_text("utf-8"))
    ]
    assert raised == []


@pytest.mark.parametrize(
    "code",
    [pytest.param(c, marks=[pytest.mark.networks] if w.networks else []) for c, w in WAYS.items()],
)
def test_a_command_ends_with_it(tmp_path: Path, code: int) -> None:
    way = WAYS[code]
    way.prepare(tmp_path)
    done = subprocess.run(
        [*PROGRAM, *way.words.split()],
        cwd=tmp_path,
        env=environment(way.environment),
        input=way.typed,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    if code >= 10 and code < 30:
        assert "photoproof:" in done.stderr  # said in words, too


@pytest.mark.parametrize("code", SIGNALS)
def test_a_signal_ends_with_it(tmp_path: Path, code: int) -> None:
    judged(tmp_path)
    number = SIGNALS[code]

    def heed() -> None:  # whoever runs the tests may ignore it, as `nohup` does
        signal.signal(number, signal.SIG_DFL)

    process = subprocess.Popen(
        [*PROGRAM, "purge", "2026", "--all"],
        cwd=tmp_path,
        env=environment({}) | {"PYTHONUNBUFFERED": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed,
    )
    with process:
        assert process.stdout is not None
        asked = ""
        while "]: " not in asked:  # it waits for an answer
            asked += process.stdout.read(1)
        time.sleep(0.1)
        process.send_signal(number)
        assert process.wait(30) == code
        assert process.stderr is not None
        assert "已停止" in process.stderr.read()  # a site speaks Chinese where it says nothing else
