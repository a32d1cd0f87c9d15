"""Admission, change and discharge through the front door."""

import asyncio

from tests.client import Client, items


async def admitted(client: Client) -> tuple[str, dict[str, object]]:
    person = str(await client.world.patient(client.world.a))
    answer = await client.post(
        f"/patients/{person}/encounters", {"reason": "Pneumonia", "isolation": "contact"}, as_="nurse_a"
    )
    assert answer.status_code == 201, answer.text
    return person, answer.json()


async def test_admission_starts_one_stay(client: Client) -> None:
    person, stay = await admitted(client)
    assert (stay["state"], stay["class"], stay["isolation"], stay["patient_id"]) == (
        "in_progress",
        "inpatient",
        "contact",
        person,
    )
    again = await client.post(f"/patients/{person}/encounters", {"reason": "Pneumonia"}, as_="doctor_a")
    assert (again.status_code, again.json()["code"]) == (409, "already_admitted")
    listed = items(await client.get(f"/patients/{person}/encounters", as_="doctor_a"))
    assert [e["id"] for e in listed] == [stay["id"]]


async def test_many_admissions_at_once_leave_one(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    answers = await asyncio.gather(
        *(client.post(f"/patients/{person}/encounters", {"reason": "Fall"}, as_="nurse_a") for _ in range(10))
    )
    assert sorted(a.status_code for a in answers) == [201] + [409] * 9


async def test_the_same_key_admits_once_and_answers_the_same(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    answers = await asyncio.gather(
        *(
            client.post(f"/patients/{person}/encounters", {"reason": "Fall"}, as_="nurse_a", key="key-of-one-admission")
            for _ in range(8)
        )
    )
    assert {a.status_code for a in answers} == {201}
    assert len({a.content for a in answers}) == 1
    other = await client.post(
        f"/patients/{person}/encounters", {"reason": "Other"}, as_="nurse_a", key="key-of-one-admission"
    )
    assert other.status_code == 422


async def test_a_change_names_the_version_it_saw(client: Client) -> None:
    _, stay = await admitted(client)
    path = f"/encounters/{stay['id']}"
    assert (await client.patch(path, {"isolation": "none"}, as_="nurse_a")).status_code == 428
    first = await client.patch(path, {"isolation": "none", "ready_to_leave": True}, as_="nurse_a", version=1)
    assert first.status_code == 200, first.text
    assert (first.json()["isolation"], first.json()["ready_to_leave"], first.json()["version"]) == (None, True, 2)
    late = await client.patch(path, {"isolation": "airborne"}, as_="doctor_a", version=1)
    assert (late.status_code, late.json()["current"]["version"]) == (412, 2)


async def test_discharge_ends_the_stay_for_good(client: Client) -> None:
    person, stay = await admitted(client)
    path = f"/encounters/{stay['id']}"
    assert (await client.post(f"{path}/discharge", {}, as_="receptionist_a")).status_code == 403
    done = await client.post(f"{path}/discharge", {"discharged_to": "home"}, as_="doctor_a")
    assert (done.status_code, done.json()["state"], done.json()["discharged_to"]) == (200, "finished", "home")
    again = await client.post(f"{path}/discharge", {}, as_="doctor_a")
    assert (again.status_code, again.json()["code"]) == (409, "encounter_finished")
    changed = await client.patch(path, {"isolation": "none"}, as_="nurse_a", version=2)
    assert changed.status_code == 409
    assert (
        await client.post(f"/patients/{person}/encounters", {"reason": "Back again"}, as_="nurse_a")
    ).status_code == 201


async def test_another_hospital_finds_nothing(client: Client) -> None:
    person, stay = await admitted(client)
    assert (await client.get(f"/encounters/{stay['id']}", as_="doctor_a")).status_code == 200
    for path in (f"/encounters/{stay['id']}", f"/patients/{person}/encounters", f"/patients/{person}/problems"):
        assert (await client.get(path, as_="doctor_b")).status_code == 404
    assert (await client.post(f"/encounters/{stay['id']}/discharge", {}, as_="doctor_b")).status_code == 404


async def test_problems_are_recorded_resolved_and_kept(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    path = f"/patients/{person}/problems"
    added = await client.post(
        path, {"display": "Asthma", "code_system": "ICD-10-CM", "code": "J45.909"}, as_="doctor_a"
    )
    assert added.status_code == 201, added.text
    wrong = await client.post(path, {"display": "Asthma", "code": "J45.909"}, as_="doctor_a")
    assert (wrong.status_code, list(wrong.json()["fields"])) == (422, ["code"])
    change = await client.patch(f"{path}/{added.json()['id']}", {"state": "resolved"}, as_="doctor_a", version=1)
    assert (change.status_code, change.json()["state"]) == (200, "resolved")
    stale = await client.patch(f"{path}/{added.json()['id']}", {"state": "active"}, as_="doctor_a", version=1)
    assert stale.status_code == 412
    assert items(await client.get(path, as_="nurse_a"))[0]["state"] == "resolved"


async def test_the_pages_of_a_stay_can_be_opened(client: Client) -> None:
    person, stay = await admitted(client)
    for path in (
        f"/patients/{person}/admission",
        f"/patients/{person}/encounters",
        f"/encounters/{stay['id']}/plan",
        f"/encounters/{stay['id']}/leaving",
    ):
        page = await client.get(path, as_="nurse_a", html=True)
        assert page.status_code == 200, page.text
        assert "PATEL" in page.text
        assert (await client.get(path, as_="nurse_b", html=True)).status_code == 404


async def test_a_form_admits_and_leads_to_the_choice_of_a_bed(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    form = {
        "class": "emergency",
        "reason": "Chest pain",
        "needs": "monitor",
        "isolation": "",
        "idempotency_key": "form-key-of-admission",
    }
    answer = await client.call("POST", f"/patients/{person}/encounters", form=form, as_="nurse_a", html=True, key="")
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].endswith("/move")


async def test_only_a_doctor_of_this_hospital_answers_for_a_stay(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    for name in ("doctor_b", "nurse_a"):
        admission = {"reason": "Chest pain", "doctor_id": str(client.world.staff[name])}
        refused = await client.post(f"/patients/{person}/encounters", admission, as_="receptionist_a")
        assert refused.status_code == 422, refused.text
        assert "doctor_id" in refused.json()["fields"]
    admission = {"reason": "Chest pain", "doctor_id": str(client.world.staff["doctor_a"])}
    admitted = await client.post(f"/patients/{person}/encounters", admission, as_="receptionist_a")
    assert admitted.status_code == 201, admitted.text


async def test_every_page_of_a_patient_says_where_they_lie_and_their_isolation(client: Client) -> None:
    person, stay = await admitted(client)
    bed = client.world.a.beds[2]
    given = {"encounter_id": stay["id"], "override_reason": "No side room is free"}
    placed = await client.put(f"/beds/{bed}/occupancy", given, as_="nurse_a")
    assert placed.status_code == 200, placed.text
    label = placed.json()["bed_label"]
    own = ("", "/details", "/edit", "/encounters", "/problems", "/observations", "/observations/new")
    pages = [f"/patients/{person}{page}" for page in (*own, "/observations/trends")]
    for path in [*pages, *(f"/encounters/{stay['id']}/{page}" for page in ("move", "leaving", "plan"))]:
        page = await client.get(path, as_="nurse_a", html=True)
        assert page.status_code == 200, path
        banner = page.text.partition('class="ban')[2].partition("</section>")[0]
        assert label in banner, path
        assert "Contact isolation" in banner, path


async def test_who_is_here_already_is_not_offered_for_admission(client: Client) -> None:
    person, stay = await admitted(client)
    details = f"/patients/{person}/details"
    assert (await client.get(details, as_="nurse_a")).json()["is_staying"] is True
    assert ">Admit<" not in (await client.get(details, as_="nurse_a", html=True)).text
    await client.post(f"/encounters/{stay['id']}/discharge", {}, as_="nurse_a")
    assert ">Admit<" in (await client.get(details, as_="nurse_a", html=True)).text
