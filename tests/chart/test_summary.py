"""The chart summary through the front door."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from tests.client import Client
from wardline.chart.models import Mark
from wardline.chart.ribbon import NARROW_GAP_PX, NARROW_PX, Axis, number

SIGNS = {
    "respiration_per_min": 24,
    "spo2_percent": 92,
    "on_oxygen": True,
    "systolic_mmhg": 98,
    "diastolic_mmhg": 60,
    "pulse_per_min": 112,
    "consciousness": "A",
    "temperature_celsius": 38.4,
}


async def test_the_summary_shows_what_was_recorded(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    await client.world.stay(client.world.a, person)
    sent = await client.post(f"/patients/{person}/observations", SIGNS, as_="nurse_a")
    assert sent.status_code in (200, 201), sent.text
    summary = (await client.get(f"/patients/{person}", as_="doctor_a")).json()
    assert (summary["id"], summary["family"]) == (str(person), "Patel")
    assert summary["news"]["label"] == "11"
    assert summary["news"]["band"] == "high"
    assert [mark["label"] for mark in summary["ribbon"]["scores"]] == ["11"]
    assert summary["tasks"][0]["priority"] == "critical"
    page = await client.get(f"/patients/{person}", as_="doctor_a", html=True)
    assert page.status_code == 200, page.text
    assert "PATEL" in page.text
    assert "High" in page.text
    assert page.headers["wardline-topic"].startswith(f"patient:{person}@")


async def test_whoever_may_not_read_the_chart_sees_identity_and_visits(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    summary = (await client.get(f"/patients/{person}", as_="receptionist_a")).json()
    assert summary["family"] == "Patel"
    assert (summary["news"], summary["problems"], summary["tasks"]) == (None, None, None)
    assert (await client.get(f"/patients/{person}", as_="doctor_b")).status_code == 404
    assert (await client.get(f"/patients/{person}", as_="hospital_manager_a")).status_code == 403


async def test_opening_the_chart_is_recorded_before_it_is_shown(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    asked_at = datetime.now(UTC)
    assert (await client.get(f"/patients/{person}", as_="doctor_a")).status_code == 200
    async with client.world.owner() as db:
        rows = await db.fetch(
            "SELECT action, outcome FROM audit.entry WHERE person_id = $1 AND at >= $2", person, asked_at
        )
    assert [tuple(row) for row in rows] == [("patient.read", "read")]


def test_no_hour_is_written_over_the_word_now() -> None:
    for minute in range(0, 24 * 60, 7):
        now = datetime(2026, 11, 26, tzinfo=UTC) + timedelta(minutes=minute)
        ticks = Axis(now, "Europe/London").ticks()
        assert len(ticks) >= 7
        assert all(abs(tick.at - now) >= timedelta(minutes=55) for tick in ticks)


def test_scores_that_stand_close_are_numbered_only_where_there_is_room() -> None:
    at = datetime(2026, 11, 26, 12, tzinfo=UTC)
    scores = [Mark(at, 4.0 * place, "12+" if place == 10 else str(place % 5), None) for place in range(24)]
    number(scores)
    assert (scores[-1].numbered, scores[10].numbered) == ("always", "always")  # the newest, and the highest
    assert {mark.numbered for mark in scores} == {"always", "wide", "never"}
    shown = [mark for mark in scores if mark.numbered == "always"]
    gaps_px = [(b.left - a.left) / 100 * NARROW_PX for a, b in pairwise(shown)]
    assert min(gaps_px) >= 24 + NARROW_GAP_PX
    few = [Mark(at, left, "3", None) for left in (0.0, 50.0, 96.0)]
    number(few)
    assert [mark.numbered for mark in few] == ["always"] * 3
