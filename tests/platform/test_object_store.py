"""The key of an object store reaches the store, and only as a signature."""

import asyncio
from pathlib import Path

import pytest

from wardline.platform import files


async def test_what_is_put_is_signed_with_the_given_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heads: list[str] = []

    async def store(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        heads.append(head)
        length = next(line for line in head.splitlines() if line.lower().startswith("content-length"))
        await reader.readexactly(int(length.partition(":")[2]))
        writer.write(b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(store, "127.0.0.1", 0)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    files.configure(tmp_path, "s3://wardline/files", "the-id:the-secret")
    try:
        name = await files.put(b"a photo", "jpg")
    finally:
        files.configure(tmp_path)
        server.close()
        await server.wait_closed()
    assert heads[0].startswith("PUT /wardline/files/")
    assert name in heads[0]
    assert "Credential=the-id/" in heads[0]
    assert "the-secret" not in heads[0]
