"""CDS Hooks through the front door: discovery, cards for drafts, feedback; and what is not understood is not left out."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.client import Client
from tests.prescribing import confirmed


@pytest.fixture
async def patient(client: Client) -> UUID:
    person = await client.world.patient(client.world.a, family=f"Hook {uuid4().hex[:6]}")
    await client.world.stay(client.world.a, person)
    return person


def draft(name: str, *, id_: str = "1", dose: float = 50, unit: str = "mg", code: str = "") -> dict[str, Any]:
    coding = [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": code}] if code else []
    return {
        "resource": {
            "resourceType": "MedicationRequest",
            "id": id_,
            "status": "draft",
            "intent": "order",
            "medicationCodeableConcept": {"text": name, "coding": coding},
            "dosageInstruction": [
                {
                    "route": {"text": "Oral"},
                    "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                    "doseAndRate": [{"doseQuantity": {"value": dose, "unit": unit}}],
                }
            ],
        }
    }


def asked(patient: UUID, *drafts: dict[str, Any], hook: str = "order-sign", selections: list[str] | None = None) -> Any:
    return {
        "hook": hook,
        "hookInstance": str(uuid4()),
        "context": {
            "userId": "Practitioner/1",
            "patientId": str(patient),
            "selections": selections or [],
            "draftOrders": {"resourceType": "Bundle", "entry": list(drafts)},
        },
    }


async def cards(client: Client, body: Any) -> list[dict[str, Any]]:
    answer = await client.post(f"/cds-services/{body['hook']}", body, as_="doctor_a", key="")
    assert answer.status_code == 200, answer.text
    return answer.json()["cards"]


async def test_the_services_are_listed(client: Client) -> None:
    listed = (await client.get("/cds-services", as_="doctor_a")).json()["services"]
    assert [service["hook"] for service in listed] == ["order-select", "order-sign"]
    assert (await client.get("/cds-services", as_="nurse_a")).status_code == 403


async def test_drafts_are_checked_against_each_other_and_against_what_stands(client: Client, patient: UUID) -> None:
    made = await cards(client, asked(patient, draft("sertraline"), draft("Nardil", id_="2")))
    critical = [card for card in made if card["indicator"] == "critical"]
    assert len(critical) == 2
    assert all(card["overrideReasons"] and card["source"]["label"] for card in critical)
    signed = await confirmed(
        client, f"/patients/{patient}/medicines", {"lines": ["phenelzine 15 mg po tds"]}, as_="doctor_a"
    )
    assert signed.status_code in (200, 201)
    made = await cards(client, asked(patient, draft("sertraline")))
    assert any(card["indicator"] == "critical" for card in made)


async def test_only_the_selected_drafts_are_answered(client: Client, patient: UUID) -> None:
    drafts = [draft("citalopram", dose=60), draft("ibuprofen", id_="2", dose=4000)]
    made = await cards(client, asked(patient, *drafts, hook="order-select", selections=["MedicationRequest/2"]))
    assert any("ibuprofen 4,000 mg" in card["summary"] for card in made)
    assert not any("citalopram 60" in card["summary"] for card in made)


async def test_a_code_finds_the_drug_and_an_unknown_name_is_not_checked(client: Client, patient: UUID) -> None:
    made = await cards(client, asked(patient, draft("some brand", code="2556", dose=60)))
    assert any("citalopram 60 mg" in card["summary"] for card in made)
    made = await cards(client, asked(patient, draft("dragonwort")))
    assert made[0]["summary"].startswith("not checked: ")
    made = await cards(client, asked(patient, draft("citalopram", unit="spoonfuls")))
    assert any("dose is not understood" in card["summary"] for card in made)


def timed(name: str, dose: float, **repeat: Any) -> dict[str, Any]:
    """A draft with this repetition, and no timing at all where none is given."""
    made = draft(name, dose=dose)
    (dosage,) = made["resource"]["dosageInstruction"]
    dosage["timing"] = {"repeat": repeat} if repeat else {}
    return made


async def test_a_day_is_counted_from_any_period(client: Client, patient: UUID) -> None:
    made = await cards(client, asked(patient, timed("citalopram", 20, frequency=21, period=1, periodUnit="wk")))
    assert any("citalopram 60 mg in one day" in card["summary"] for card in made)
    made = await cards(client, asked(patient, timed("citalopram", 20, frequency=1, period=8, periodUnit="h")))
    assert any("citalopram 60 mg in one day" in card["summary"] for card in made)
    made = await cards(client, asked(patient, timed("citalopram", 20, frequency=1, period=1, periodUnit="wk")))
    assert not any("in one day" in card["summary"] for card in made)


@pytest.mark.parametrize(
    "repeat",
    [
        {},
        {"frequency": 1, "period": 1, "periodUnit": "mo"},
        {"period": 1, "periodUnit": "d"},
        {"frequency": 1, "period": 1, "periodUnit": "d", "timeOfDay": ["08:00:00", "20:00:00"]},
    ],
)
async def test_a_timing_that_is_not_understood_asks(client: Client, patient: UUID, repeat: dict[str, Any]) -> None:
    made = await cards(client, asked(patient, timed("ondansetron", 4, **repeat)))
    (card,) = [card for card in made if "how often the order is given is not understood" in card["summary"]]
    assert card["indicator"] == "warning"
    assert card["overrideReasons"]


async def test_more_than_one_dosage_asks(client: Client, patient: UUID) -> None:
    made = draft("citalopram", dose=10)
    made["resource"]["dosageInstruction"] *= 2
    answered = await cards(client, asked(patient, made))
    assert any("more than one dosage" in card["summary"] and card["overrideReasons"] for card in answered)


@pytest.mark.parametrize("change", [{"hook": "patient-view"}, {"context": {}}, {"context": {"patientId": "x"}}])
async def test_what_is_no_request_is_refused(client: Client, patient: UUID, change: dict[str, Any]) -> None:
    answer = await client.post("/cds-services/order-sign", asked(patient) | change, as_="doctor_a", key="")
    assert answer.status_code == 422


async def test_another_hospitals_patient_is_not_there(client: Client, patient: UUID) -> None:
    answer = await client.post("/cds-services/order-sign", asked(patient, draft("sertraline")), as_="doctor_b", key="")
    assert answer.status_code == 404


async def test_feedback_is_stored(client: Client) -> None:
    card = str(uuid4())
    body = {
        "feedback": [
            {
                "card": card,
                "outcome": "overridden",
                "overrideReason": {"reason": {"code": "tolerated"}, "userComment": "Taken for years"},
                "outcomeTimestamp": "2026-11-26T12:00:00Z",
            }
        ]
    }
    answer = await client.post("/cds-services/order-sign/feedback", body, as_="doctor_a", key="")
    assert (answer.status_code, answer.json()) == (200, {"stored": 1})
    async with client.world.owner() as db:
        row = await db.fetchrow("SELECT outcome, reason, words FROM orders.feedback WHERE card = $1", UUID(card))
    assert tuple(row) == ("overridden", "tolerated", "Taken for years")
    refused = await client.post("/cds-services/order-sign/feedback", {"feedback": []}, as_="doctor_a", key="")
    assert refused.status_code == 422
