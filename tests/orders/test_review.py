"""The rules as the hospital sees them: signed off or not, and how often somebody went past each."""

from typing import Any
from uuid import UUID

import pytest

from tests.client import Client
from tests.lab import way
from tests.prescribing import cards_of
from wardline.orders import knowledge

DIGEST = knowledge.load().digest


async def put(client: Client, what: str, who: str, **change: Any) -> Any:
    body = {"digest": DIGEST, "words": "Tried on 40 cases of our own"} | change
    return await client.post(f"/medicines/checks/{what}", body, as_=who)


async def sources(client: Client, person: str, who: str = "doctor_b") -> list[str]:
    lines = {"lines": ["phenelzine 15 mg po tds", "sertraline 50 mg po od"]}
    answer = await client.post(f"/patients/{person}/medicines/preview", lines, as_=who)
    return [
        card["source"]["label"]
        for line in answer.json()["lines"]
        for card in line["cards"]
        if card["indicator"] == "critical"
    ]


async def test_until_the_hospital_signs_every_card_says_so(client: Client) -> None:
    world = client.world
    person = str(await world.patient(world.b, family="Quill"))
    await world.stay(world.b, UUID(person))
    assert all("has not signed these rules off" in label for label in await sources(client, person))
    signed = await put(client, "signature", "pharmacist_b")
    assert signed.status_code == 200, signed.text
    assert signed.json()["signed"] is True
    found = await sources(client, person)
    assert found
    assert not any("has not signed" in label for label in found)
    back = await put(client, "withdrawal", "pharmacist_b", words="A mistake was found in a rule")
    assert back.json()["signed"] is False
    assert [each["state"] for each in back.json()["signatures"][:2]] == ["withdrawn", "signed"]
    assert any("has not signed" in label for label in await sources(client, person))


async def test_only_what_was_read_is_signed(client: Client) -> None:
    assert (await put(client, "signature", "pharmacist_a", digest="0" * 16)).status_code == 422


@pytest.mark.parametrize(("who", "status"), [("doctor_a", 403), ("nurse_a", 403), ("hospital_administrator_a", 200)])
async def test_who_signs(client: Client, who: str, status: int) -> None:
    assert (await put(client, "signature", who)).status_code == status


async def test_the_page_shows_every_rule_with_its_source(client: Client) -> None:
    page = await client.get("/medicines/checks", as_="pharmacist_a", html=True)
    assert page.status_code == 200, page.text
    assert "Phansalkar" in page.text
    assert "Sanoski" in page.text
    assert "fluoxetine" in page.text
    assert "Content" in page.text
    assert (await client.get("/medicines/checks", as_="nurse_a")).status_code == 403


async def test_what_was_gone_past_is_counted_by_rule_and_reason(client: Client) -> None:
    person = await way.patient_of(client)
    path, body = f"/patients/{person}/medicines", {"lines": ["phenelzine 15 mg po tds", "pethidine 50 mg im stat"]}
    before = await counted(client)
    shown = await cards_of(client, path, body, as_="doctor_a")
    answers = {"confirmed": True, "shown": shown, "reason": "specialist", "words": "Pain team"}
    assert (await client.post(path, body | answers, as_="doctor_a")).status_code in (200, 201)
    after = await counted(client)
    assert after["shown"] >= before["shown"] + 2
    assert after["reasons"]["specialist"] >= before["reasons"]["specialist"] + 2
    assert after["override_percent"] == 100
    page = await client.get("/medicines/overrides", as_="hospital_administrator_a", html=True)
    assert "Serotonergic opioid or dextromethorphan with an MAO inhibitor" in page.text
    assert "One in" in page.text


async def counted(client: Client) -> dict[str, Any]:
    answer = await client.get("/medicines/overrides", as_="pharmacist_a")
    assert answer.status_code == 200, answer.text
    found = [each for each in answer.json()["items"] if each["rule"] == "opioid_mao"]
    return found[0] if found else {"shown": 0, "reasons": {"specialist": 0}}


async def test_a_period_has_an_end_and_no_other_hospital(client: Client) -> None:
    past = await client.get("/medicines/overrides?since=2020-01-01&until=2020-01-31", as_="pharmacist_a")
    assert past.json()["items"] == []
    assert past.json()["one_in"] is None
    for wrong in ("since=2026-02-01&until=2026-01-01", "since=2000-01-01&until=2026-01-01"):
        assert (await client.get(f"/medicines/overrides?{wrong}", as_="pharmacist_a")).status_code == 422
    assert (await client.get("/medicines/overrides", as_="nurse_a")).status_code == 403
