"""A chart that is read again renders only what changed, and shows what was committed, to each reader what is theirs."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.client import Client
from tests.queries import queries_at_most
from wardline.chart import keeping
from wardline.chart.keeping import KeptChart, Panel, chart_of
from wardline.identity.public import seal
from wardline.mar.public import DueMedicine
from wardline.patients.public import PatientScope
from wardline.platform import render
from wardline.platform.times import Moment

WELL = {"respiration_per_min": 16, "spo2_percent": 97, "on_oxygen": False, "systolic_mmhg": 124, "diastolic_mmhg": 76,
        "pulse_per_min": 80, "consciousness": "A", "temperature_celsius": 36.8}  # fmt: skip


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the panels that are rendered from here on."""
    names: list[str] = []
    one: Callable[..., str] = render.Rows._one

    def noted(self: render.Rows, row: Any, template: str, variant: Any, at: Moment) -> str:
        kept = self._young.get(id(row)) or self._old.get(id(row))
        if kept is None or kept[0] is not row or variant not in kept[1]:
            names.append(template)
        return one(self, row, template, variant, at)

    monkeypatch.setattr(render.Rows, "_one", noted)
    return names


async def page(client: Client, person: Any, *, as_: str) -> str:
    answer = await client.get(f"/patients/{person}", as_=as_, html=True)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_only_the_panel_that_changed_is_rendered_anew(client: Client, rendered: list[str]) -> None:
    person = await client.world.patient(client.world.a)
    await client.world.stay(client.world.a, person)
    await client.post(f"/patients/{person}/observations", WELL, as_="nurse_a")
    assert "No problem is recorded" in await page(client, person, as_="doctor_a")
    rendered.clear()
    await client.post(f"/patients/{person}/problems", {"display": "Gout of the left toe"}, as_="doctor_a")
    assert "Gout of the left toe" in await page(client, person, as_="doctor_a")
    assert [name for name in rendered if not name.startswith("chart/bar")] == ["chart/problems.html"]


async def test_every_change_is_on_the_next_page(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    await client.world.stay(client.world.a, person)
    home = f"/patients/{person}"
    before = await page(client, person, as_="doctor_a")
    assert "Allergies not recorded" in before
    for number in (80, 91, 102):
        sent = await client.post(f"{home}/observations", WELL | {"pulse_per_min": number}, as_="nurse_a")
        assert sent.status_code == 201, sent.text
        shown = await page(client, person, as_="doctor_a")
        assert re.search(rf'Pulse</th><td class="num">{number}</td>', shown), shown
    await client.post(f"{home}/allergies", {"substance": "Penicillin"}, as_="nurse_a")
    assert "Allergy: Penicillin" in await page(client, person, as_="doctor_a")


async def test_what_is_kept_for_one_reader_is_not_shown_to_another(client: Client) -> None:
    """A clinician's panels are kept; whoever may not read the chart gets none of them, another hospital nothing at all."""
    person = await client.world.patient(client.world.a)
    await client.world.stay(client.world.a, person)
    await client.post(f"/patients/{person}/problems", {"display": "Gout of the right toe"}, as_="doctor_a")
    assert "Gout of the right toe" in await page(client, person, as_="doctor_a")
    shown = await page(client, person, as_="receptionist_a")
    assert "Gout" not in shown
    assert "problems-title" not in shown
    assert (await client.get(f"/patients/{person}", as_="doctor_b", html=True)).status_code == 404
    bar = await page(client, person, as_="nurse_a")
    assert "Add observation" in bar
    assert "Add observation" not in shown


def test_a_panel_is_found_by_all_that_decides_it() -> None:
    chart = KeptChart(uuid4())
    first = chart.panel("notes", ["a"], lambda: ["A"])
    assert chart.panel("notes", ["a"], lambda: ["never made"]) is first
    assert chart.panel("notes", ["b"], lambda: ["B"]).of == ["B"]
    assert chart.panel("notes", None, list).of == []


def test_what_is_kept_is_rendered_anew_at_midnight() -> None:
    """Also where that comes at a quarter past elsewhere: a dose of yesterday must not read as one of today."""
    due_at = datetime(2026, 11, 27, 18, 5, tzinfo=UTC)  # 23:50 in Nepal
    dose = DueMedicine(
        id=uuid4(), name="aspirin", tall_man="aspirin", dose="75 mg", parts=[], due_at=due_at, state="due", critical=""
    )
    panel = Panel(uuid4(), [dose])
    before, after = (
        render.row("chart/due.html", panel, can=frozenset(), now=due_at + timedelta(minutes=n), zone="Asia/Kathmandu")
        for n in (6, 11)
    )
    assert ">23:50<" in before
    assert ">27-Nov 23:50<" in after


def test_the_charts_not_shown_for_longest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "CHARTS_MAX", 2)
    monkeypatch.setattr(keeping, "_charts", type(keeping._charts)())
    hospital = uuid4()
    scopes = [PatientScope(hospital_id=hospital, person_id=uuid4(), seal=seal()) for _ in range(3)]
    first = chart_of(scopes[0])
    chart_of(scopes[1])
    assert chart_of(scopes[0]) is first
    third = chart_of(scopes[2])
    assert len(keeping._charts) == 2
    assert chart_of(scopes[2]) is third
    other = PatientScope(hospital_id=uuid4(), person_id=scopes[2].person_id, seal=seal())
    assert chart_of(other) is not third


