"""Identifiers made in the application: UUID version 7, so that keys grow with time and index pages stay warm."""

import os
import time
from uuid import UUID

_VERSION_AND_VARIANT = (7 << 76) | (2 << 62)
_RANDOM_MASK = ~((0xF << 76) | (3 << 62))


def new_id() -> UUID:
    """A fresh UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits."""
    value = (time.time_ns() // 1_000_000 << 80) | int.from_bytes(os.urandom(10), "big")
    return UUID(int=(value & _RANDOM_MASK) | _VERSION_AND_VARIANT)
