"""Beginning and saving notes in tests, through the front door."""

from typing import Any
from uuid import UUID

import httpx

from tests.client import Client


async def begun(
    client: Client, person: UUID | str, *, as_: str = "doctor_a", kind: str = "progress", **more: Any
) -> str:
    """A draft; its id."""
    answer = await client.post(f"/patients/{person}/notes", {"kind": kind, **more}, as_=as_)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def save(client: Client, note: str, section: str, text: str, *, as_: str, version: int = 0) -> httpx.Response:
    """One save of a draft."""
    return await client.put(f"/notes/{note}/sections/{section}", {"text": text}, as_=as_, version=version)


async def read(client: Client, note: str, *, as_: str = "doctor_a") -> dict[str, Any]:
    answer = await client.get(f"/notes/{note}", as_=as_)
    assert answer.status_code == 200, answer.text
    return answer.json()


def texts(page: dict[str, Any]) -> list[tuple[str, str]]:
    """Section and text of everything that stands."""
    return [(s["key"], p["text"]) for s in page["sections"] for p in s["passages"]]


async def signed(
    client: Client,
    person: UUID | str,
    *,
    as_: str = "doctor_a",
    cosign: bool = False,
    kind: str = "progress",
    section: str = "plan",
) -> str:
    """A signed note with a plan; its id."""
    note = await begun(client, person, as_=as_, kind=kind)
    assert (await save(client, note, section, "Oxygen to 94-98 %.", as_=as_)).status_code == 200
    done = await client.post(f"/notes/{note}/signature", {"cosign": cosign}, as_=as_, version=2)
    assert done.status_code == 200, done.text
    return note
