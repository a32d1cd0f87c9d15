"""An order for one day of the week at one time of the day, from the line that a doctor types to the dose that a nurse sees."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.client import Client
from tests.mar.bedside import bed, change, chart, give, moved, order, scans


async def wall(client: Client, *, minutes: int) -> datetime:
    """So many minutes from now, on the clock of the ward, to the minute."""
    async with client.world.owner() as db:
        zone = ZoneInfo(await db.fetchval("SELECT time_zone FROM identity.hospital WHERE id = $1", client.world.a.id))
    return (datetime.now(UTC) + timedelta(minutes=minutes)).astimezone(zone).replace(second=0, microsecond=0)


async def doses(client: Client, made: dict[str, str], patient: str) -> list[datetime]:
    await client.get(patient + "/given", as_="nurse_a")
    async with client.world.owner() as db:
        rows = await db.fetch("SELECT due_at FROM mar.dose WHERE medicine_id = $1 AND state = 'due'", UUID(made["id"]))
    return sorted(row["due_at"] for row in rows)


async def test_a_dose_is_due_on_its_day_at_its_time_and_nothing_before(client: Client) -> None:
    at, soon, later = await bed(client), await wall(client, minutes=180), await wall(client, minutes=72 * 60)
    soon_line = f"alendronic acid 70 mg po once a week on {soon:%A} at {soon:%H:%M}"
    near = await order(client, at, soon_line)
    far = await order(client, at, f"methotrexate 10 mg po weekly on {later:%A}")
    assert await doses(client, near, at.path) == [soon]
    assert await doses(client, far, at.path) == []
    page = await client.get(f"{at.path}/given", as_="nurse_a", html=True)
    assert f"once a week on {soon:%A} at {soon:%H:%M}" in page.text
    assert f"once a week on {later:%A}" in page.text


async def test_a_changed_day_keeps_the_week(client: Client) -> None:
    """Given today and changed to tomorrow: not due tomorrow, but a week later."""
    at, today, soon = await bed(client), await wall(client, minutes=30), await wall(client, minutes=20 * 60)
    made = await order(client, at, f"alendronic acid 70 mg po weekly on {today:%A} at {today:%H:%M}")
    dose = next(each for each in (await chart(client, at))["doses"] if each["medicine_id"] == made["id"])
    answer = await give(client, dose, scans(at, dose))
    assert answer.status_code == 200, answer.text
    line = f"alendronic acid 70 mg po weekly on {soon:%A} at {soon:%H:%M}"
    changed = await change(client, made, "change", {"line": line, "why": "Clinic day"})
    assert await doses(client, changed, at.path) == []


async def test_a_weekly_drug_that_is_ordered_anew_for_another_day_keeps_the_week(client: Client) -> None:
    """Given by one order, which is stopped: the order after it, for tomorrow, is not due tomorrow."""
    at, today, soon = await bed(client), await wall(client, minutes=30), await wall(client, minutes=20 * 60)
    made = await order(client, at, f"alendronic acid 70 mg po weekly on {today:%A} at {today:%H:%M}")
    dose = next(each for each in (await chart(client, at))["doses"] if each["medicine_id"] == made["id"])
    answer = await give(client, dose, scans(at, dose))
    assert answer.status_code == 200, answer.text
    await change(client, made, "stop", {"reason": "Clinic day"})
    anew = await order(client, at, f"alendronic acid 70 mg po weekly on {soon:%A} at {soon:%H:%M}")
    assert await doses(client, anew, at.path) == []


async def test_a_dose_that_was_given_is_not_due_again_at_a_changed_time(client: Client) -> None:
    """One of two was given, then the times are moved by an hour: the second is due, and the first is not due twice."""
    at, first, second = await bed(client), await wall(client, minutes=10), await wall(client, minutes=13 * 60)
    near, far = first + timedelta(hours=1), second + timedelta(hours=1)
    made = await order(client, at, f"amoxicillin 500 mg po bd at {first:%H:%M} and {second:%H:%M}")
    dose = next(each for each in (await chart(client, at))["doses"] if each["medicine_id"] == made["id"])
    answer = await give(client, dose, scans(at, dose))
    assert answer.status_code == 200, answer.text
    line = f"amoxicillin 500 mg po bd at {near:%H:%M} and {far:%H:%M}"
    changed = await change(client, made, "change", {"line": line, "why": "Rounds"})
    assert await doses(client, changed, at.path) == [far]


async def test_a_dose_that_came_late_keeps_the_next_one_away(client: Client) -> None:
    """One of three was due more than five hours ago and is given now: the changed line is not due again within the hour."""
    at, hours = await bed(client), [await wall(client, minutes=minutes) for minutes in (10, 490, 970)]
    made = await order(client, at, f"amoxicillin 500 mg po tds at {', '.join(f'{each:%H:%M}' for each in hours)}")
    dose = next(each for each in (await chart(client, at))["doses"] if each["medicine_id"] == made["id"])
    await moved(client, dose, -330)
    answer = await give(client, dose, scans(at, dose, time_reason="Was in theatre"))
    assert (answer.status_code, answer.json().get("timing")) == (200, "late"), answer.text
    near, *later = [each + timedelta(minutes=45) for each in hours]
    line = f"amoxicillin 250 mg po tds at {', '.join(f'{each:%H:%M}' for each in (near, *later))}"
    changed = await change(client, made, "change", {"line": line, "why": "Rounds"})
    assert await doses(client, changed, at.path) == later


async def test_times_that_are_changed_while_an_order_is_held_are_due_when_it_goes_on(client: Client) -> None:
    at, first, second = await bed(client), await wall(client, minutes=60), await wall(client, minutes=120)
    made = await order(client, at, f"amlodipine 5 mg po od at {first:%H:%M}")
    assert await doses(client, made, at.path) == [first]
    held = await change(client, made, "hold", {"reason": "Low pressure"})
    changed = await change(
        client, held, "change", {"line": f"amlodipine 5 mg po od at {second:%H:%M}", "why": "Rounds"}
    )
    assert await doses(client, changed, at.path) == [second]


async def test_a_dose_is_made_of_an_order_that_was_stored_in_the_next_minute(client: Client) -> None:
    at = await bed(client)
    made = await order(client, at, "furosemide 40 mg po stat")
    async with client.world.owner() as db:
        await db.execute(
            "UPDATE orders.medicine SET prescribed_at = date_trunc('minute', now()) - interval '100 ms',"
            " created_at = date_trunc('minute', now()) + interval '20 ms' WHERE id = $1",
            UUID(made["id"]),
        )
    assert [dose["medicine_id"] for dose in (await chart(client, at))["doses"]] == [made["id"]]


async def test_a_line_that_says_two_things_is_not_signed(client: Client) -> None:
    at = await bed(client)
    answer = await client.post(f"{at.path}/medicines", {"lines": ["warfarin 3 mg po bd at 18:00"]}, as_="doctor_a")
    assert answer.status_code == 422
    assert "Twice a day, and 1 time of day" in answer.text
