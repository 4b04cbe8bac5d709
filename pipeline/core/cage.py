"""The cage of a process that decodes foreign files: it reads what it was given, and nothing else.

What a decoder can be brought to do by a crafted file ends at these bars, held by the kernel:

- rlimits: no file grows, no memory image is left behind, few files are open.
- seccomp, by libseccomp: no socket, no other program, no other process, no tracing of one.
- Landlock: files are read below the folders of the input and of the program, written nowhere.

Each is used where the system has it (`bars`). What is loaded before the
cage is closed stays usable.
"""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_FILES = 256
# Refused with EPERM. `clone` may make threads; `clone3` is refused as if the kernel had none,
# because its arguments lie where a filter cannot look, and the C library then takes `clone`.
_REFUSED = (
    *("socket", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg", "sendmmsg"),
    *("execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv", "process_vm_writev"),
    *("mount", "umount2", "pivot_root", "chroot", "unshare", "setns", "bpf", "perf_event_open"),
    *("userfaultfd", "io_uring_setup", "keyctl", "add_key", "request_key", "kexec_load"),
    *("init_module", "finit_module", "delete_module", "pidfd_open", "pidfd_getfd"),
)
_CLONE_THREAD = 0x00010000
# What libraries look at late: the machine, its time zones, its certificates of fonts and colours.
_SYSTEM = ("/usr", "/lib", "/lib64", "/etc", "/proc", "/sys/devices/system", "/dev/urandom")


def bars() -> tuple[str, ...]:
    """What this system's cage is made of: of "rlimits", "seccomp" and "Landlock" those it has."""
    if sys.platform != "linux":
        return ()
    return ("rlimits", *(name for name, has in _HAS.items() if has()))


def close_cage(readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """Shut this process, and the thread that calls, into the cage; there is no way out.

    Args:
        readable: Folders and files that are still to be read, beside the program's own.
        writable: Folders in which files may still be made.
    """
    if sys.platform != "linux":
        return
    found = bars()  # asked now: inside, libseccomp could not be looked for any more
    own = _measured_into()
    _limit(grow=bool(own))
    if "Landlock" in found:
        _allow_paths((*readable, *_program()), (*writable, *own))
    if "seccomp" in found:
        _refuse_calls()


def _measured_into() -> tuple[Path, ...]:
    """The folder where a measured worker (`make check`) says at its end which lines it ran."""
    coverage = sys.modules.get("coverage")
    current = coverage.Coverage.current() if coverage else None
    return (Path(current.get_option("run:data_file")).parent,) if current else ()


def _limit(grow: bool) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, _FILES))
    if not grow:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _program() -> list[Path]:
    """Where the program and its libraries are."""
    places = {Path(__file__).resolve().parents[2], *map(Path, _SYSTEM)}
    places |= {Path(sys.prefix), Path(sys.base_prefix), *map(Path, site.getsitepackages())}
    places |= {Path(path) for path in sysconfig.get_paths().values()}
    return sorted(path for path in places if path.exists())


def _has_landlock() -> bool:
    try:
        from landlock import landlock_abi_version

        return bool(landlock_abi_version() > 0)
    except (ImportError, OSError):
        return False


def _allow_paths(readable: Iterable[Path], writable: Iterable[Path]) -> None:
    from landlock import FSAccess, Ruleset

    rules = Ruleset()
    for path in readable:
        with suppress(OSError):  # gone since it was listed: its photos are unreadable, no more
            reading = FSAccess.READ_FILE | (FSAccess.READ_DIR if path.is_dir() else 0)
            rules.allow(path, rules=reading)
    for path in writable:
        rules.allow(path, rules=FSAccess.all())
    # Shared by OpenVINO's threads, and written by none: what they wait on.
    rules.allow("/dev/null", rules=FSAccess.READ_FILE | FSAccess.WRITE_FILE)
    rules.apply()


def _has_seccomp() -> bool:
    try:
        import pyseccomp  # noqa: F401 - it finds libseccomp, or does not

        return True
    except (ImportError, OSError, RuntimeError):
        return False


def _refuse_calls() -> None:
    import errno

    import pyseccomp as seccomp

    calls = seccomp.SyscallFilter(seccomp.ALLOW)
    calls.set_attr(seccomp.Attr.CTL_TSYNC, 1)  # every thread of the process
    for name in _REFUSED:
        calls.add_rule(seccomp.ERRNO(errno.EPERM), name)
    calls.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    new_process = seccomp.Arg(0, seccomp.MASKED_EQ, _CLONE_THREAD, 0)
    calls.add_rule(seccomp.ERRNO(errno.EPERM), "clone", new_process)
    calls.load()


_HAS = {"seccomp": _has_seccomp, "Landlock": _has_landlock}


def together(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The folders of files, and archives themselves; none that lies below another one of them."""
    outer: list[Path] = []
    for path in sorted(set(paths)):
        if not outer or not path.is_relative_to(outer[-1]):
            outer.append(path)
    return tuple(Path(os.path.realpath(path)) for path in outer)
