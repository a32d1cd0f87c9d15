"""Who recorded what about a patient: one list, newest first, for whoever may read the chart."""

from tests.client import Client, items
from tests.notes.writing import signed


async def test_everything_that_was_recorded_is_one_list(client: Client) -> None:
    world = client.world
    person = await world.patient(world.a)
    await world.stay(world.a, person)
    home = f"/patients/{person}"
    await client.post(f"{home}/observations", {"respiration_per_min": 16, "pulse_per_min": 80}, as_="nurse_a")
    problem = await client.post(f"{home}/problems", {"display": "Gout", "verification": "provisional"}, as_="doctor_a")
    await client.patch(
        f"{home}/problems/{problem.json()['id']}", {"verification": "confirmed"}, as_="doctor_a", version=1
    )
    await client.post(f"{home}/procedures", {"display": "Drain", "performed_on": "2026-11-20"}, as_="doctor_a")
    await client.post(f"{home}/allergies", {"substance": "Penicillin"}, as_="nurse_a")
    note = await signed(client, person)
    lines = items(await client.get(f"{home}/history", as_="doctor_a"))
    said = [(line["what"], line["title"], line["detail"]) for line in lines]
    assert said[:2] == [("note", "Progress note", "signed"), ("note", "Progress note", "begun")]
    assert ("problem", "Gout", "active, confirmed") in said
    assert ("problem", "Gout", "active, provisional") in said
    assert {what for what, _, _ in said} == {"note", "allergy", "procedure", "problem", "observations", "visit"}
    assert lines[0]["href"] == f"/notes/{note}"
    assert lines[0]["by"] == "K. Doctor A"
    only = items(await client.get(f"{home}/history?what=problem", as_="doctor_a"))
    assert {line["what"] for line in only} == {"problem"}
    older = items(await client.get(f"{home}/history", as_="doctor_a"))[1:]
    before = lines[0]["at"].replace("+", "%2B")
    assert items(await client.get(f"{home}/history?before={before}", as_="doctor_a")) == older


async def test_who_may_not_read_notes_sees_none_in_the_history(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    await signed(client, person)
    path = f"/patients/{person}/history"
    assert items(await client.get(path, as_="laboratory_technician_a")) == []
    assert (await client.get(path, as_="receptionist_a")).status_code == 403
    assert (await client.get(path, as_="doctor_b")).status_code == 404
    assert (await client.get(f"{path}?before=yesterday", as_="doctor_a")).status_code == 400


async def test_the_summary_shows_recent_notes_to_who_may_read_them(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    await signed(client, person)
    found = (await client.get(f"/patients/{person}", as_="doctor_a")).json()
    assert [(n["kind_words"], n["text"]) for n in found["notes"]] == [("Progress note", "Oxygen to 94-98 %.")]
    assert (await client.get(f"/patients/{person}", as_="laboratory_technician_a")).json()["notes"] is None
    page = await client.get(f"/patients/{person}", as_="nurse_a", html=True)
    assert "Recent notes" in page.text
    sheet = await client.get(
        f"/patients/{person}/history?sheet=true", as_="nurse_a", html=True, headers={"hx-request": "true"}
    )
    assert 'class="sheet"' in sheet.text
