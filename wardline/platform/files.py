"""Files: written and synced before the row that names them, on this machine's disk or in an object store.

A name is made here: random digits, then the first digits of the content's SHA-256, then an ending. Neither a person's
file name nor the content decides a path, and every read checks that the content is what was stored.
"""

import asyncio
import contextlib
import errno
import hashlib
import os
import re
import secrets
from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path
from typing import IO, Any

import msgspec
import structlog

from wardline.platform.errors import NotFound, Problem, TooLarge

BYTES_MAX = 50_000_000
DIGEST_DIGITS = 16
_NAME = re.compile(rf"[0-9a-f]{{16}}(?P<digest>[0-9a-f]{{{DIGEST_DIGITS}}})\.[a-z0-9]{{1,5}}")

log = structlog.get_logger("files")


class StorageFull(Problem):
    status, code, title = 507, "storage_full", "There is no room for the file"


class Damaged(Problem):
    status, code, title = 500, "file_damaged", "The file is not what was stored"


class Stored(msgspec.Struct, frozen=True):
    """What the row that owns the file may keep."""

    name: str
    size_bytes: int
    sha256: str


class _Place:
    """Where files are; set once at start."""

    folder: Path | None = None
    store: Any = None


def configure(folder: Path, url: str | None = None, key: str | None = None) -> None:
    """Set where files are: in this folder, or in the object store at `url` (s3://bucket/prefix), the folder then
    holding what is on its way only. `key` is the store's `id:secret`; without one the environment has it."""
    _Place.folder = folder
    _Place.store = None
    if url is not None:
        from obstore.store import from_url  # noqa: PLC0415 - most machines have no object store

        name, _, secret = (key or "").partition(":")
        given: Any = {"access_key_id": name, "secret_access_key": secret} if key else {}
        _Place.store = from_url(url, **given)


async def put(content: bytes, ending: str) -> str:
    """Store the content; the returned name is safe to be written into a row, for the bytes are durable."""
    return (await put_stream(_once(content), ending, bytes_max=max(len(content), 1))).name


async def put_stream(chunks: AsyncIterable[bytes], ending: str, *, bytes_max: int = BYTES_MAX) -> Stored:
    """Store what arrives, at most `bytes_max` bytes; nothing of a file that is refused or cut off remains."""
    folder = _folder() / "drafts"
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True, mode=0o700)
    draft = folder / secrets.token_hex(16)
    try:
        size, digest = await _write(draft, chunks, bytes_max)
        name = f"{secrets.token_hex(8)}{digest[:DIGEST_DIGITS]}.{ending}"
        await _keep(draft, name)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            log.error("storage_full", code=errno.errorcode[error.errno])
            raise StorageFull from error
        raise
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
    return Stored(name, size, digest)


async def get(name: str) -> bytes:
    """The content of a stored file; NotFound when it is gone."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise NotFound("There is no such file.")
    content = await _read(name)
    if not hashlib.sha256(content).hexdigest().startswith(match["digest"]):
        log.error("file_damaged")
        raise Damaged
    return content


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _write(draft: Path, chunks: AsyncIterable[bytes], bytes_max: int) -> tuple[int, str]:
    """Write the draft, and sync it."""
    size, digest = 0, hashlib.sha256()
    file = await asyncio.to_thread(draft.open, "xb")
    try:
        async for chunk in chunks:
            size += len(chunk)
            if size > bytes_max:
                raise TooLarge(f"At most {bytes_max:,} bytes.", bytes_max=bytes_max)
            digest.update(chunk)
            await asyncio.to_thread(file.write, chunk)
        await asyncio.to_thread(_sync, file)
    finally:
        await asyncio.to_thread(file.close)
    return size, digest.hexdigest()


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


async def _keep(draft: Path, name: str) -> None:
    if _Place.store is not None:
        import obstore  # noqa: PLC0415

        await obstore.put_async(_Place.store, _path(name), draft)
    else:
        await asyncio.to_thread(_rename, draft, _folder() / _path(name))


def _rename(draft: Path, path: Path) -> None:
    """Rename, and sync the folders: a crash leaves the whole file or none."""
    if not path.parent.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _sync_folder(path.parent.parent)
    draft.rename(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


async def _read(name: str) -> bytes:
    try:
        if _Place.store is not None:
            import obstore  # noqa: PLC0415

            found = await obstore.get_async(_Place.store, _path(name))
            return bytes(await found.bytes_async())
        return await asyncio.to_thread((_folder() / _path(name)).read_bytes)
    except FileNotFoundError:
        raise NotFound("The file is gone.") from None


def _path(name: str) -> str:
    return f"{name[:2]}/{name}"


def _folder() -> Path:
    if _Place.folder is None:
        raise RuntimeError("the folder of files is not configured")
    return _Place.folder
