"""A hospital full of marked rows, every route to them, and the two walls that can be taken down one at a time."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest

from tests.client import Client
from tests.pharmacy import way as pharmacy
from tests.prescribing import confirmed
from wardline.platform import db
from wardline.platform.http.routes import Anonymous, Route

CANARY = "ZQCANARY"
SIGNS = {
    "respiration_per_min": 26,
    "spo2_percent": 91,
    "on_oxygen": True,
    "systolic_mmhg": 89,
    "diastolic_mmhg": 55,
    "pulse_per_min": 131,
    "consciousness": "V",
    "temperature_celsius": 39.2,
}
BODIES: dict[str, Any] = {
    "PUT /beds/{bed_id}/occupancy": {"encounter_id": "@encounter_id"},
    "PUT /beds/{bed_id}/reservation": {"encounter_id": "@encounter_id"},
    "POST /patients/{patient_id}/encounters": {"reason": "Fall"},
    "POST /patients/{patient_id}/lab-orders": {"tests": ["K"]},
    "PUT /results/{result_id}/value": {"value": 4.0},
    "POST /results/{result_id}/amendment": {"value": 4.0, "reason": "Repeated"},
    "POST /results/{result_id}/report": {"words": "No growth"},
    "POST /results/{result_id}/withdrawal": {"reason": "Wrong tube"},
    "PUT /specimens/{specimen_id}/results": {"results": [{"test": "K", "value": 4.0}]},
    "POST /specimens/{specimen_id}/rejection": {"reason": "Haemolysed"},
    "POST /specimens/{specimen_id}/cancellation": {"reason": "Not wanted"},
    "POST /critical-calls/{call_id}/call-back": {
        "told_to": "Kim",
        "identifiers": ["name", "born_on"],
        "read_back": 6.9,
    },
    "POST /critical-calls/{call_id}/acknowledgement": {"action": "Seen"},
    "POST /patients/{patient_id}/observations": SIGNS,
    "POST /patients/{patient_id}/problems": {"display": "Asthma"},
    "POST /patients/{patient_id}/notes": {"kind": "incident"},
    "PATCH /patients/{patient_id}/problems/{problem_id}": {"state": "resolved"},
    "POST /patients/{patient_id}/procedures": {"display": "Drain", "performed_on": "2026-11-20"},
    "POST /patients/{patient_id}/procedures/{procedure_id}/error": {"reason": "A mistake"},
    "PUT /notes/{note_id}/sections/{section}": {"text": "Words"},
    "POST /notes/{note_id}/addenda": {"text": "Words"},
    "POST /notes/{note_id}/error": {"reason": "A mistake"},
    "POST /patients/{patient_id}/medicines": {"lines": ["bisoprolol 5 mg po od"], "confirmed": True},
    "POST /patients/{patient_id}/measures": {"kind": "weight_kg", "value": 70},
    "POST /medicines/{medicine_id}/change": {"line": "bisoprolol 5 mg po od", "why": "Fast pulse", "confirmed": True},
    "POST /patients/{patient_id}/medicines/preview": {"lines": ["bisoprolol 5 mg po od"]},
    "POST /medicines/sets": {"name": "Sepsis", "orders": "gentamicin 5 mg/kg iv od"},
    "POST /medicines/sets/{set_id}/change": {"name": "Sepsis", "orders": "gentamicin 5 mg/kg iv od"},
    "POST /medicines/favourites": {"line": "bisoprolol 5 mg po od"},
    "POST /medicines/checks/signature": {"digest": "0123456789abcdef", "words": "Tried"},
    "POST /medicines/checks/withdrawal": {"digest": "0123456789abcdef", "words": "Wrong"},
    "POST /medicines/{medicine_id}/hold": {"reason": "Low pressure"},
    "POST /medicines/{medicine_id}/resumption": {"reason": "Pressure is back"},
    "POST /medicines/{medicine_id}/stop": {"reason": "No longer needed"},
    "POST /medicines/{medicine_id}/correction": {"reason": "Wrong patient"},
    "POST /medicines/{medicine_id}/answer": {"answer": "Yes"},
    "POST /medicines/{medicine_id}/query": {"question": "Which dose?"},
    "POST /medicines/{medicine_id}/refusal": {"reason": "Twice the dose"},
    "POST /medicines/{medicine_id}/ward-stock": {"reason": "Ward stock"},
    "POST /medicines/{medicine_id}/dispenses": {"store_id": "@store_id", "product_id": "@product_id", "quantity": 1},
    "POST /dispenses/{dispense_id}/hand-over": {"received_by": "Kim"},
    "POST /dispenses/{dispense_id}/returns": {"lot_id": "@lot_id", "quantity": 1, "reason": "Unopened"},
    "PUT /stock/products/{product_id}": {"pack_quantity": 12},
    "PUT /stock/stores/{store_id}/products/{product_id}/levels": {"reorder_level": 10, "target_level": 40},
    "POST /stock/stores/{store_id}/receipts": {
        "product_id": "@product_id",
        "lot": "L2",
        "expires_on": "2036-01-01",
        "quantity": 5,
    },
    "POST /stock/stores/{store_id}/lots/{lot_id}/counts": {"counted": 30, "reason": "Counted"},
    "POST /stock/stores/{store_id}/lots/{lot_id}/issues": {"quantity": 1, "reason": "Ward 7"},
    "POST /stock/stores/{store_id}/lots/{lot_id}/write-offs": {"quantity": 1, "reason": "Broken"},
    "POST /stock/stores/{store_id}/transfers": {
        "to_store_id": "@other_store_id",
        "lots": ["@lot_id"],
        "quantities": [1],
    },
    "PUT /stock/lots/{lot_id}/quarantine": {"reason": "Recalled"},
    "POST /stock/lots/{lot_id}/release": {"reason": "Recall ended"},
    "POST /stock/transfers/{transfer_id}/receipt": {"lots": ["@lot_id"], "quantities": [1]},
    "PUT /stock/orders/{purchase_id}/lines": {"products": ["@product_id"], "quantities": [20]},
    "POST /stock/orders/{purchase_id}/cancellation": {"reason": "Not wanted"},
    "PUT /stock/stores/{store_id}": {"name": "Another"},
    "POST /stock/stores/{store_id}/closing": {"reason": "Moved"},
    "POST /stock/stores/{store_id}/reopening": {"reason": "Moved back"},
    "PUT /stock/suppliers/{supplier_id}": {"name": "Another"},
    "POST /stock/suppliers/{supplier_id}/closing": {"reason": "Too dear"},
    "POST /stock/suppliers/{supplier_id}/reopening": {"reason": "Cheap again"},
    "POST /wards/{ward_id}/stock/requests": {"store_id": "@ward_store_id", "product_id": "@product_id", "quantity": 5},
    "POST /wards/{ward_id}/stock/transfers/{transfer_id}/receipt": {"lots": ["@lot_id"], "quantities": [1]},
    "POST /wards/{ward_id}/stock/stores/{ward_store_id}/lots/{lot_id}/counts": {"counted": 30, "reason": "Counted"},
    "POST /stock/requests/{request_id}/sending": {"from_store_id": "@store_id", "quantity": 5},
    "POST /stock/requests/{request_id}/refusal": {"reason": "None left"},
    "POST /doses/{dose_id}/giving": {"no_scan_reason": "emergency", "identifiers": ["name", "born_on"]},
    "POST /doses/{dose_id}/not-given": {"reason": "asleep"},
    "POST /medicines/{medicine_id}/giving": {"no_scan_reason": "emergency", "identifiers": ["name", "born_on"]},
    "POST /administrations/{administration_id}/amendment": {"why": "A mistake"},
    "POST /administrations/{administration_id}/correction": {"reason": "A mistake"},
    "POST /administrations/{administration_id}/effect": {"effect": "good"},
    "POST /administrations/{administration_id}/infusion": {"act": "stopped", "volume_given_ml": 10},
}


async def fill(client: Client) -> dict[str, str]:
    """Rows of hospital B, every text of theirs marked, made through the front door; ids by the names that paths use."""
    b = client.world.b
    person = await client.world.patient(b, family=f"{CANARY}FAMILY", given=f"{CANARY}GIVEN")
    base = f"/patients/{person}"
    made: dict[str, str] = {
        "patient_id": str(person),
        "ward_id": str(b.ward_id),
        "bed_id": str(b.beds[0]),
        "hospital_id": str(b.id),
    }
    stay = await client.post(f"{base}/encounters", {"reason": f"{CANARY}REASON"}, as_="nurse_b")
    made["encounter_id"] = stay.json()["id"]
    placed = await client.put(f"/beds/{b.beds[0]}/occupancy", {"encounter_id": made["encounter_id"]}, as_="nurse_b")
    assert placed.status_code in (200, 404), placed.text
    seen = await client.post(f"{base}/observations", SIGNS, as_="nurse_b")
    assert seen.status_code in (200, 201), seen.text
    made["observation_id"] = seen.json()["id"]
    problem = await client.post(f"{base}/problems", {"display": f"{CANARY}PROBLEM"}, as_="doctor_b")
    made["problem_id"] = problem.json()["id"]
    procedure = await client.post(
        f"{base}/procedures", {"display": f"{CANARY}PROCEDURE", "performed_on": "2026-11-20"}, as_="doctor_b"
    )
    assert procedure.status_code == 201, procedure.text
    made["procedure_id"] = procedure.json()["id"]
    note = await client.post(f"{base}/notes", {"kind": "handover"}, as_="nurse_b")
    assert note.status_code == 201, note.text
    made |= {"note_id": note.json()["id"], "section": "situation", "what": "problems"}
    said = await client.put(
        f"/notes/{made['note_id']}/sections/situation", {"text": f"{CANARY}NOTE"}, as_="nurse_b", version=0
    )
    assert said.status_code == 200, said.text
    allergy = await client.post(f"{base}/allergies", {"substance": f"{CANARY}SUBSTANCE"}, as_="nurse_b")
    assert allergy.status_code in (200, 201), allergy.text
    made |= await _laboratory_rows(client, base)
    made |= await _stock_rows(client, made["ward_id"])
    contact = await client.post(f"{base}/contacts", {"name": f"{CANARY}CONTACT"}, as_="nurse_b")
    assert contact.status_code in (200, 201), contact.text
    line = f"paracetamol 500 mg po qds prn for {CANARY.lower()}pain"
    ordered = await confirmed(client, f"{base}/medicines", {"lines": [line]}, as_="doctor_b")
    assert ordered.status_code in (200, 201), ordered.text
    made["medicine_id"] = ordered.json()["medicines"][0]["id"]
    made |= await _pharmacy_rows(client, made["medicine_id"])
    made |= await _given_rows(client, base)
    body = {"name": f"{CANARY}SET", "orders": "bisoprolol 5 mg po od"}
    made["set_id"] = (await client.post("/medicines/sets", body, as_="pharmacist_b")).json()["id"]
    async with client.world.owner() as owner:
        made["allergy_id"] = str(await owner.fetchval("SELECT id FROM patients.allergy WHERE person_id = $1", person))
        made["contact_id"] = str(await owner.fetchval("SELECT id FROM patients.contact WHERE person_id = $1", person))
        made["task_id"] = str(await owner.fetchval("SELECT id FROM tasks.task WHERE person_id = $1", person))
        made["room_id"] = str(b.side_id)
        made["department_id"] = str(
            await owner.fetchval("SELECT id FROM identity.department WHERE hospital_id = $1", b.id)
        )
        made["staff_id"] = str(client.world.staff["nurse_b"])
        made["region_id"] = str(b.region_id)
        made["assignment_id"] = str(
            await owner.fetchval(
                "SELECT id FROM identity.assignment WHERE staff_id = $1", client.world.staff["nurse_b"]
            )
        )
    return made


async def _given_rows(client: Client, base: str) -> dict[str, str]:
    """A dose of B that is due, and another that was given."""
    for line in ("furosemide 40 mg po stat", "bumetanide 1 mg po stat"):
        signed = await confirmed(client, f"{base}/medicines", {"lines": [line]}, as_="doctor_b")
        assert signed.status_code in (200, 201), signed.text
    due = [
        each for each in (await client.get(f"{base}/given", as_="nurse_b")).json()["doses"] if each["state"] == "due"
    ]
    body = {"no_scan_reason": "other", "no_scan_words": f"{CANARY}SCAN", "identifiers": ["name", "born_on"]}
    given = await client.post(f"/doses/{due[0]['id']}/giving", body, as_="nurse_b", version=due[0]["version"])
    assert given.status_code == 200, given.text
    return {"dose_id": due[1]["id"], "administration_id": given.json()["id"]}


async def _laboratory_rows(client: Client, base: str) -> dict[str, str]:
    """A critical result of B with its order, specimen and call; the bench and the test are nobody's, so none is named."""
    technician = "laboratory_technician_b"
    order = await client.post(f"{base}/lab-orders", {"tests": ["K"], "reason": f"{CANARY}QUESTION"}, as_="doctor_b")
    assert order.status_code == 201, order.text
    specimen = order.json()["specimens"][0]
    path = f"/specimens/{specimen['id']}"
    for version, (act, who) in enumerate((("collection", "nurse_b"), ("receipt", technician)), start=1):
        done = await client.post(f"{path}/{act}", {}, as_=who, version=version)
        assert done.status_code == 200, done.text
    entered = await client.put(f"{path}/results", {"results": [{"test": "K", "value": 6.9}]}, as_=technician)
    assert entered.status_code == 200, entered.text
    await client.post(f"{path}/technical-release", {}, as_=technician)
    [result] = (await client.get(path, as_=technician)).json()["results"]
    return {
        "order_id": order.json()["id"],
        "specimen_id": specimen["id"],
        "result_id": result["id"],
        "call_id": result["call_id"],
        "culture_id": await _culture(client, base),
        "bench": "nowhere",
        "test_code": "NONE",
    }


