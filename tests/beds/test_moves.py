"""Giving beds, moving, undoing, keeping, cleaning and closing, through the front door."""

from datetime import UTC, datetime, timedelta

from tests.beds.places import put, state_of, stay_of, ward_of
from tests.client import Client, items


async def test_a_move_leaves_the_old_bed_for_cleaning_and_shows_on_the_stay(client: Client) -> None:
    ward = await ward_of(client, client.world.a)
    stay = await stay_of(client, client.world.a)
    first = await put(client, stay, ward.women[0])
    assert first["left_bed_id"] is None
    moved = await put(client, stay, ward.women[1])
    assert moved["left_bed_id"] == str(ward.women[0])
    assert await state_of(client, ward.women[0]) == "cleaning"
    again = await put(client, stay, ward.women[1])
    assert again["bed_id"] == str(ward.women[1])
    shown = (await client.get(f"/encounters/{stay}", as_="nurse_a")).json()
    assert (shown["bed_id"], shown["bed_label"]) == (str(ward.women[1]), f"{ward.code}-02")
    async with client.world.owner() as db:
        actions = await db.fetch("SELECT action FROM audit.entry WHERE subject_id = $1 ORDER BY at", ward.women[1])
        assert [row["action"] for row in actions].count("bed.assigned") == 1
        events = await db.fetchval(
            "SELECT count(*) FROM platform.outbox WHERE name = 'bed.assigned' AND payload->>'bed_id' = $1",
            str(ward.women[1]),
        )
        assert events == 1


async def test_whoever_comes_second_is_told_who_has_the_bed(client: Client) -> None:
    ward = await ward_of(client, client.world.a)
    first, second = await stay_of(client, client.world.a, family="Oyelaran"), await stay_of(client, client.world.a)
    held = await put(client, first, ward.women[0])
    answer = await client.put(f"/beds/{ward.women[0]}/occupancy", {"encounter_id": second}, as_="nurse_a")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "bed_taken")
    assert problem["held_by"] == "OYELARAN, Asha"
    assert problem["encounter_id"] == first
    assert problem["since"] == held["since"]


async def test_a_bed_that_is_closed_or_being_cleaned_is_refused(client: Client) -> None:
    ward = await ward_of(client, client.world.a)
    stay = await stay_of(client, client.world.a)
    bed = ward.women[0]
    closed = await client.put(f"/beds/{bed}/closure", {"reason": "Broken call bell"}, as_="nurse_a")
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    refused = await client.put(f"/beds/{bed}/occupancy", {"encounter_id": stay}, as_="nurse_a")
    assert (refused.status_code, refused.json()["code"]) == (409, "bed_not_ready")
    assert "Broken call bell" in refused.json()["detail"]
    assert (await client.post(f"/beds/{bed}/cleaning", as_="nurse_a")).status_code == 409
    assert (await client.delete(f"/beds/{bed}/closure", as_="nurse_a")).json()["state"] == "cleaning"
    refused = await client.put(f"/beds/{bed}/occupancy", {"encounter_id": stay}, as_="nurse_a")
    assert refused.json()["code"] == "bed_not_ready"
    assert (await client.delete(f"/beds/{bed}/cleaning", as_="nurse_a")).json()["state"] == "ready"
    await put(client, stay, bed)
    for path, body in (("closure", {"reason": "Repair"}), ("reservation", {"encounter_id": stay})):
        taken = await client.put(f"/beds/{bed}/{path}", body, as_="nurse_a")
        assert (taken.status_code, taken.json()["code"]) == (409, "bed_taken")
    assert (await client.post(f"/beds/{bed}/cleaning", as_="nurse_a")).json()["code"] == "bed_taken"
    assert (await client.put(f"/beds/{bed}/closure", {"reason": ""}, as_="nurse_a")).status_code == 422


async def test_a_bed_that_a_rule_speaks_against_needs_a_reason(client: Client) -> None:
    ward = await ward_of(client, client.world.a)
    man = await stay_of(client, client.world.a, sex="male")
    body = {"encounter_id": man}
    refused = await client.put(f"/beds/{ward.women[0]}/occupancy", body, as_="nurse_a")
    assert (refused.status_code, refused.json()["code"]) == (409, "bed_unfit")
    assert refused.json()["reasons"] == ["Women’s bay"]
    body["override_reason"] = "No other bed with oxygen"
    assert (await client.put(f"/beds/{ward.women[0]}/occupancy", body, as_="nurse_a")).status_code == 200
    isolated = await stay_of(client, client.world.a, isolation="airborne")
    refused = await client.put(f"/beds/{ward.women[1]}/occupancy", {"encounter_id": isolated}, as_="nurse_a")
    assert refused.json()["code"] == "bed_unfit"
    await put(client, isolated, ward.side[0])


