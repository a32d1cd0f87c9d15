"""What a ward has to do in the next hours, from every slice that knows of something."""

from datetime import timedelta
from html import unescape

from tests.client import Client
from tests.lab.way import ordered, placed
from tests.mar.bedside import bed, give, moved, scans, stat
from tests.queries import queries_at_most
from wardline.platform import clock

SIGNS = {"respiration_per_min": 24, "spo2_percent": 92, "on_oxygen": True, "systolic_mmhg": 98, "diastolic_mmhg": 60,
         "pulse_per_min": 112, "consciousness": "A", "temperature_celsius": 38.4}  # fmt: skip


async def test_tasks_observations_and_specimens_stand_in_one_list(client: Client) -> None:
    person, ward = await placed(client)
    assert (await client.post(f"/patients/{person}/observations", SIGNS, as_="nurse_a")).status_code == 201
    await ordered(client, person, "K", urgency="urgent")
    path = f"/wards/{ward}/due"
    found = (await client.get(path, as_="nurse_a")).json()
    assert {each["what"] for each in found["items"]} == {"task", "observations", "collection"}
    assert [each["at"] for each in found["items"]] == sorted(each["at"] for each in found["items"])
    assert (found["late"], {each["person_id"] for each in found["items"]}) == ([], {person})
    for each in found["items"]:
        assert (await client.get(each["href"], as_="nurse_a", html=True)).status_code == 200, each["href"]

    only = (await client.get(f"{path}?what=collection", as_="nurse_a")).json()
    assert [each["to_do"] for each in only["items"]] == ["Collect venous blood, Serum gel tube"]
    async with client.world.owner() as db:
        await db.execute(
            "UPDATE lab.request SET ordered_at = $1 WHERE person_id = $2", clock.now() - timedelta(hours=2), person
        )
    late = (await client.get(path, as_="nurse_a")).json()["late"]
    assert [each["what"] for each in late] == ["collection"]
    with queries_at_most(client, 9):
        page = await client.get(path, as_="nurse_a", html=True)
    for words in ("Late", "Observations", "Collect venous blood", f"{path}?hours=8"):
        assert words in unescape(page.text), words


async def test_doses_of_the_ward_stand_there_too(client: Client) -> None:
    at = await bed(client)
    dose = await stat(client, at)
    found = (await client.get(f"/wards/{at.ward}/due?what=medicine", as_="nurse_a")).json()
    assert [(each["to_do"], each["detail"], each["href"]) for each in found["late"] + found["items"]] == [
        ("furosemide", "40 mg oral", f"/doses/{dose['id']}")
    ]


async def test_a_dose_is_late_from_the_end_of_its_window_on(client: Client) -> None:
    at = await bed(client)
    dose = await stat(client, at)
    await moved(client, dose, -20)
    path = f"/wards/{at.ward}/due?what=medicine"
    found = (await client.get(path, as_="nurse_a")).json()
    assert (len(found["late"]), len(found["items"])) == (0, 1)
    await moved(client, dose, -90)
    found = (await client.get(path, as_="nurse_a")).json()
    assert (len(found["late"]), len(found["items"])) == (1, 0)
    page = (await client.get(path, as_="nurse_a", html=True)).text
    assert "Overdue" in page
    assert f'data-also="round:{at.ward}@{found["round_version"]}"' in page
    assert (await give(client, dose, scans(at, dose, time_reason="Was in theatre"))).status_code == 200
    after = (await client.get(path, as_="nurse_a")).json()
    assert after["late"] == []
    assert after["round_version"] > found["round_version"]


async def test_it_is_of_the_own_hospital_and_for_who_reads_charts(client: Client) -> None:
    _, ward = await placed(client)
    assert (await client.get(f"/wards/{ward}/due", as_="nurse_b")).status_code == 404
    assert (await client.get(f"/wards/{ward}/due", as_="receptionist_a")).status_code == 403
    empty = await client.get(f"/wards/{ward}/due", as_="doctor_a", html=True)
    assert "Nothing." in empty.text