async def _pharmacy_rows(client: Client, medicine_id: str) -> dict[str, str]:
    """A dispensing of B from a store of B; the list is nobody's, so none is named."""
    order = {"id": medicine_id}
    verified = await pharmacy.decide(client, order, "verification", "pharmacist_b", words=f"{CANARY}REMARK")
    assert verified.status_code == 200, verified.text
    store, product, _ = await pharmacy.stocked(
        client, 40, letter="b", ingredient="paracetamol", form="tablet", unit="tablet"
    )
    given = await pharmacy.dispensed(client, order, store, product, 8, who="pharmacist_b")
    assert given.status_code == 201, given.text
    return {"dispense_id": given.json()["id"], "which": "nowhere"}


async def _stock_rows(client: Client, ward_id: str) -> dict[str, str]:
    """Stores of B, a lot in the first of them, a transfer on its way, a draft of an order, and what a ward asked for."""
    who = "pharmacist_b"

    async def made(path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await client.post(f"/stock{path}", body, as_=who)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    stores = [await made("/stores", {"name": f"{CANARY}STORE{n}", "kind": "pharmacy"}) for n in "AB"]
    product = await made(
        "/products",
        {"ingredient": "ibuprofen", "form": "tablet", "strength": f"{CANARY}MG", "unit": "tablet", "pack_quantity": 10},
    )
    arrived = {"product_id": product["id"], "lot": f"{CANARY}LOT", "expires_on": "2036-01-01", "quantity": 30}
    lot = await made(f"/stores/{stores[0]['id']}/receipts", arrived)
    ward = await _ward_stock_rows(client, ward_id, product["id"])
    sent = {"to_store_id": ward["ward_store_id"], "lots": [lot["id"]], "quantities": [2]}
    transfer = await made(f"/stores/{stores[0]['id']}/transfers", sent)
    supplier = await made("/suppliers", {"name": f"{CANARY}SUPPLIER"})
    order = {
        "supplier_id": supplier["id"],
        "store_id": stores[0]["id"],
        "products": [product["id"]],
        "quantities": [20],
    }
    return {
        "store_id": stores[0]["id"],
        "other_store_id": stores[1]["id"],
        "product_id": product["id"],
        "lot_id": lot["id"],
        "transfer_id": transfer["id"],
        "purchase_id": (await made("/orders", order))["id"],
        "supplier_id": supplier["id"],
        **ward,
    }


async def _ward_stock_rows(client: Client, ward_id: str, product_id: str) -> dict[str, str]:
    cupboard = {"name": f"{CANARY}CUPBOARD", "kind": "ward", "ward_id": ward_id}
    place = (await client.post("/stock/stores", cupboard, as_="pharmacist_b")).json()["id"]
    body = {"store_id": place, "product_id": product_id, "quantity": 5, "note": f"{CANARY}NOTE"}
    asked = await client.post(f"/wards/{ward_id}/stock/requests", body, as_="nurse_b")
    assert asked.status_code == 200, asked.text
    return {"ward_store_id": place, "request_id": asked.json()["id"]}


async def _culture(client: Client, base: str) -> str:
    """A culture of B that was asked for."""
    order = await client.post(f"{base}/lab-orders", {"tests": ["UCULT"]}, as_="doctor_b")
    specimen = order.json()["specimens"][0]["id"]
    return (await client.get(f"/specimens/{specimen}", as_="laboratory_technician_b")).json()["results"][0]["id"]


def leaked(text: str) -> list[str]:
    """The marked words in an answer; what the caller typed themselves does not count."""
    return re.findall(rf"{CANARY}[A-Z]+", text, flags=re.IGNORECASE)


def path_of(route: Route, ids: dict[str, str]) -> str:
    """The route's address for these rows; a parameter that `fill` does not know is a mistake of this test."""
    return re.sub(r"\{(\w+)\}", lambda m: ids[m[1]], route.path)


def body_of(route: Route, ids: dict[str, str]) -> Any:
    """A body that would be right if the row were the caller's own."""
    body = BODIES.get(f"{route.method} {route.path}", {})
    return {name: _filled(value, ids) for name, value in body.items()}


def _filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_filled(each, ids) for each in value]
    return ids[value[1:]] if isinstance(value, str) and value.startswith("@") else value


