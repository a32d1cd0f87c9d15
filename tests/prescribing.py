"""Signing medicines in tests as a program does it: a refusal shows its cards, and the signature names those it saw."""

from typing import Any

from tests.client import Client


async def cards_of(client: Client, path: str, body: dict[str, Any], **options: Any) -> list[str]:
    """The cards that an unconfirmed signature is refused with; none when nothing is asked."""
    refused = await client.post(path, {**body, "confirmed": False}, **options)
    return [card["uuid"] for card in refused.json().get("cards", [])]


async def confirmed(client: Client, path: str, body: dict[str, Any], **options: Any) -> Any:
    """The answer to the signature of somebody who has seen the cards of what could not be checked."""
    refused = await client.post(path, {**body, "confirmed": False}, **options)
    if refused.status_code != 422:
        return refused
    shown = [card["uuid"] for card in refused.json().get("cards", [])]
    return await client.post(path, {**body, "confirmed": True, "shown": shown}, **options)
