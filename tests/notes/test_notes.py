"""Notes through the front door: written by several, signed, added to, withdrawn; nothing is written over."""

from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.client import Client, items
from tests.notes.writing import begun, read, save, signed, texts


async def test_a_draft_is_begun_saved_and_read_by_colleagues(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    stay = await client.world.stay(client.world.a, person)
    note = await begun(client, person, template="respiratory_medicine")
    saved = await save(client, note, "subjective", "Feels better, less cough.", as_="doctor_a")
    assert (saved.status_code, saved.json()["version"], saved.json()["note_version"]) == (200, 1, 2)
    page = await read(client, note, as_="nurse_a")
    assert page["note"]["encounter_id"] == str(stay)
    assert texts(page) == [("subjective", "Feels better, less cough.")]
    assert page["sections"][0]["prompts"] == ["Breathlessness", "Cough and sputum", "Sleep"]
    assert (page["writes"], page["note"]["state"]) == (False, "draft")
    listed = items(await client.get(f"/patients/{person}/notes", as_="pharmacist_a"))
    assert [(n["id"], n["text"]) for n in listed] == [(note, "")]
    page = await client.get(f"/patients/{person}/notes", as_="pharmacist_a", html=True)
    assert "Being written." in page.text
    assert "less cough" not in page.text


async def test_the_list_of_notes_hears_of_the_first_words(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    note = await begun(client, person)
    seen = "SELECT version FROM platform.topic WHERE topic = $1"
    async with client.world.owner() as db:
        before = await db.fetchval(seen, f"patient:{person}")
        await save(client, note, "plan", "Oxygen", as_="doctor_a")
        first = await db.fetchval(seen, f"patient:{person}")
        await save(client, note, "plan", "Oxygen.", as_="doctor_a", version=1)
        second = await db.fetchval(seen, f"patient:{person}")
    assert (first > before, second) == (True, first)


async def test_two_people_at_one_section_keep_their_own_words(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    note = await begun(client, person, kind="handover")
    await save(client, note, "situation", "Pneumonia, day 3.", as_="doctor_a")
    await save(client, note, "situation", "Needs help to wash.", as_="nurse_a")
    again = await save(client, note, "situation", "Pneumonia, day 3, improving.", as_="doctor_a", version=1)
    assert again.json()["version"] == 2
    assert texts(await read(client, note)) == [
        ("situation", "Pneumonia, day 3, improving."),
        ("situation", "Needs help to wash."),
    ]
    said = items(await client.get(f"/notes/{note}/history", as_="nurse_a"))
    assert [row["text"] for row in said if row["what"] == "saved"] == [
        "Pneumonia, day 3, improving.",
        "Needs help to wash.",
        "Pneumonia, day 3.",
    ]


async def test_one_person_in_two_windows_is_shown_the_newer_text(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    note = await begun(client, person)
    assert (await client.put(f"/notes/{note}/sections/plan", {"text": "x"}, as_="doctor_a")).status_code == 428
    await save(client, note, "plan", "First window", as_="doctor_a")
    late = await save(client, note, "plan", "Second window", as_="doctor_a", version=0)
    assert (late.status_code, late.json()["current"]["text"], late.json()["current"]["version"]) == (
        412,
        "First window",
        1,
    )
    early = await save(client, note, "assessment", "Of the future", as_="doctor_a", version=7)
    assert early.status_code == 412
    assert texts(await read(client, note)) == [("plan", "First window")]


async def test_a_save_that_is_sent_again_is_one_save_and_a_read_is_recorded(client: Client) -> None:
    """In the lean form too, which keeps the answer in the same statement as the words."""
    person = await client.world.patient(client.world.a)
    note = await begun(client, person, kind="handover")
    path, key = f"/notes/{note}/sections/situation", uuid4().hex
    sent = [
        await client.put(path, {"text": text}, as_="doctor_a", version=0, key=key)
        for text in ("Well.", "Well.", "Ill.")
    ]
    assert [answer.status_code for answer in sent] == [200, 200, 422]
    assert sent[0].json() == sent[1].json()
    async with client.world.owner() as db:
        assert await db.fetchval("SELECT count(*) FROM notes.revision WHERE note_id = $1", note) == 1
        actions = await db.fetch(
            "SELECT action, person_id = $2 AS theirs FROM audit.entry WHERE subject_id = $1 AND action <> 'note.begun'"
            " AND outcome <> 'refused' ORDER BY action",
            UUID(note),
            person,
        )
    assert [tuple(row) for row in actions] == [("note.read", True), ("note.saved", True)]


async def test_a_signature_counts_for_what_was_seen(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    note = await begun(client, person, kind="handover")
    await save(client, note, "situation", "Stable.", as_="doctor_a")
    await save(client, note, "situation", "Fell at 14:10.", as_="nurse_a")
    unseen = await client.post(f"/notes/{note}/signature", {}, as_="doctor_a", version=2)
    assert (unseen.status_code, unseen.json()["code"]) == (412, "stale")
    await save(client, note, "situation", "Stable after the fall.", as_="doctor_a", version=1)
    done = await client.post(f"/notes/{note}/signature", {}, as_="doctor_a", version=3)
    assert (done.status_code, done.json()["state"]) == (200, "signed")
    late = await save(client, note, "situation", "One more thing", as_="nurse_a", version=1)
    assert (late.status_code, late.json()["code"], late.json()["state"]) == (409, "note_not_draft", "signed")
    twice = await client.post(f"/notes/{note}/signature", {}, as_="doctor_a", version=9)
    assert (twice.status_code, twice.json()["code"]) == (409, "note_not_draft")


async def test_an_empty_note_is_not_signed(client: Client) -> None:
    note = await begun(client, await client.world.patient(client.world.a))
    empty = await client.post(f"/notes/{note}/signature", {}, as_="doctor_a", version=1)
    assert (empty.status_code, empty.json()["code"]) == (409, "note_empty")


async def test_a_second_signature_is_a_second_persons(client: Client) -> None:
    world = client.world
    async with world.owner() as db:
        await world.add_staff(db, "consultant_a", "doctor", world.a)
    person = await world.patient(world.a)
    note = await signed(client, person, cosign=True)
    assert note in {n["id"] for n in items(await client.get("/notes/cosign", as_="consultant_a"))}
    assert note not in {n["id"] for n in items(await client.get("/notes/cosign", as_="doctor_a"))}
    own = await client.post(f"/notes/{note}/cosignature", {}, as_="doctor_a", version=3)
    assert (own.status_code, own.json()["code"]) == (403, "own_signature")
    assert (await client.post(f"/notes/{note}/cosignature", {}, as_="nurse_a", version=3)).status_code == 403
    stale = await client.post(f"/notes/{note}/cosignature", {}, as_="consultant_a", version=2)
    assert stale.status_code == 412
    done = await client.post(f"/notes/{note}/cosignature", {}, as_="consultant_a", version=3)
    assert (done.status_code, done.json()["state"]) == (200, "cosigned")
    assert note not in {n["id"] for n in items(await client.get("/notes/cosign", as_="consultant_a"))}


async def test_a_second_signature_is_given_where_it_was_asked_for(client: Client) -> None:
    world = client.world
    async with world.owner() as db:
        await world.add_staff(db, "consultant2_a", "doctor", world.a)
    note = await signed(client, await world.patient(world.a))
    answer = await client.post(f"/notes/{note}/cosignature", {}, as_="consultant2_a", version=3)
    assert (answer.status_code, answer.json()["code"]) == (409, "cosign_not_wanted")


async def test_who_neither_began_nor_wrote_does_not_sign(client: Client) -> None:
    note = await begun(client, await client.world.patient(client.world.a), kind="handover")
    await save(client, note, "situation", "Stable.", as_="doctor_a")
    others = await client.post(f"/notes/{note}/signature", {}, as_="nurse_a", version=2)
    assert (others.status_code, others.json()["code"]) == (403, "signer_wrote_nothing")
    ahead = await client.post(f"/notes/{note}/signature", {}, as_="doctor_a", version=7)
    assert (ahead.status_code, ahead.json()["code"]) == (412, "stale")
    assert (await client.post(f"/notes/{note}/signature", {}, as_="doctor_a", version=2)).status_code == 200


async def test_a_withdrawn_draft_promises_no_addendum(client: Client) -> None:
    note = await begun(client, await client.world.patient(client.world.a))
    withdrawn = await client.post(f"/notes/{note}/error", {"reason": "Wrong patient"}, as_="doctor_a", version=1)
    assert withdrawn.status_code == 200
    late = await save(client, note, "plan", "Late", as_="doctor_a")
    assert (late.status_code, late.json()["state"]) == (409, "entered_in_error")
    assert "takes no addendum" in late.json()["detail"]


async def test_a_plan_is_copied_whole_with_its_authors(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    note = await begun(client, person, kind="handover")
    await save(client, note, "recommendation", "Oral antibiotic.", as_="doctor_a")
    await save(client, note, "recommendation", "Walk twice a day.", as_="nurse_a")
    done = await client.post(f"/notes/{note}/signature", {}, as_="doctor_a", version=3)
    assert done.status_code == 200, done.text
    copied = (await client.get(f"/patients/{person}/inserts/plan", as_="doctor_a")).json()["text"]
    assert copied.splitlines()[1:-1] == ["K. Doctor A:", "Oral antibiotic.", "K. Nurse A:", "Walk twice a day."]


async def test_what_is_added_stands_beside_the_signed_words(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    draft = await begun(client, person)
    assert (await client.post(f"/notes/{draft}/addenda", {"text": "x"}, as_="doctor_a")).status_code == 409
    note = await signed(client, person)
    done = await client.post(f"/notes/{note}/addenda", {"text": "Blood culture negative."}, as_="doctor_a")
    assert (done.status_code, done.json()["state"]) == (200, "signed")
    page = await read(client, note)
    assert texts(page) == [("plan", "Oxygen to 94-98 %.")]
    assert [a["text"] for a in page["addenda"]] == ["Blood culture negative."]


async def test_a_mistaken_note_stays_on_record_with_the_reason(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    note = await signed(client, person)
    assert (await client.post(f"/notes/{note}/error", {"reason": "x"}, as_="doctor_a", version=3)).status_code == 422
    done = await client.post(f"/notes/{note}/error", {"reason": "Wrong patient"}, as_="doctor_a", version=3)
    assert (done.status_code, done.json()["state"], done.json()["error_reason"]) == (
        200,
        "entered_in_error",
        "Wrong patient",
    )
    assert texts(await read(client, note)) == [("plan", "Oxygen to 94-98 %.")]
    html = await client.get(f"/notes/{note}", as_="doctor_a", html=True)
    assert "Wrong patient" in html.text
    assert (await client.post(f"/notes/{note}/addenda", {"text": "x"}, as_="doctor_a")).status_code == 409


@pytest.mark.parametrize(
    ("who", "kind", "status"),
    [
        ("doctor_a", "case_sheet", 201),
        ("nurse_a", "case_sheet", 403),
        ("doctor_a", "nursing", 403),
        ("nurse_a", "nursing", 201),
        ("pharmacist_a", "progress", 201),
        ("pharmacist_a", "handover", 403),
        ("nurse_a", "incident", 201),
        ("laboratory_technician_a", "progress", 403),
        ("receptionist_a", "incident", 403),
        ("doctor_b", "progress", 404),
    ],
)
async def test_each_role_writes_its_own_kinds(client: Client, who: str, kind: str, status: int) -> None:
    person = await client.world.patient(client.world.a)
    assert (await client.post(f"/patients/{person}/notes", {"kind": kind}, as_=who)).status_code == status


async def test_who_may_not_write_a_kind_neither_saves_nor_signs_it(client: Client) -> None:
    note = await begun(client, await client.world.patient(client.world.a), kind="case_sheet")
    assert (await save(client, note, "plan", "x", as_="nurse_a")).status_code == 403
    assert (await client.post(f"/notes/{note}/signature", {}, as_="nurse_a", version=1)).status_code == 403
    assert (await client.post(f"/notes/{note}/error", {"reason": "mine"}, as_="nurse_a", version=1)).status_code == 403
    assert (await client.get(f"/notes/{note}", as_="receptionist_a")).status_code == 403
    assert (await save(client, note, "subjective", "no such section", as_="doctor_a")).status_code == 404


async def test_the_database_lets_nobody_change_saved_words(client: Client, db_app: asyncpg.Connection) -> None:
    note = await signed(client, await client.world.patient(client.world.a))
    await db_app.execute("SELECT set_config('app.hospital_id', $1, false)", str(client.world.a.id))
    for statement in (
        "UPDATE notes.revision SET text = 'x' WHERE note_id = $1",
        "DELETE FROM notes.revision WHERE note_id = $1",
        "UPDATE notes.addendum SET text = 'x' WHERE note_id = $1",
        "DELETE FROM notes.note WHERE id = $1",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await db_app.execute(statement, note)
    with pytest.raises(asyncpg.CheckViolationError):
        await db_app.execute(
            "UPDATE notes.note SET state = 'draft', signed_at = NULL, signed_by = NULL WHERE id = $1", note
        )
    with pytest.raises(asyncpg.CheckViolationError):
        await db_app.execute(
            "INSERT INTO notes.revision SELECT hospital_id, note_id, section, author_id, 2, 'x', author_role, 9, now()"
            " FROM notes.revision WHERE note_id = $1",
            note,
        )


async def test_commands_copy_with_their_times(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    await client.world.stay(client.world.a, person)
    path = f"/patients/{person}/inserts"
    nothing = await client.get(f"{path}/observations", as_="doctor_a")
    assert (nothing.status_code, nothing.json()["found"]) == (200, False)
    signs = {"respiration_per_min": 18, "spo2_percent": 96, "on_oxygen": False, "pulse_per_min": 80}
    assert (await client.post(f"/patients/{person}/observations", signs, as_="nurse_a")).status_code == 201
    await client.post(f"/patients/{person}/problems", {"display": "Asthma"}, as_="doctor_a")
    copied = (await client.get(f"{path}/observations", as_="doctor_a")).json()["text"]
    assert copied.startswith("⟦Observations of ")
    assert "RR 18 per min, SpO₂ 96 % on air, pulse 80 per min" in copied
    assert copied.endswith("⟦end of copy⟧")
    assert "Asthma" in (await client.get(f"{path}/problems", as_="doctor_a")).json()["text"]
    assert (
        "Not recorded: nobody has asked yet" in (await client.get(f"{path}/allergies", as_="doctor_a")).json()["text"]
    )
    await signed(client, person)
    assert "Oxygen to 94-98 %." in (await client.get(f"{path}/plan", as_="doctor_a")).json()["text"]
    panels = items(await client.get(path, as_="nurse_a"))
    assert [panel["command"] for panel in panels] == [
        "observations",
        "results",
        "medicines",
        "problems",
        "allergies",
        "plan",
    ]
    assert panels[3]["lines"] == ["Asthma"]
    assert (await client.get(f"{path}/everything", as_="doctor_a")).status_code == 404
    assert (await client.get(f"{path}/problems", as_="doctor_b")).status_code == 404


async def test_a_copy_is_shown_as_a_copy(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    note = await begun(client, person)
    await client.post(f"/patients/{person}/problems", {"display": "Gout"}, as_="doctor_a")
    copied = (await client.get(f"/patients/{person}/inserts/problems", as_="doctor_a")).json()["text"]
    await save(client, note, "assessment", f"Known:\n{copied}\nUnchanged <b>.", as_="doctor_a")
    [passage] = (await read(client, note))["sections"][2]["passages"]
    assert [(s["source"], s["text"]) for s in passage["segments"]] == [
        ("", "Known:"),
        ("Problems", "Gout"),
        ("", "Unchanged <b>."),
    ]
    html = (await client.get(f"/notes/{note}", as_="nurse_a", html=True)).text
    assert 'class="copied"' in html
    assert "&lt;b&gt;" in html


async def test_the_list_is_filtered_by_kind_and_paged(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    for number in range(32):
        await begun(client, person, as_="nurse_a", kind="nursing" if number % 2 else "incident")
    first = (await client.get(f"/patients/{person}/notes", as_="nurse_a")).json()
    assert len(first["items"]) == 30
    rest = (await client.get(f"/patients/{person}/notes?after={first['next']}", as_="nurse_a")).json()
    assert (len(rest["items"]), rest["next"]) == (2, None)
    only = (await client.get(f"/patients/{person}/notes?kind=incident", as_="nurse_a")).json()["items"]
    assert len(only) == 16
    assert {n["kind"] for n in only} == {"incident"}
    assert (await client.get(f"/patients/{person}/notes?after=nonsense", as_="nurse_a")).status_code == 400


async def test_the_history_is_paged_and_nothing_is_cut_off(client: Client) -> None:
    note = await begun(client, await client.world.patient(client.world.a))
    for number in range(60):
        await save(client, note, "plan", f"Words {number}", as_="doctor_a", version=number)
    first = (await client.get(f"/notes/{note}/history", as_="nurse_a")).json()
    rest = (await client.get(f"/notes/{note}/history?after={first['next']}", as_="nurse_a")).json()
    said = [row["text"] for row in first["items"] + rest["items"]]
    assert (len(first["items"]), rest["next"]) == (50, None)
    assert said == [*(f"Words {number}" for number in reversed(range(60))), ""]
    page = await client.get(f"/notes/{note}/history", as_="nurse_a", html=True)
    assert "Older" in page.text
    assert (await client.get(f"/notes/{note}/history?after=nonsense", as_="nurse_a")).status_code == 400


async def test_the_document_is_a_pdf(client: Client) -> None:
    note = await signed(client, await client.world.patient(client.world.a, family="Øye #1"))
    answer = await client.get(f"/notes/{note}/document", as_="nurse_a", html=True)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    assert (await client.get(f"/notes/{note}/document", as_="nurse_b")).status_code == 404


async def test_pages_can_be_opened_and_forms_work_without_script(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    form = {"kind": "progress", "template": "cardiology", "idempotency_key": "key-of-the-form"}
    begun_by_form = await client.call("POST", f"/patients/{person}/notes", as_="doctor_a", form=form, html=True, key="")
    assert begun_by_form.status_code == 303
    where = begun_by_form.headers["location"]
    saved = await client.call(
        "POST",
        f"{where}/sections/plan",
        as_="doctor_a",
        form={"_method": "PUT", "version": "0", "text": "By form", "idempotency_key": "another-key"},
        html=True,
        key="",
    )
    assert (saved.status_code, saved.headers["location"]) == (303, where)
    for path in (
        where,
        f"{where}/history",
        f"/patients/{person}/notes",
        f"/patients/{person}/notes/new",
        "/notes/cosign",
    ):
        page = await client.get(path, as_="doctor_a", html=True)
        assert page.status_code == 200, page.text
    assert "By form" in (await client.get(where, as_="doctor_a", html=True)).text
