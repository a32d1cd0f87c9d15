"""Files on the disk of this machine: written and synced before the row that names them, under names made here.

A name is a random number with the content's ending, so neither a person's file name nor its content decides a path.
"""

import asyncio
import os
import re
import secrets
from pathlib import Path

from wardline.platform.errors import NotFound

_NAME = re.compile(r"[0-9a-f]{32}\.[a-z0-9]{1,5}")
_folder: Path | None = None


def configure(folder: Path) -> None:
    """Set the folder of the files; it is made on the first write."""
    global _folder
    _folder = folder


async def put(content: bytes, ending: str) -> str:
    """Store the content; the returned name is safe to be written into a row, for the bytes are on the disk."""
    name = f"{secrets.token_hex(16)}.{ending}"
    await asyncio.to_thread(_write, _path(name), content)
    return name


async def get(name: str) -> bytes:
    """The content of a stored file; NotFound when it is gone."""
    try:
        return await asyncio.to_thread(_path(name).read_bytes)
    except FileNotFoundError:
        raise NotFound("The file is gone.") from None


def _path(name: str) -> Path:
    if _folder is None:
        raise RuntimeError("the folder of files is not configured")
    if not _NAME.fullmatch(name):
        raise NotFound("There is no such file.")
    return _folder / name[:2] / name


def _write(path: Path, content: bytes) -> None:
    """Draft, sync, rename, sync the folder: a crash leaves the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".draft")
    with draft.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
