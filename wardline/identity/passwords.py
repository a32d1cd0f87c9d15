"""Passwords: Argon2id in a bounded executor, so that a storm of sign-ins cannot take the cores from the wards: one thread
in each process, which the kernel runs after everything else, and a line that ends somewhere.

Parameters follow OWASP's minimum (m = 19 MiB, t = 2, p = 1).
"""

import asyncio
import os
import random
import sys
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from wardline.platform.errors import Busy, Invalid

T = TypeVar("T")
LENGTH_MIN, LENGTH_MAX = 12, 256
WAITING_MAX = 64
WAITING_IN_TRANSACTION_MAX = 4  # whoever holds a connection meanwhile does not join a long line
RETRY_SECONDS = (3, 12)
NICENESS = 10  # a tenth of the processor beside a thread that wants it too
COMMON = frozenset(
    {"password1234", "123456789012", "qwertyuiop12", "wardlinewardline", "letmeinletmein", "hospital1234"}
)

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def _yield_to_others() -> None:
    """On Linux niceness is a thread's own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


_executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="argon2", initializer=_yield_to_others)
_waiting = 0
_NOBODY = _hasher.hash("nobody signs in with this")


def normal(password: str) -> str:
    """Passwords compare in NFKC (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password)


def check_new(password: str, email: str = "") -> None:
    """Refuse a password that is too short, too long, common, or the address itself. No composition rules."""
    text = normal(password)
    if not LENGTH_MIN <= len(text) <= LENGTH_MAX:
        raise Invalid(fields={"new_password": f"Use {LENGTH_MIN} to {LENGTH_MAX} characters."})
    own_name = email.partition("@")[0]
    if text.casefold() in COMMON or len(set(text)) < 5 or (len(own_name) >= 4 and own_name in text.casefold()):
        raise Invalid(fields={"new_password": "This password is too easy to guess."})


def hash_now(password: str) -> str:
    """The hash, in the calling thread: for commands and seeding."""
    return _hasher.hash(normal(password))


async def hash_password(password: str) -> str:
    """The hash, in the bounded executor."""
    return await _bounded(hash_now, password)


async def verify(password_hash: str | None, password: str, *, waiting_max: int = WAITING_MAX) -> bool:
    """Whether the password fits. Takes as long for nobody as for somebody. Busy behind so many others."""
    return await _bounded(_verify, password_hash, normal(password), waiting_max=waiting_max)


def _verify(password_hash: str | None, password: str) -> bool:
    try:
        return _hasher.verify(password_hash or _NOBODY, password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


async def _bounded(work: Callable[..., T], *args: object, waiting_max: int = WAITING_MAX) -> T:
    global _waiting
    if _waiting >= waiting_max:
        again = random.randint(*RETRY_SECONDS)  # noqa: S311 - spread, not secrecy
        raise Busy("Many people are signing in right now; try again in a moment.", retry_after_seconds=again)
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_executor, work, *args)
    finally:
        _waiting -= 1
