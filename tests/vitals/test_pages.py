"""The pages of observations: who they are about, what they show, what the draft scores while it is typed."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.client import Client
from tests.world import World

SET: dict[str, Any] = {
    "respiration_per_min": 22,
    "spo2_percent": 94,
    "on_oxygen": False,
    "systolic_mmhg": 104,
    "diastolic_mmhg": 62,
    "pulse_per_min": 96,
    "consciousness": "A",
    "temperature_celsius": 38.4,
}
FRAGMENT = {"hx-request": "true"}


@pytest.fixture
async def patient(client: Client) -> UUID:
    """Somebody in bed with one set recorded."""
    person = await client.world.patient(client.world.a, family="Lindqvist", given="Erik")
    await client.world.stay(client.world.a, person)
    saved = await client.post(f"/patients/{person}/observations", SET, as_="nurse_a")
    assert saved.status_code == 201, saved.text
    return person


async def page(client: Client, path: str, as_: str = "nurse_a", **options: Any) -> str:
    answer = await client.get(path, as_=as_, html=True, **options)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


async def test_the_chart_names_the_patient_and_places_every_value(client: Client, patient: UUID) -> None:
    text = await page(client, f"/patients/{patient}/observations")
    assert f'data-person="{patient}"' in text
    assert re.findall(r'<b class="v">([^<]*)</b>', text) == ["22", "94", "Air", "104", "96", "A", "38.4"]
    assert "Royal College of Physicians, 2017" in text
    assert "scale 2, %" not in text
    assert "scale 2, %" in await page(client, f"/patients/{patient}/observations?full=true")


async def test_only_who_may_record_is_offered_the_form(client: Client, patient: UUID) -> None:
    path = f"/patients/{patient}/observations"
    assert "New observations" in await page(client, path)
    assert "New observations" not in await page(client, path, as_="pharmacist_a")
    assert (await client.get(f"{path}/new", as_="pharmacist_a", html=True)).status_code == 403
    assert "Prescribe SpO₂" in await page(client, path, as_="doctor_a")
    assert "Prescribe SpO₂" not in await page(client, path)


async def test_the_form_shows_what_was_before(client: Client, patient: UUID) -> None:
    sheet = await page(client, f"/patients/{patient}/observations/new", headers=FRAGMENT)
    assert "104/62 at" in sheet
    assert "Alert at" in sheet
    whole = await page(client, f"/patients/{patient}/observations/new")
    assert 'hx-trigger="load"' in whole


async def preview(client: Client, patient: UUID, query: str) -> dict[str, Any]:
    answer = await client.get(f"/patients/{patient}/observations/preview?{query}", as_="nurse_a")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_draft_is_a_lower_bound_until_every_sign_is_there(client: Client, patient: UUID) -> None:
    four = "respiration_per_min=24&spo2_percent=92&on_oxygen=true&systolic_mmhg=98"
    shown = await preview(client, patient, four)
    assert (shown["label"], shown["band"], shown["signs_scored"]) == ("8+", "high", 4)
    assert shown["calls"] == "Save and call registrar"
    assert shown["with_last"] == "10"
    swapped = await page(client, f"/patients/{patient}/observations/preview?{four}", headers=FRAGMENT)
    assert '<td class="nowc" id="now-systolic-8" hx-swap-oob="true"><b class="v">98</b></td>' in swapped


async def test_a_doubtful_value_asks_and_scores_nothing_yet(client: Client, patient: UUID) -> None:
    shown = await preview(client, patient, "pulse_per_min=196&respiration_per_min=16")
    asked = [each for each in shown["asked"] if each["text"]]
    assert [(each["field"], each["text"], each["detail"]) for each in asked] == [
        ("pulse_per_min", "Re-check: pulse 196?", "100 more than at")
    ]
    assert (shown["signs_scored"], shown["waits"]) == (1, True)
    confirmed = await preview(client, patient, "pulse_per_min=196&respiration_per_min=16&confirmed=pulse_per_min")
    assert (confirmed["signs_scored"], confirmed["label"]) == (2, "3+")
    refused = await preview(client, patient, "spo2_percent=940")
    assert [each["refused"] for each in refused["asked"] if each["text"]] == [True]


async def test_a_form_saves_and_goes_back_to_the_chart(client: Client, patient: UUID) -> None:
    form = {"respiration_per_min": "24", "temperature_celsius": "", "consciousness": "A", "on_oxygen": "true"}
    saved = await client.post(f"/patients/{patient}/observations", form=form, as_="nurse_a", html=True)
    assert (saved.status_code, saved.headers["location"]) == (303, f"/patients/{patient}/observations")
    future = await client.post(
        f"/patients/{patient}/observations", form=form | {"taken_clock": "9"}, as_="nurse_a", html=True
    )
    assert future.status_code == 422


async def test_a_mistaken_set_is_shown_as_one(client: Client, patient: UUID) -> None:
    [shown] = (await client.get(f"/patients/{patient}/observations", as_="nurse_a")).json()["items"]
    detail = await page(client, f"/observations/{shown['id']}")
    assert 'name="version" value="1"' in detail
    form = {"reason": "Meant for bed 5", "version": "1"}
    marked = await client.post(f"/observations/{shown['id']}/correction", form=form, as_="nurse_a", html=True)
    assert marked.status_code == 303
    assert "1 entered in error" in await page(client, f"/patients/{patient}/observations")
    assert "struck" in await page(client, f"/observations/{shown['id']}")


async def test_trends_and_risk_are_pages(client: Client, patient: UUID) -> None:
    trend = await page(client, f"/patients/{patient}/observations/trends")
    assert trend.count('<svg class="trd"') == 6
    marks = re.findall(r'class="xt"[^>]*>([^<]+)<', trend)
    assert marks
    assert all(re.fullmatch(r"(00|04|08|12|16|20):00", mark) for mark in marks), marks
    assert await page(client, f"/patients/{patient}/observations/trends?hours=168")
    own = Client(client.app, await World.build(client.world.owner_url))
    lying = await own.world.patient(own.world.a, family="Boateng")
    await own.world.stay(own.world.a, lying, bed=own.world.a.beds[0])
    risk = await page(own, f"/wards/{own.world.a.ward_id}/risk")
    assert "BOATENG" in risk
    assert "No score" in risk


async def test_a_child_is_offered_no_score(client: Client) -> None:
    child = await client.world.patient(client.world.a, born=datetime.now(UTC).date() - timedelta(days=3000))
    await client.world.stay(client.world.a, child)
    assert "not for people under 16" in await page(client, f"/patients/{child}/observations")
    shown = await preview(client, child, "respiration_per_min=40&confirmed=respiration_per_min")
    assert (shown["label"], shown["band"], shown["title"]) == ("", None, "Not scored")
