"""The record of access: who may read it, what it says, how it is filtered and paged."""

import csv
import io
import json
from uuid import UUID

import pytest

from tests.client import Client, items
from wardline.admin.sentences import OF_PATIENT, OTHERS
from wardline.platform.ids import new_id


@pytest.mark.parametrize("path", ["/audit", "/audit/export"])
async def test_administrators_may_read_it_and_nobody_else(client: Client, path: str) -> None:
    for role in ("hospital_administrator", "regional_administrator", "network_administrator"):
        assert (await client.get(path, as_=f"{role}_a")).status_code == 200
    for role in ("nurse", "doctor", "receptionist", "hospital_manager"):
        assert (await client.get(path, as_=f"{role}_a")).status_code == 403
    assert (await client.get(path)).status_code == 401


async def test_opening_a_chart_is_a_sentence_that_names_the_record_number(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    assert (await client.get(f"/patients/{person}", as_="nurse_a")).status_code == 200
    found = (await client.get(f"/audit?patient={person}", as_="hospital_administrator_a")).json()["items"]
    async with client.world.owner() as db:
        mrn = await db.fetchval("SELECT mrn FROM patients.registration WHERE person_id = $1", person)
    by_nurse = [e for e in found if e["actor_id"] == str(client.world.staff["nurse_a"])]
    assert by_nurse, found
    assert by_nurse[0]["sentence"].startswith("K. Nurse A, nurse, ")
    assert mrn in by_nurse[0]["sentence"]
    same = (await client.get(f"/audit?patient={mrn}&outcome=read", as_="hospital_administrator_a")).json()["items"]
    assert by_nurse[0]["id"] in {e["id"] for e in same}
    page = await client.get(f"/audit?patient={mrn}", as_="hospital_administrator_a", html=True)
    assert by_nurse[0]["sentence"].rstrip(".") in page.text
    other = (await client.get(f"/audit?patient={mrn}", as_="hospital_administrator_b")).json()
    assert other["items"] == []
    assert other["note"]


async def test_reading_the_record_is_recorded(client: Client) -> None:
    admin = client.world.staff["hospital_administrator_a"]
    assert (await client.get("/audit?outcome=refused", as_="hospital_administrator_a")).status_code == 200
    mine = (await client.get(f"/audit?staff={admin}&action=audit.read", as_="hospital_administrator_a")).json()["items"]
    assert any(e["detail"].get("outcome") == "refused" for e in mine)
    assert "read this record" in mine[0]["sentence"]


async def test_a_refusal_is_there_and_can_be_looked_for(client: Client) -> None:
    assert (await client.get("/audit", as_="pharmacist_a")).status_code == 403
    found = (await client.get("/audit?outcome=refused", as_="hospital_administrator_a")).json()["items"]
    assert found
    assert {e["outcome"] for e in found} == {"refused"}
    assert any(e["actor_id"] == str(client.world.staff["pharmacist_a"]) for e in found)
    named = (await client.get("/audit?outcome=refused&staff=Pharmacist A", as_="hospital_administrator_a")).json()[
        "items"
    ]
    assert named
    assert {e["actor_id"] for e in named} == {str(client.world.staff["pharmacist_a"])}


async def test_sentences_say_what_was_refused_and_watched_in_words(client: Client) -> None:
    assert (await client.get("/staff", as_="laboratory_technician_a")).status_code == 403
    who = client.world.staff["laboratory_technician_a"]
    found = items(await client.get(f"/audit?outcome=refused&staff={who}", as_="hospital_administrator_a"))
    assert found[0]["sentence"].endswith("was refused (not allowed): add staff, give and take roles, end sessions.")
    ward, hospital = client.world.a.ward_id, client.world.a.id
    topics = {
        "live.watched": {"topic": f"ward:{ward}"},
        "live.ended": {"topics": [f"beds:{hospital}", f"bell:{hospital}:nurse"]},
    }
    async with client.world.owner() as db:
        for action, detail in topics.items():
            await db.execute(
                "INSERT INTO audit.entry (at, id, hospital_id, actor_id, actor_role, action, outcome, request_id, detail)"
                " VALUES (now(), $1, $2, $3, 'nurse', $4, 'read', 'test', $5::jsonb)",
                new_id(), hospital, who, action, json.dumps(detail),
            )  # fmt: skip
    listed = items(await client.get(f"/audit?staff={who}", as_="hospital_administrator_a"))
    said = " ".join(entry["sentence"] for entry in listed)
    assert "watched a ward board live." in said
    assert "stopped watching the bed board live." in said


async def test_pages_follow_each_other_without_gap_or_double(client: Client) -> None:
    actor, ids = client.world.staff["doctor_b"], [new_id() for _ in range(205)]
    async with client.world.owner() as db:
        # Five entries share each moment, so that the order within a moment matters.
        await db.executemany(
            "INSERT INTO audit.entry (at, id, hospital_id, actor_id, actor_role, action, outcome, request_id)"
            " VALUES (now() - $1::int / 5 * interval '1 second', $2, $3, $4, 'doctor', 'paging.read', 'read', 'test')",
            [(n, entry_id, client.world.b.id, actor) for n, entry_id in enumerate(ids)],
        )
    for filtered in (f"staff={actor}&action=paging.read", "action=paging.read"):
        seen: list[str] = []
        cursor, pages = "", 0
        while cursor is not None:
            answer = await client.get(f"/audit?{filtered}{cursor}", as_="hospital_administrator_b")
            body = answer.json()
            seen += [e["id"] for e in body["items"]]
            cursor = f"&cursor={body['next']}" if body["next"] else None
            pages += 1
        assert pages == 3
        assert len(seen) == len(set(seen)) == 205
        assert {UUID(i) for i in seen} == set(ids)


async def test_the_export_is_a_file_without_formulas(client: Client) -> None:
    async with client.world.owner() as db:
        await db.execute(
            "INSERT INTO audit.entry (id, hospital_id, action, outcome, request_id, client)"
            " VALUES ($1, $2, 'formula.read', 'read', '=1+1', '@cmd')",
            new_id(), client.world.a.id,
        )  # fmt: skip
    answer = await client.get("/audit/export?action=formula.read", as_="hospital_administrator_a")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert (rows[0]["request_id"], rows[0]["client"]) == ("'=1+1", "'@cmd")


@pytest.mark.parametrize(
    "query", ["cursor=nonsense", "cursor=2026-01-01T00:00:00~x", "outcome=maybe", "since=yesterday"]
)
async def test_what_cannot_be_read_is_refused(client: Client, query: str) -> None:
    assert (await client.get(f"/audit?{query}", as_="hospital_administrator_a")).status_code in (400, 422)


def test_every_action_is_said_once() -> None:
    assert not OF_PATIENT.keys() & OTHERS.keys()
