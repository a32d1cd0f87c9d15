import errno
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

import pytest

from wardline.platform import files
from wardline.platform.errors import NotFound, TooLarge


@pytest.fixture(params=["disk", "object store"], autouse=True)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    files.configure(tmp_path, "memory:///" if request.param == "object store" else None)
    return tmp_path


def remains(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_what_is_stored_is_read_again(folder: Path):
    name = await files.put(b"a picture", "jpg")
    assert name.endswith(".jpg")
    assert await files.get(name) == b"a picture"
    assert not remains(folder / "drafts")


async def test_a_stream_is_stored_with_its_digest():
    stored = await files.put_stream(chunks(b"one", b"two"), "txt")
    assert await files.get(stored.name) == b"onetwo"
    assert (stored.size_bytes, stored.sha256[:8]) == (6, hashlib.sha256(b"onetwo").hexdigest()[:8])


async def test_two_files_of_one_content_have_two_names():
    assert await files.put(b"same", "txt") != await files.put(b"same", "txt")


async def test_nothing_remains_of_a_file_that_is_too_large(folder: Path):
    with pytest.raises(TooLarge):
        await files.put_stream(chunks(b"x" * 60, b"x" * 60), "txt", bytes_max=100)
    assert not remains(folder)


async def test_nothing_remains_when_the_disk_is_full(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def full(file: IO[bytes]) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files, "_sync", full)
    with pytest.raises(files.StorageFull):
        await files.put(b"x", "txt")
    assert not remains(folder)


@pytest.mark.parametrize("name", ["../../etc/passwd", "0" * 32 + ".txt/../x", "0" * 31 + ".txt", "", "0" * 32 + ".txt"])
async def test_a_name_that_was_not_made_here_finds_nothing(name: str):
    with pytest.raises(NotFound):
        await files.get(name)


async def test_a_damaged_file_is_not_served(folder: Path):
    name = await files.put(b"a picture", "jpg")
    path = folder / name[:2] / name
    if path.exists():
        path.write_bytes(b"a pixture")
        with pytest.raises(files.Damaged):
            await files.get(name)
