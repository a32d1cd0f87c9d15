"""Processes that belong together: children that die with their parent, and an unprivileged account for the database."""

import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

PR_SET_PDEATHSIG = 1
END_STREAMS = signal.SIGUSR1  # sent to a web worker just before it is asked to stop
YIELDING_NICENESS = 5  # a quarter of the processor beside a process that wants it too, and never nothing
UNPRIVILEGED_ACCOUNTS = ("wardline", "postgres", "nobody")


class Account(msgspec.Struct, frozen=True):
    """Who a child process runs as."""

    name: str
    user_id: int
    group_id: int


def yield_to_requests() -> None:
    """Let the processes that somebody waits for go first where the processor is short: to be called before any thread is
    started, for on Linux niceness is a thread's own. At ten times the capacity a fifth more is served
    (bench/results/log.md); where the processor is not short it changes nothing.
    """
    os.nice(YIELDING_NICENESS)


def die_with_parent(parent_id: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Ask the kernel to signal this process when its parent ends, however it ends (Linux only).

    The parent may already be gone by the time the kernel is asked, so that is checked afterwards.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent_id:
            os.kill(os.getpid(), number)


def dying_with_parent(number: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` for Popen. It runs after the change of user, which would otherwise clear the request.

    The kernel means the parent *thread*: start such children from the main thread only.
    """
    parent_id = os.getpid()
    return lambda: die_with_parent(parent_id, number)


def unprivileged_account(owner_of: Path) -> Account | None:
    """Who runs the database: None for whoever we are, or somebody without rights when we are root.

    A folder that exists already keeps its owner, so a later start finds its own files.
    """
    if os.geteuid() != 0:
        return None
    if owner_of.exists() and owner_of.stat().st_uid != 0:
        status = owner_of.stat()
        return Account(str(status.st_uid), status.st_uid, status.st_gid)
    for name in UNPRIVILEGED_ACCOUNTS:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, found.pw_uid, found.pw_gid)
    return Account("65534", 65534, 65534)


def reachable(path: Path, account: Account) -> bool:
    """Whether the account may pass every folder on the way to this path, and pass or run what is there."""
    return all(_may_pass(step, account) for step in (path, *path.parents))


def _may_pass(path: Path, account: Account) -> bool:
    status = path.stat()
    if status.st_uid == account.user_id:
        return bool(status.st_mode & 0o100)
    if status.st_gid == account.group_id:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)
