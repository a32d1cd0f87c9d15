"""Signing in: some users through the door as people do, the others by sessions that are put into the database."""

import asyncio
import time
from time import monotonic
from typing import Any
from uuid import UUID

import psycopg

from bench.load.histogram import bucket, percentiles
from bench.load.http import Call, Client
from bench.load.model import Actor
from bench.load.requests import Requests
from bench.load.users import User, cookie
from wardline.identity import queries
from wardline.identity.actions import open_session
from wardline.identity.models import Place
from wardline.platform import clock
from wardline.platform.db import Db, Pool
from wardline.platform.http import Context

AT_ONCE_MAX = 8
CLIENT = "wardline load"
END_AT_ONCE = 4_000


class SignIns:
    """Sends the sign-in form for each user who has no session yet, so many a second."""

    def __init__(self, client: Client, requests: Requests, password: str) -> None:
        self._requests = requests
        self._password = password
        self._client = client

    async def run(self, users: list[User], per_second: float) -> dict[str, Any]:
        """How many, how many were refused, and how long it took them."""
        without = [user for user in users if not user.actor.token]
        buckets: dict[int, int] = {}
        failed: dict[str, int] = {}

        async def one(user: User, due: float) -> None:
            await asyncio.sleep(due - monotonic())
            request = self._requests.sign_in(user.actor.email, self._password)
            call = Call(user, "sign in", request, due=due, check=lambda _: "", expected=303)
            await self._client.asked(call)
            number = bucket(int((monotonic() - due) * 1e6))
            buckets[number] = buckets.get(number, 0) + 1
            if (token := token_in(call)) is None:
                wrong = call.error or f"status {call.status}"
                failed[wrong] = failed.get(wrong, 0) + 1
            else:
                user.actor.token = token
                user.cookie = cookie(token, user.actor.hospital)

        began = monotonic()
        await asyncio.gather(*(one(user, began + number / per_second) for number, user in enumerate(without)))
        return {
            "signed_in": len(without) - sum(failed.values()),
            "failed": failed,
            "buckets": buckets,
            **percentiles(buckets),
        }


def token_in(call: Call) -> str | None:
    """The session's token, from the cookie that the answer sets."""
    raw = call.head_as_sent
    at = raw.find(b"__Host-wardline=")
    if call.status != call.expected or at < 0:
        return None
    return raw[at + 16 :].partition(b";")[0].decode()


async def put_in(app_url: str, actors: list[Actor]) -> float:
    """A session for each actor, by the product's own function, without a password. Returns the seconds it took."""
    began = monotonic()
    pool = Pool(app_url, size=AT_ONCE_MAX, name=CLIENT)
    turns, places = iter(actors), dict[str, list[Place]]()

    async def some() -> None:
        for actor in turns:
            ctx = Context(caller=None, db=Db(pool, None), now=clock.now(), request_id="load", client=CLIENT, html=False)
            if actor.staff not in places:
                places[actor.staff] = await queries.places(ctx.db, staff_id=UUID(actor.staff))
            place = next(p for p in places[actor.staff] if str(p.assignment_id) == actor.assignment)
            actor.token = (await open_session(ctx, UUID(actor.staff), place)).token

    try:
        await asyncio.gather(*(some() for _ in range(AT_ONCE_MAX)))
    finally:
        await pool.close()
    return monotonic() - began


def end(connection: psycopg.Connection) -> None:
    """End the sessions that were put in, a few thousand at a time: each web process asks for the ended ones."""
    while True:
        ended = connection.execute(
            "UPDATE identity.session SET ended_at = now(), ended_reason = 'load run over' WHERE token_hash IN"
            " (SELECT token_hash FROM identity.session WHERE client = %s AND ended_at IS NULL LIMIT %s)",
            (CLIENT, END_AT_ONCE),
        ).rowcount
        if ended < END_AT_ONCE:
            return
        time.sleep(1)
