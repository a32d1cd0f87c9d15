"""Signing in and out through the front door."""

import asyncio

from tests.client import Client
from wardline.identity.passwords import hash_now


async def test_who_am_i_needs_a_session(client: Client) -> None:
    assert (await client.get("/sessions/current")).status_code == 401
    me = await client.get("/sessions/current", as_="nurse_a")
    assert me.status_code == 200
    assert me.json()["role"] == "nurse"
    assert "record_observations" in me.json()["permissions"]


async def test_a_password_opens_a_session_and_signing_out_ends_it(client: Client) -> None:
    async with client.world.owner() as db:
        email = await db.fetchval("SELECT email FROM identity.staff WHERE id = $1", client.world.staff["doctor_a"])
        await db.execute(
            "UPDATE identity.staff SET password_hash = $1 WHERE email = $2", hash_now("a long enough pass"), email
        )
    wrong = await client.post("/sessions", {"email": email, "password": "something else"}, key="")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "sign_in_refused")
    opened = await client.post("/sessions", {"email": email, "password": "a long enough pass"}, key="")
    assert opened.status_code == 201, opened.text
    assert opened.json()["name"] == "Kim Doctor A"
    bearer = {"authorization": f"Bearer {opened.json()['token']}"}
    assert (await client.get("/sessions/current", headers=bearer)).status_code == 200
    assert (await client.delete("/sessions/current", headers=bearer, key="")).status_code == 204
    await asyncio.sleep(1.5)
    assert (await client.get("/sessions/current", headers=bearer)).status_code == 401


async def test_a_browser_gets_a_cookie_and_the_page_again_on_a_mistake(client: Client) -> None:
    page = await client.get("/sign-in", html=True)
    assert page.status_code == 200
    assert "Sign in" in page.text
    again = await client.call("POST", "/sessions", form={"email": "x@y.z", "password": "wrong"}, html=True, key="")
    assert again.status_code == 401
    assert "x@y.z" in again.text
    async with client.world.owner() as db:
        codes = await db.fetch(
            "SELECT detail->>'code' AS code FROM audit.entry WHERE detail->>'route' = 'identity.sign_in'"
        )
    assert "sign_in_refused" in {row["code"] for row in codes}


async def test_a_browser_is_told_its_hospital_for_the_proxy_in_front(client: Client) -> None:
    """Not a secret and not a right: it only says which web node has this hospital's pages ready."""
    hospital = client.world.a
    async with client.world.owner() as db:
        email = await db.fetchval(
            "UPDATE identity.staff SET password_hash = $1 WHERE id = $2 RETURNING email",
            hash_now("a long enough pass"),
            client.world.staff["receptionist_a"],
        )
    form = {"email": email, "password": "a long enough pass"}
    answer = await client.call("POST", "/sessions", form=form, html=True, key="")
    place = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("__Host-wardline-place="))
    assert place == f"__Host-wardline-place={hospital.id.hex}; Path=/; Secure; HttpOnly; SameSite=Lax"
    token = answer.cookies["__Host-wardline"]
    headers = {"cookie": f"__Host-wardline={token}; __Host-wardline-place={client.world.b.id.hex}"}
    mine = await client.get("/sessions/current", headers=headers)
    assert mine.json()["hospital_id"] == str(hospital.id)
    out = await client.delete("/sessions/current", headers=headers, key="", html=True)
    assert sum("Max-Age=0" in cookie for cookie in out.headers.get_list("set-cookie")) == 2


async def test_guessing_the_current_password_is_stopped(client: Client) -> None:
    guess = {"current_password": "not this one", "new_password": "something quite new"}
    answers = [(await client.post("/password", guess, as_="pharmacist_b", key="")).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]
