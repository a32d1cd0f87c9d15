"""The lively day: what people do at the front door is accepted there, and the day survives what is refused."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tests.database import TestServer
from tests.demo.conftest import front_door, network
from wardline.demo.accounts import PASSWORD
from wardline.demo.day import Day
from wardline.demo.dice import Dice
from wardline.demo.front_door import Answer, FrontDoor, NotReachable
from wardline.demo.lively import go_on
from wardline.demo.places import HOSPITALS
from wardline.demo.walk import GRAVE, Trend, next_set, next_trend
from wardline.vitals.limits import refusals
from wardline.vitals.models import Signs
from wardline.vitals.rules import score_set

STEPS, BED_STEPS = 50, 32


class DoorInProcess(FrontDoor):
    """The same front door without a socket: called from the day's thread, answered on the test's loop."""

    def __init__(self, client: httpx.AsyncClient, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__("http://127.0.0.1:1")
        self._http, self._loop, self.statuses = client, loop, list[int]()

    def _send(self, method: str, path: str, headers: dict[str, str], body: Any) -> tuple[Answer, float]:
        sent = {"accept": "application/json", **headers}
        asked = self._http.request(method, path, headers=sent, json=body)
        response = asyncio.run_coroutine_threadsafe(asked, self._loop).result(timeout=30)
        self.statuses.append(response.status_code)
        return Answer(response.status_code, response.json() if response.content else None), 0.0


async def test_a_day_goes_on(database_server: TestServer, tmp_path: Path):
    with network(database_server, tmp_path / "demo") as seeded:
        async with front_door(seeded, tmp_path / "web") as http:
            door = DoorInProcess(http, asyncio.get_running_loop())
            day = Day(door, Dice(5))
            happened = await asyncio.to_thread(go_on, day, 0.0, lambda _: None, steps=STEPS)
            beds = [await asyncio.to_thread(day._beds, HOSPITALS[0]) for _ in range(BED_STEPS)]
            laboratory = await asyncio.to_thread(a_specimen_goes_its_way, day)
            medicines = await asyncio.to_thread(a_doctor_goes_round, day)
            pharmacy = await asyncio.to_thread(a_pharmacist_works, day)
            rounds = await asyncio.to_thread(nurses_go_round, day)
            await asyncio.to_thread(nurses_go_round, day)
            again = await asyncio.to_thread(nurses_go_round, day)
        sets = int(str(seeded.value("SELECT count(*) FROM vitals.observation_set")))
    assert len(happened) >= 3, happened
    assert {"bed given", "admission"} <= set(beds), beds
    assert {"tests ordered", "specimen collected", "specimen received", "results entered"} <= set(laboratory), (
        laboratory
    )
    assert {"medicine prescribed", "medicine stopped"} <= set(medicines), medicines
    assert "order verified" in pharmacy, pharmacy
    assert {"dispensed", "left to the ward"} & pharmacy.keys(), pharmacy
    assert not [what for what in (*pharmacy, *rounds) if "refused" in what], (pharmacy, rounds)
    assert again == {}, again
    assert max(door.statuses) < 500
    assert not [status for status in door.statuses if status in (400, 403, 404, 428)]
    assert sets - seeded.counts["vitals.observation_set"] == happened["observations"]


def a_specimen_goes_its_way(day: Day) -> list[str]:
    """What happens when the demo's laboratory has all the time."""
    plan = HOSPITALS[0]
    visit = None
    while visit is None or not visit.patients:
        visit = day._visit(plan)
    done = [day._lab.order(visit.doctor, visit.patients[0]) for _ in range(2)]
    done += [day._lab.collect(visit.nurse, visit.board["ward"]["id"]) or ("", 200) for _ in range(4)]
    done += [day._lab.work(plan.domain) or ("", 200) for _ in range(24)]
    return [what for what, status in done if status < 300]


def a_doctor_goes_round(day: Day) -> list[str]:
    """What happens to medicines when the demo's doctor has all the time."""
    visit = None
    while visit is None or not visit.patients:
        visit = day._visit(HOSPITALS[0])
    done = [day._medicines.round(visit.doctor, patient) or ("", 200) for patient in visit.patients[:12]]
    return [what for what, status in done if status < 300]


def a_pharmacist_works(day: Day) -> Counter[str]:
    """What happens at the queue of the first hospital when the pharmacist has all the time."""
    done = [day._pharmacists.work(HOSPITALS[0].domain) or ("", 200) for _ in range(60)]
    return Counter(what if status < 300 else f"{what} refused ({status})" for what, status in done)


def nurses_go_round(day: Day) -> Counter[str]:
    """Every ward of the first hospital has its round."""
    counted: Counter[str] = Counter()
    plan = HOSPITALS[0]
    for number, ward_id in day._wards(plan).items():
        if number <= len(plan.wards):
            counted.update(day._drug_rounds.go_round(day._look(plan, number), ward_id))
    return counted


def test_a_server_that_is_away_is_waited_for():
    day = Day(FrontDoor("http://127.0.0.1:1"), Dice(1))
    pauses: list[float] = []
    assert go_on(day, 0.0, pauses.append, steps=3) == {}
    assert pauses == [2.0, 2.0, 2.0]
    with pytest.raises(NotReachable):
        day.step()


def test_a_worsening_patient_reaches_seven_and_recovers():
    dice, trend, taken = Dice(3), Trend.WORSE, dict[str, Any]()
    for _ in range(8):
        taken = next_set(dice, taken, trend)
    assert score(taken) >= 7
    for _ in range(14):
        taken = next_set(dice, taken, Trend.BETTER)
    assert score(taken) <= 4


def test_what_is_typed_is_never_impossible():
    dice, taken = Dice(4), dict[str, Any]()
    for number in range(400):
        taken = next_set(dice, taken, dice.one_of(list(Trend)) if number % 20 == 0 else Trend.WORSE)
        assert refusals(signs(taken)) == {}
    assert taken["respiration_per_min"] > GRAVE.respiration - 5


def test_who_is_attended_gets_better():
    assert next_trend(Dice(1), Trend.WORSE, news_score=8, is_attended=True) is Trend.BETTER
    assert next_trend(Dice(1), Trend.WORSE, news_score=8, is_attended=False) is Trend.WORSE
    assert next_trend(Dice(1), Trend.BETTER, news_score=1, is_attended=True) is Trend.STEADY


def score(typed: dict[str, Any]) -> int:
    return score_set(signs(typed)).total


def signs(typed: dict[str, Any]) -> Signs:
    return msgspec.convert(typed, Signs)


def test_the_password_is_long_enough_for_the_rules():
    assert len(PASSWORD) >= 12