@pytest.mark.parametrize("below", ["", "/observations", "/medicines", "/given"])
async def test_a_connection_that_served_another_hospital_reads_this_one(client: Client, below: str) -> None:
    """Each page is opened and read by one statement, which sets whose rows are seen before it reads them."""
    world = client.world
    people = [(await world.patient(h), h, who) for h, who in ((world.a, "doctor_a"), (world.b, "doctor_b"))]
    for person, hospital, _ in people:
        await world.stay(hospital, person)
        async with world.owner() as db:
            await db.execute("UPDATE encounters.current SET isolation = 'droplet' WHERE person_id = $1", person)
    for _ in range(2):
        for person, _, who in people:
            answer = await client.get(f"/patients/{person}{below}", as_=who, html=True)
            assert answer.status_code == 200, answer.text
            assert f'data-person="{person}"' in answer.text
            assert "Droplet isolation" in answer.text  # of the stay, a row of the hospital's own
        for (person, _, _), (_, _, other) in zip(people, reversed(people), strict=True):
            assert (await client.get(f"/patients/{person}{below}", as_=other, html=True)).status_code == 404


async def test_a_page_that_the_browser_holds_is_not_sent_again_until_something_changed(client: Client) -> None:
    person = await client.world.patient(client.world.a)
    first = await client.get(f"/patients/{person}", as_="doctor_a", html=True)
    held = {"if-none-match": first.headers["etag"]}
    again = await client.get(f"/patients/{person}", as_="doctor_a", html=True, headers=held)
    assert again.status_code in (200, 304)  # 200 where half a minute has just ended
    await client.post(f"/patients/{person}/problems", {"display": "Gout of both toes"}, as_="doctor_a")
    changed = await client.get(f"/patients/{person}", as_="doctor_a", html=True, headers=held)
    assert changed.status_code == 200
    assert "Gout of both toes" in changed.text
    stale = {"if-none-match": changed.headers["etag"].replace("-", "-9", 1)}  # the same version, another half minute
    whole = await client.get(f"/patients/{person}", as_="doctor_a", html=True, headers=stale)
    assert whole.status_code == 200
    assert "Gout of both toes" in whole.text


async def test_the_summary_is_opened_and_read_by_one_statement(client: Client) -> None:
    """Also of a patient whom nothing has touched yet, whose topic has no version."""
    person = await client.world.patient(client.world.a)
    with queries_at_most(client, 4) as statements:
        await page(client, person, as_="doctor_a")
    assert sum("encounters.problem" in statement for statement in statements) == 1
    assert sum("set_config" in statement and "registration" in statement for statement in statements) == 1