async def test_a_reserved_bed_waits_for_its_patient(client: Client) -> None:
    ward = await ward_of(client, client.world.a)
    expected, other = await stay_of(client, client.world.a, family="Nowak"), await stay_of(client, client.world.a)
    due = datetime.now(UTC) + timedelta(minutes=40)
    body = {"encounter_id": expected, "from_place": "the emergency department", "due_at": due}
    kept = await client.put(f"/beds/{ward.women[0]}/reservation", body, as_="nurse_a")
    assert (kept.status_code, kept.json()["reserved_family"]) == (200, "Nowak")
    refused = await client.put(f"/beds/{ward.women[0]}/reservation", {"encounter_id": other}, as_="nurse_a")
    assert (refused.status_code, refused.json()["held_by"]) == (409, "NOWAK, Asha")
    refused = await client.put(f"/beds/{ward.women[0]}/occupancy", {"encounter_id": other}, as_="nurse_a")
    assert refused.json()["code"] == "bed_unfit"
    moved = await client.put(f"/beds/{ward.women[1]}/reservation", {"encounter_id": expected}, as_="nurse_a")
    assert moved.status_code == 200
    assert (await client.get(f"/beds/{ward.women[0]}", as_="nurse_a")).json()["reserved_for_id"] is None
    board = (await client.get(f"/wards/{ward.id}", as_="nurse_a")).json()
    assert board["summary"]["arriving"] == 1
    await put(client, expected, ward.women[1])
    assert (await client.get(f"/beds/{ward.women[1]}", as_="nurse_a")).json()["reserved_for_id"] is None
    await client.put(f"/beds/{ward.women[0]}/reservation", {"encounter_id": other}, as_="nurse_a")
    gone = await client.delete(f"/beds/{ward.women[0]}/reservation", as_="nurse_a")
    assert gone.json()["reserved_for_id"] is None
    late = {"encounter_id": other, "due_at": datetime.now(UTC) - timedelta(minutes=1)}
    assert (await client.put(f"/beds/{ward.women[0]}/reservation", late, as_="nurse_a")).status_code == 422


async def test_a_released_patient_waits_again(client: Client) -> None:
    ward = await ward_of(client, client.world.a)
    stay = await stay_of(client, client.world.a, hours=96)
    await put(client, stay, ward.women[0])
    freed = await client.delete(f"/beds/{ward.women[0]}/occupancy", {"reason": "To theatre"}, as_="nurse_a")
    assert (freed.status_code, freed.json()["state"], freed.json()["encounter_id"]) == (200, "cleaning", None)
    waiting = (await client.get("/beds", as_="nurse_a")).json()["waiting"]
    assert stay in [each["encounter_id"] for each in waiting]
    again = await client.delete(f"/beds/{ward.women[0]}/occupancy", as_="nurse_a")
    assert (again.status_code, again.json()["code"]) == (409, "bed_empty")


async def test_a_move_can_be_undone_by_whoever_made_it(client: Client) -> None:
    ward = await ward_of(client, client.world.a)
    stay = await stay_of(client, client.world.a)
    await put(client, stay, ward.women[0])
    await put(client, stay, ward.women[1])
    other = await client.post(f"/beds/{ward.women[1]}/occupancy/undo", as_="doctor_a")
    assert (other.status_code, other.json()["code"]) == (409, "undo_too_late")
    back = await client.post(f"/beds/{ward.women[1]}/occupancy/undo", as_="nurse_a")
    assert (back.status_code, back.json()["bed_id"]) == (200, str(ward.women[0]))
    assert await state_of(client, ward.women[1]) == "ready"
    assert (await client.post(f"/beds/{ward.women[0]}/occupancy/undo", as_="nurse_a")).status_code == 409
    fresh = await stay_of(client, client.world.a)
    await put(client, fresh, ward.women[2])
    assert (await client.post(f"/beds/{ward.women[2]}/occupancy/undo", as_="nurse_a")).status_code in (200, 204)
    assert await state_of(client, ward.women[2]) == "ready"
    await put(client, fresh, ward.women[2])
    async with client.world.owner() as db:
        await db.execute(
            "UPDATE beds.occupancy SET started_at = now() - interval '1 minute' WHERE bed_id = $1 AND ended_at IS NULL",
            ward.women[2],
        )
    late = await client.post(f"/beds/{ward.women[2]}/occupancy/undo", as_="nurse_a")
    assert late.json()["code"] == "undo_too_late"


