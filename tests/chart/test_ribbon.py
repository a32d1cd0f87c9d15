"""The last day on one axis: doses and results beside the scores."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.client import Client
from tests.lab.way import final, measured, patient_of, step
from tests.mar.bedside import bed, change, chart, give, moved, order, scans, stat
from wardline.chart.ribbon import Axis, Released, dose_marks, result_marks, ribbon
from wardline.mar.public import DoneMedicine

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
AXIS = Axis(NOON, "Europe/London")


def done(minutes_ago: int, kind: str, words: str) -> DoneMedicine:
    return DoneMedicine(NOON - timedelta(minutes=minutes_ago), kind, words)


# --- pure --------------------------------------------------------------------------------------------------------------
def test_doses_of_one_round_are_one_mark_and_an_overdue_one_is_never_hidden_in_it() -> None:
    marks = dose_marks(
        [
            done(200, "given", "paracetamol 1 g"),
            done(195, "overdue", "apixaban 5 mg"),
            done(190, "given", "bisoprolol 5 mg"),
            done(185, "self", "salbutamol 2 puffs"),
            done(150, "given", "furosemide 40 mg"),
        ],
        AXIS,
    )
    assert [(mark.kind, mark.words) for mark in marks] == [
        ("given", "08:40 to 08:50 given: paracetamol 1 g, bisoprolol 5 mg"),
        ("given", "08:55 taken by the patient: salbutamol 2 puffs"),
        ("given", "09:30 given: furosemide 40 mg"),
        ("overdue", "08:45 overdue: apixaban 5 mg"),
    ]


def test_results_of_one_time_have_the_shape_of_the_worst() -> None:
    at = NOON - timedelta(hours=3)
    released = [
        Released(at, 12, 0, 1, "Sodium 130 low"),
        Released(at + timedelta(minutes=10), 1, 1, 0, "Potassium 6.9 critically high"),
        Released(at + timedelta(hours=1), 4, 0, 0, None),
    ]
    assert [(mark.kind, mark.words) for mark in result_marks(released, AXIS)] == [
        ("critical", "09:00 to 09:10 13 results: Sodium 130 low, Potassium 6.9 critically high"),
        ("plain", "10:00 4 results"),
    ]
    said = ribbon([], [done(5, "held", "metformin 500 mg")], released, NOON, "Europe/London").words
    assert said == ("No NEWS2 score in the last 24 hours. Doses: 1 held back. Results: 17, 1 critical, 1 out of range.")
    assert ribbon([], [], [], NOON, "Europe/London").words.endswith("No doses. No results.")


# --- through the front door --------------------------------------------------------------------------------------------
async def lanes(client: Client, path: str, who: str = "doctor_a") -> dict[str, Any]:
    answer = await client.get(path, as_=who)
    assert answer.status_code == 200, answer.text
    return answer.json()["ribbon"]


async def test_a_dose_stands_there_when_it_is_overdue_given_and_no_longer_when_that_was_a_mistake(
    client: Client,
) -> None:
    at = await bed(client)
    dose = await stat(client, at)
    await moved(client, dose, -90)
    dose = next(each for each in (await chart(client, at))["doses"] if each["id"] == dose["id"])
    late = (await lanes(client, at.path))["doses"]
    assert [mark["kind"] for mark in late] == ["overdue"]
    assert late[0]["words"].endswith("overdue: furosemide 40 mg")
    given = await give(client, dose, scans(at, dose, time_reason="Was in theatre"))
    assert given.status_code == 200, given.text
    marks = (await lanes(client, at.path))["doses"]
    assert [(mark["kind"], mark["words"].split(" ", 1)[1]) for mark in marks] == [("given", "given: furosemide 40 mg")]
    page = await client.get(at.path, as_="nurse_a", html=True)
    assert "given: furosemide 40 mg</title>" in page.text
    assert "Doses: 1 given." in page.text
    path = f"/administrations/{given.json()['id']}/correction"
    wrong = await client.post(path, {"reason": "Wrong patient's chart"}, as_="nurse_a", version=1)
    assert wrong.status_code == 200, wrong.text
    assert [mark["kind"] for mark in (await lanes(client, at.path))["doses"]] == ["overdue"]


async def test_not_given_stands_there_as_such_and_what_is_not_due_yet_does_not(client: Client) -> None:
    at = await bed(client)
    dose = await stat(client, at)
    await moved(client, dose, 30)
    dose = next(each for each in (await chart(client, at))["doses"] if each["id"] == dose["id"])
    assert (await lanes(client, at.path))["doses"] == []
    refused = await client.post(
        f"/doses/{dose['id']}/not-given", {"reason": "refused"}, as_="nurse_a", version=dose["version"]
    )
    assert refused.status_code == 200, refused.text
    marks = (await lanes(client, at.path))["doses"]
    assert [(mark["kind"], mark["words"].split(" ", 1)[1]) for mark in marks] == [
        ("not_given", "not given: furosemide")
    ]


async def test_a_stopped_order_leaves_nothing_overdue(client: Client) -> None:
    at = await bed(client)
    made = await order(client, at, "bisoprolol 5 mg po od")
    dose = next(each for each in (await chart(client, at))["doses"] if each["medicine_id"] == made["id"])
    await moved(client, dose, -120)
    assert [mark["kind"] for mark in (await lanes(client, at.path))["doses"]] == ["overdue"]
    await change(client, made, "stop")
    assert (await lanes(client, at.path))["doses"] == []


async def test_a_result_stands_there_once_the_ward_may_see_it_and_no_longer_when_it_is_withdrawn(
    client: Client,
) -> None:
    person = await patient_of(client)
    path = f"/patients/{person}"
    sodium = await measured(client, person, "NA", 130)
    assert (await lanes(client, path))["results"] == []
    released = (await step(client, sodium, "clinical-release")).json()
    marks = (await lanes(client, path))["results"]
    assert [(mark["kind"], mark["words"].split(" ", 1)[1]) for mark in marks] == [("out", "1 result: Sodium 130 low")]
    await measured(client, person, "K", 7.1)  # critical: from the technical release on
    marks = (await lanes(client, path))["results"]
    assert [mark["kind"] for mark in marks] == ["critical"]
    assert "Potassium 7.1 critically high" in marks[0]["words"]
    gone = await step(client, released, "withdrawal", body={"reason": "Wrong patient's tube"})
    assert gone.status_code == 200, gone.text
    marks = (await lanes(client, path))["results"]
    assert [mark["words"].split(" ", 1)[1] for mark in marks] == ["1 result: Potassium 7.1 critically high"]
    await final(client, person, "K", 4.2)
    assert [mark["kind"] for mark in (await lanes(client, path))["results"]] == ["critical"]


async def test_whoever_may_not_read_the_chart_has_no_ribbon(client: Client) -> None:
    at = await bed(client)
    await give(client, dose := await stat(client, at), scans(at, dose))
    assert await lanes(client, at.path, "receptionist_a") is None
    page = await client.get(at.path, as_="receptionist_a", html=True)
    assert "furosemide" not in page.text