def roles_for(route: Route) -> list[str]:
    """The roles of hospital A that hold the route's permission (network-wide ones apart: B is in their reach)."""
    from wardline.identity.permissions import OF_ROLE

    local = (
        "hospital_administrator",
        "hospital_manager",
        "doctor",
        "nurse",
        "pharmacist",
        "laboratory_technician",
        "receptionist",
    )
    anyone = isinstance(route.needs, Anonymous)
    return [role for role in local if anyone or route.needs in OF_ROLE[role]]


_FILTER = re.compile(r"(?<![\w.])(?:\w+\.)?hospital_id = \$(\d+)")


@contextmanager
def without_application_filter(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Every statement of the application with its `hospital_id = $n` replaced by something always true."""
    plain = db.Db.fetch
    plain_value = db.Db.fetchval

    def open_up(sql: str) -> str:
        return _FILTER.sub(lambda m: f"(${m[1]}::uuid IS NOT NULL)", sql)

    async def fetch(self: db.Db, sql: str, *args: Any) -> Any:
        return await plain(self, open_up(sql), *args)

    async def fetchval(self: db.Db, sql: str, *args: Any) -> Any:
        return await plain_value(self, open_up(sql), *args)

    with monkeypatch.context() as patch:
        patch.setattr(db.Db, "fetch", fetch)
        patch.setattr(db.Db, "fetchval", fetchval)
        yield


def known(ids: dict[str, str]) -> set[UUID]:
    return {UUID(value) for name, value in ids.items() if name.endswith("_id")}