async def test_a_discharge_frees_the_bed_and_what_was_kept(client: Client) -> None:
    ward = await ward_of(client, client.world.a)
    stay = await stay_of(client, client.world.a)
    await put(client, stay, ward.women[0])
    await client.put(f"/beds/{ward.women[1]}/reservation", {"encounter_id": stay}, as_="nurse_a")
    ended = await client.post(f"/encounters/{stay}/discharge", {"discharged_to": "home"}, as_="doctor_a")
    assert ended.status_code in (200, 201), ended.text
    bed = (await client.get(f"/beds/{ward.women[0]}", as_="nurse_a")).json()
    assert (bed["state"], bed["encounter_id"]) == ("cleaning", None)
    assert (await client.get(f"/beds/{ward.women[1]}", as_="nurse_a")).json()["reserved_for_id"] is None
    refused = await client.put(f"/beds/{ward.women[2]}/occupancy", {"encounter_id": stay}, as_="nurse_a")
    assert (refused.status_code, refused.json()["code"]) == (409, "encounter_finished")


async def test_the_history_of_a_bed_says_who_and_when(client: Client) -> None:
    ward = await ward_of(client, client.world.a)
    stay = await stay_of(client, client.world.a, family="Ferrari")
    bed = ward.women[0]
    await client.put(f"/beds/{bed}/closure", {"reason": "Repair"}, as_="nurse_a")
    await client.delete(f"/beds/{bed}/closure", as_="nurse_a")
    await client.delete(f"/beds/{bed}/cleaning", as_="nurse_a")
    await client.put(f"/beds/{bed}/reservation", {"encounter_id": stay}, as_="nurse_a")
    await put(client, stay, bed)
    await client.delete(f"/beds/{bed}/occupancy", {"reason": "To theatre"}, as_="nurse_a")
    rows = items(await client.get(f"/beds/{bed}/history", as_="nurse_a"))
    assert [row["kind"] for row in rows] == ["left", "occupied", "reserved", "cleaning_done", "reopened", "closed"]
    assert (rows[0]["words"], rows[1]["family"], rows[2]["family"]) == ("released: To theatre", "Ferrari", "Ferrari")
    assert all(row["actor"] for row in rows)
    page = await client.get(f"/beds/{bed}/history", as_="nurse_a", html=True)
    assert "Came in" in page.text
    assert (await client.get(f"/beds/{bed}/history?cursor=x", as_="nurse_a")).status_code == 400
    before = rows[2]["at"]
    older = items(await client.get(f"/beds/{bed}/history?cursor={before.replace('+', '%2B')}", as_="nurse_a"))
    assert [row["kind"] for row in older] == ["cleaning_done", "reopened", "closed"]


async def test_the_move_form_ranks_beds_with_reasons(client: Client) -> None:
    ward = await ward_of(client, client.world.a)
    stay = await stay_of(client, client.world.a, family="Singh", sex="male", needs=["monitor"])
    async with client.world.owner() as db:
        await db.execute("UPDATE encounters.encounter SET specialty = 'cardiology' WHERE id = $1", stay)
        await db.execute("UPDATE beds.bed SET features = ARRAY['monitor'] WHERE id = $1", ward.men[1])
    plan = (await client.get(f"/encounters/{stay}/move", as_="nurse_a")).json()
    assert plan["fits"][0]["bed_id"] == str(ward.men[1])
    assert plan["chosen"]["bed_id"] == str(ward.men[1])
    words = {reason["words"]: reason["fits"] for reason in plan["fits"][0]["reasons"]}
    assert words == {"Men’s bay": True, "Monitor": True, "Own specialty": True}
    doubted = {bed["bed_id"]: bed["doubt"] for bed in plan["refused"]}
    assert doubted[str(ward.women[0])] == "Women’s bay"
    html = await client.get(
        f"/encounters/{stay}/move?bed={ward.women[0]}", as_="nurse_a", html=True, headers={"hx-request": "true"}
    )
    assert 'name="override_reason"' in html.text
    assert f"Put SINGH, Asha in {ward.code}-01" in html.text
    whole = await client.get(f"/encounters/{stay}/move", as_="nurse_a", html=True)
    assert 'class="ban"' in whole.text


async def test_a_person_gets_the_answer_as_a_part_of_the_page(client: Client) -> None:
    ward = await ward_of(client, client.world.a)
    stay = await stay_of(client, client.world.a)
    form = {"_method": "PUT", "encounter_id": stay, "idempotency_key": f"key-{stay}"}
    path = f"/beds/{ward.women[0]}/occupancy"
    moved = await client.call("POST", path, form=form, html=True, as_="nurse_a", key="", headers={"hx-request": "true"})
    assert moved.status_code == 200, moved.text
    assert "Undo" in moved.text
    undone = await client.call(
        "POST", f"{path}/undo", form={"idempotency_key": f"undo-{stay}"}, html=True, as_="nurse_a", key="",
        headers={"hx-request": "true"},
    )  # fmt: skip
    assert "waits for a bed again" in undone.text
    plain = await client.call(
        "POST", path, form=form | {"idempotency_key": f"two-{stay}"}, html=True, as_="nurse_a", key=""
    )
    assert (plain.status_code, plain.headers["location"]) == (303, f"/wards/{ward.id}")
