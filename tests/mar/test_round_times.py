"""The times of the drug rounds: a hospital's own, by permission, kept; and what a chart shows around now."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.client import Client
from tests.mar.bedside import Bed, bed, change, chart, order
from wardline.mar import schedule
from wardline.mar.schedule import SHIPPED, RoundTimes

OWN = {"four": ["21:15", "07:15", "11:15", "17:15"], "why": "Rounds begin with the shift"}


@pytest.fixture
async def at(client: Client) -> AsyncIterator[Bed]:
    """A bed of the second hospital, whose times are again as shipped afterwards."""
    yield await bed(client, "b")
    async with client.world.owner() as db:
        await db.execute("DELETE FROM mar.round_times WHERE hospital_id = $1", client.world.b.id)


async def put(client: Client, body: dict[str, Any], version: int, who: str = "hospital_administrator_b") -> Any:
    return await client.put("/round-times", body, as_=who, version=version)


async def clocks(client: Client, made: dict[str, Any]) -> set[str]:
    """The times of the wall at which an order's doses are due."""
    async with client.world.owner() as db:
        zone = ZoneInfo(await db.fetchval("SELECT time_zone FROM identity.hospital WHERE id = $1", client.world.b.id))
        rows = await db.fetch("SELECT due_at FROM mar.dose WHERE medicine_id = $1 AND state = 'due'", UUID(made["id"]))
    return {f"{row['due_at'].astimezone(zone):%H:%M}" for row in rows}


async def test_a_hospitals_own_times_count_for_what_is_planned_anew(client: Client, at: Bed) -> None:
    before = await order(client, at, "paracetamol 1 g po qds", "b")
    await chart(client, at, "nurse_b")
    assert await clocks(client, before) == {"08:00", "12:00", "18:00", "22:00"}
    answer = await put(client, OWN, 0)
    assert (answer.status_code, answer.json()["version"]) == (200, 1), answer.text
    assert answer.json()["times"]["four"] == ["07:15", "11:15", "17:15", "21:15"]
    assert answer.json()["times"]["twice"] == ["08:00", "18:00"]
    after = await order(client, at, "metformin 500 mg po qds", "b")
    await chart(client, at, "nurse_b")
    assert await clocks(client, after) == {"07:15", "11:15", "17:15", "21:15"}
    async with client.world.owner() as db:
        await db.execute("UPDATE mar.plan SET made_until = now() WHERE medicine_id = $1", UUID(before["id"]))
        await db.execute("DELETE FROM mar.dose WHERE medicine_id = $1", UUID(before["id"]))
    await chart(client, at, "nurse_b")
    assert await clocks(client, before) == {"08:00", "12:00", "18:00", "22:00"}
    page = await client.get(f"{at.path}/given", as_="nurse_b", html=True)
    assert "07:15" in page.text
    before = await change(client, before, "change", {"line": "paracetamol 500 mg po qds", "why": "Light"}, letter="b")
    await chart(client, at, "nurse_b")
    assert await clocks(client, before) == {"07:15", "11:15", "17:15", "21:15"}


async def test_each_setting_is_kept_and_recorded(client: Client, at: Bed) -> None:
    assert (await put(client, OWN, 0)).status_code == 200
    stale = await put(client, OWN, 0)
    assert stale.status_code in {409, 412}, stale.text
    assert (await put(client, {"night": ["23:00"], "why": "Quiet"}, 1, "pharmacist_b")).status_code == 200
    found = (await client.get("/round-times", as_="hospital_manager_b")).json()
    assert [(each["version"], each["why"]) for each in found["settings"]] == [(2, "Quiet"), (1, OWN["why"])]
    page = await client.get("/round-times", as_="hospital_administrator_b", html=True)
    assert "keeps its times until it is" in page.text
    assert 'value="23:00"' in page.text
    async with client.world.owner() as db:
        entries = await db.fetchval(
            "SELECT count(*) FROM audit.entry WHERE action = 'round_times.changed' AND hospital_id = $1",
            client.world.b.id,
        )
    assert entries >= 2


async def test_who_may_and_what_is_wrong(client: Client, at: Bed) -> None:
    for who in ("nurse_b", "doctor_b", "receptionist_b"):
        assert (await put(client, OWN, 0, who)).status_code == 403
    for wrong in (["08:00"], ["08:00", "08:00", "12:00", "18:00"], ["8", "12:00", "18:00", "22:00"], ["25:00"] * 4):
        answer = await put(client, {"four": wrong, "why": "A test"}, 0)
        assert (answer.status_code, set(answer.json()["fields"])) == (422, {"four"}), answer.text
    assert (await put(client, OWN, 0)).status_code == 200
    assert (await client.get("/round-times", as_="hospital_administrator_a")).json()["times"]["four"][0] == "08:00"


# --- what is shown around now --------------------------------------------------------------------------------------------
ZONES = [ZoneInfo(name) for name in ("Europe/London", "Australia/Sydney", "Asia/Kolkata", "America/St_Johns")]


@given(
    st.integers(0, 2 * 366 * 24 * 60),
    st.sampled_from(ZONES),
    st.sampled_from([SHIPPED, RoundTimes(night=("00:30",), four=("07:15", "11:15", "17:15", "21:15"))]),
)
def test_twelve_hours_back_and_ahead_are_always_shown(minutes: int, zone: ZoneInfo, times: RoundTimes) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    begins = schedule.chart_around(now, zone, schedule.chart_clocks(times))
    assert begins[0] <= now - timedelta(hours=12)
    assert begins[-1] >= now + timedelta(hours=12)
    assert begins == sorted(set(begins))
    assert len(begins) <= 16
    day = schedule.chart_day(schedule.day_of_chart(now, zone), zone, schedule.chart_clocks(times))
    assert day[0] <= now < day[-1]
    assert timedelta(hours=23) <= day[-1] - day[0] <= timedelta(hours=25)


def test_a_night_shows_the_next_morning() -> None:
    """At 23:00 the columns reach from the morning before to the next one."""
    zone = ZoneInfo("Europe/London")
    now = datetime(2026, 11, 27, 23, 0, tzinfo=UTC)
    begins = schedule.chart_around(now, zone, schedule.chart_clocks(SHIPPED))
    assert [f"{each.astimezone(zone):%d %H}" for each in begins] == [
        "27 08", "27 12", "27 14", "27 18", "27 22", "28 06", "28 08", "28 12",
    ]  # fmt: skip
