"""Signing in is in the record, and steady use keeps a session alive in every process."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.client import Client
from wardline.identity.passwords import hash_now
from wardline.platform import clock


async def test_signing_in_and_failing_to_is_recorded(client: Client) -> None:
    async with client.world.owner() as db:
        staff_id = client.world.staff["doctor_a"]
        email = await db.fetchval(
            "UPDATE identity.staff SET password_hash = $1 WHERE id = $2 RETURNING email",
            hash_now("a long enough pass"),
            staff_id,
        )
        started = "SELECT count(*) FROM audit.entry WHERE action = 'session.opened' AND actor_id = $1"
        refused = "SELECT count(*) FROM audit.entry WHERE outcome = 'refused' AND detail ->> 'code' = 'sign_in_refused'"
        before, failed_before = await db.fetchval(started, staff_id), await db.fetchval(refused)
        await client.post("/sessions", {"email": email, "password": "a long enough pass"}, key="")
        form = {"email": email, "password": "not the one at all"}
        for html in (True, False):
            wrong = await client.call("POST", "/sessions", form=form, html=html, key="")
            assert wrong.status_code == 401
        assert await db.fetchval(started, staff_id) == before + 1
        assert await db.fetchval(refused) == failed_before + 2


async def test_steady_use_is_written_down(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who asks every 3 s is as busy as somebody who asks every 10 s, for the other processes too."""
    token = await client.world.token("nurse_a")
    sessions = client.app.sessions
    caller = await sessions.caller(token, sessions._db)
    assert caller is not None
    begin = datetime.now(UTC)
    for step in range(1, 8):
        moment = begin + timedelta(seconds=3 * step)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        sessions._polled_until = moment
        assert await sessions.caller(token, sessions._db) is not None
    await sessions._flush()
    async with client.world.owner() as db:
        seen_at = await db.fetchval("SELECT seen_at FROM identity.session WHERE id = $1", caller.session_id)
    assert seen_at > begin + timedelta(seconds=10)
