"""Rendered content shared by all processes through Redis, behind the cache that each process has of its own.

Only what was dear to make is kept, and for a short time. A value is sealed (AES-GCM) under a key made from the
deployment's secret and bound to its name, and the name is a keyed hash of everything that decides the content: topic,
version, address, tenant, permission class, and the code that rendered it. So Redis holds neither names of people nor
readable content, an answer meant for another question does not open, and neither does one of another version of the
program.
"""

import asyncio
import functools
import hashlib
import os
import time
import zlib
from collections.abc import Awaitable, Callable, Hashable
from pathlib import Path
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wardline.platform.cache import FragmentCache
from wardline.platform.redis_client import Redis

DEAR_SECONDS = 0.002  # asking costs about a tenth
KEPT_SECONDS = 120
VALUE_BYTES_MAX = 500_000
PACKED_BYTES_MIN = 4_096
STORING_MAX = 32
WORTH_SHARE_MIN = 0.2  # a question costs a fifth of what a finding saves, or less
SELDOM = 8
LEARNING = 0.02
NONCE_BYTES = 12
PLAIN, PACKED = b"0", b"1"
PACKAGE = Path(__file__).resolve().parent.parent
_CODE = {".py", ".html", ".css", ".js", ".toml", ".txt"}


class Made(msgspec.Struct, array_like=True):
    """A title and content, as text or as it is sent."""

    title: str
    text: str | None
    sent: bytes | None


_encode = msgspec.msgpack.Encoder(enc_hook=str).encode
_decode = msgspec.msgpack.Decoder(Made).decode


class Worth:
    """Whether to ask at all: always while every fifth question finds something, else one time in eight, to see whether
    that has changed (another process was lost, a rush to read).
    """

    def __init__(self) -> None:
        self.found_share = 1.0
        self._passed = 0

    def ask(self) -> bool:
        if self.found_share >= WORTH_SHARE_MIN:
            return True
        self._passed = (self._passed + 1) % SELDOM
        return self._passed == 0

    def learn(self, *, found: bool) -> None:
        self.found_share += (found - self.found_share) * LEARNING


class SharedFragments:
    """The near cache, and behind it what other processes have made."""

    def __init__(self, near: FragmentCache, redis: Redis, secret: str) -> None:
        self._near = near
        self._redis = redis
        self._seal = AESGCM(_key(secret, b"fragment seal"))
        self._names = _key(secret, b"fragment name" + code_mark())
        self._worth = Worth()
        self._storing: set[asyncio.Task[None]] = set()
        self.opened = 0  # found and used
        self.refused = 0  # found, and not what was asked for

    async def get(self, key: Hashable, make: Callable[[], Awaitable[Any]]) -> Any:
        """The value of `key`; made once in this process, and not at all where another has made it."""
        return await self._near.get(key, lambda: self._found_or_made(key, make))

    async def _found_or_made(self, key: Hashable, make: Callable[[], Awaitable[Any]]) -> Any:
        name = self.name(key)
        if self._worth.ask():
            sealed = await self._redis.get(name)
            found = None if sealed is None else self._open(name, sealed)
            self._worth.learn(found=found is not None)
            if found is not None:
                return found
        began = time.perf_counter()
        value = await make()
        if time.perf_counter() - began >= DEAR_SECONDS:
            self._keep(name, value)
        return value

    def name(self, key: Hashable) -> bytes:
        """Where a value is kept: says nothing to whoever reads it."""
        return b"wl:f:" + hashlib.blake2b(_encode(key), key=self._names, digest_size=24).hexdigest().encode()

    def _keep(self, name: bytes, value: Any) -> None:
        """Store behind the answer's back; under load rather not at all."""
        if len(self._storing) >= STORING_MAX or not isinstance(value, tuple):
            return
        title, content = value
        if len(content) > VALUE_BYTES_MAX:
            return
        made = Made(
            title, content if isinstance(content, str) else None, content if isinstance(content, bytes) else None
        )
        storing = asyncio.create_task(self._redis.put(name, self._sealed(name, made), KEPT_SECONDS))
        self._storing.add(storing)
        storing.add_done_callback(self._storing.discard)

    def _sealed(self, name: bytes, made: Made) -> bytes:
        body = _encode(made)
        plain = PACKED + zlib.compress(body, 1) if len(body) >= PACKED_BYTES_MIN else PLAIN + body
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._seal.encrypt(nonce, plain, name)

    def _open(self, name: bytes, sealed: bytes) -> Any:
        """The value, or None when it is not the one of this name."""
        try:
            plain = self._seal.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], name)
            made = _decode(zlib.decompress(plain[1:]) if plain[:1] == PACKED else plain[1:])
        except (InvalidTag, ValueError, zlib.error, msgspec.MsgspecError):
            self.refused += 1
            return None
        self.opened += 1
        return made.title, made.sent if made.text is None else made.text


def _key(secret: str, purpose: bytes) -> bytes:
    return hashlib.blake2b(secret.encode(), digest_size=32, person=b"wardline.redis", salt=_salt(purpose)).digest()


def _salt(purpose: bytes) -> bytes:
    return hashlib.blake2b(purpose, digest_size=16).digest()


@functools.cache
def code_mark() -> bytes:
    """A mark of the program as it is on disk: what another version has rendered is not shown."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix in _CODE and "vendor" not in path.parts:
            digest.update(str(path.relative_to(PACKAGE)).encode() + b"\0" + path.read_bytes())
    return digest.digest()
