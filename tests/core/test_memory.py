"""How much memory there is, with and without a control group."""

from __future__ import annotations

from pathlib import Path

from pipeline.core.memory import give_back, usable_memory

MEMINFO = "MemTotal:  9000 kB\nMemAvailable:  8000 kB\n"


def machine(folder: Path, **files: str) -> int:
    (folder / "meminfo").write_text(MEMINFO)
    for name, text in files.items():
        path = folder / "cgroup" / name.replace("__", "/").replace("memory_", "memory.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return usable_memory(folder / "cgroup", folder / "meminfo")


def test_without_a_control_group_it_is_what_is_free(tmp_path: Path) -> None:
    assert machine(tmp_path) == 8000 * 1024
    assert machine(tmp_path, memory_max="max\n", memory_current="5\n") == 8000 * 1024


def test_a_control_group_leaves_its_limit_less_what_it_uses(tmp_path: Path) -> None:
    assert machine(tmp_path, memory_max="3000000\n", memory_current="1000000\n") == 2_000_000


def test_a_control_group_of_the_first_version(tmp_path: Path) -> None:
    used = {"memory__memory.usage_in_bytes": "900", "memory__memory.limit_in_bytes": "1000"}
    assert machine(tmp_path, **used) == 100


def test_a_full_group_has_nothing_and_an_unknown_machine_something(tmp_path: Path) -> None:
    assert machine(tmp_path, memory_max="10\n", memory_current="20\n") == 0
    assert usable_memory(tmp_path / "none", tmp_path / "neither") > 2**30


def test_what_was_freed_goes_back() -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1])

    pieces = [b"x" * (10_000 + n % 2) for n in range(10_000)]
    held, kept = resident(), pieces[-1]
    pieces.clear()
    give_back()
    assert resident() < held - 10_000
    assert kept
