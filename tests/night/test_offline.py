"""After the pull, a run opens no network connection: watched from inside every process."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from few_faces import few_faces

pytestmark = pytest.mark.networks

# An audit hook reports every connect, sendto and name look-up of Python code in every process.
# Native code was watched once by hand with strace: no connect, no sendto.
GUARD = """
import sys
def watch(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"):
        address = args[1] if len(args) > 1 else args
        if not (isinstance(address, (str, bytes)) and event == "socket.connect"):  # unix sockets
            with open({log!r}, "a") as log:
                log.write(f"{{event}} {{args!r}}\\n")
sys.addaudithook(watch)
"""


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    return [*few_faces(tmp_path / "cohort"), "--out", str(tmp_path / "out")]


def run_guarded(tmp_path: Path, program: str) -> str:
    """Run Python code whose every process, workers too, writes its connections to a log."""
    log = tmp_path / "connections"
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(GUARD.format(log=str(log)))
    script = tmp_path / "program.py"  # a file: spawned workers import the main module again
    script.write_text(program)
    environment = {**os.environ, "PYTHONPATH": str(site)}
    result = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    return log.read_text() if log.exists() else ""


def test_a_run_opens_no_connection(tmp_path: Path, command: list[str]) -> None:
    program = textwrap.dedent(f"""
        import sys
        from pipeline.cli import main
        if __name__ == "__main__":
            sys.argv = ["photoproof", "run", *{command!r}]
            try:
                main()
            except SystemExit as end:
                assert not end.code, end.code
    """)
    assert run_guarded(tmp_path, program) == ""
    assert (tmp_path / "out" / "report.html").is_file()


def test_the_guard_notices_a_connection(tmp_path: Path) -> None:
    seen = run_guarded(
        tmp_path,
        "import socket\n"
        "try: socket.create_connection(('127.0.0.1', 9), timeout=1)\n"
        "except OSError: pass",
    )
    assert "socket.connect" in seen
