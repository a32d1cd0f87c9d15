"""The page that says how Wardline is doing."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from tests.client import Client, running
from tests.database import TestDatabase
from wardline.desk import status_routes
from wardline.desk.status_models import Hour
from wardline.desk.status_rules import (
    ELSE,
    PARTS,
    checks,
    drawing,
    duration_words,
    headline,
    part_of,
    parts,
    speed,
    totals,
    troubles,
)
from wardline.platform.http.routes import ROUTES
from wardline.platform.jobs import LEADER_LOCK
from wardline.platform.metrics import BOUNDS_SECONDS
from wardline.platform.responses import CELLS, Answered, Incident

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def counts(**within: int) -> list[int]:
    """`ms5=3`: three answers within 5 ms and more than the bound before."""
    cells = [0] * CELLS
    for name, count in within.items():
        cells[BOUNDS_SECONDS.index(int(name.removeprefix("ms")) / 1000)] = count
    return cells


def test_every_part_names_routes_that_exist() -> None:
    names = {route.name for route in ROUTES}
    slices = {name.partition(".")[0] for name in names}
    assert [name for group in PARTS.values() for name in group if name not in names | slices] == []
    parted = {part_of(name) for name in names}
    assert parted == {*PARTS, ELSE}


@pytest.mark.parametrize(
    ("route", "words"),
    [
        ("beds.ward_board", "Ward board"),
        ("beds.bed_board", "Bed board"),
        ("vitals.record", "Saving observations"),
        ("vitals.observations", "Observation charts"),
        ("admin.staff_routes.person", "Administration"),
        ("identity.password_page", ELSE),
        ("unmatched", ELSE),
    ],
)
def test_a_route_belongs_to_one_part(route: str, words: str) -> None:
    assert part_of(route) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0042, "4.2 ms"), (0.0434, "43 ms"), (0.34, "340 ms"), (1.23, "1.2 s"), (10.0, "over 10 s")],
)
def test_a_time_is_said_as_people_say_it(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words


@pytest.mark.parametrize(
    ("cells", "state"),
    [
        (counts(), "none"),
        (counts(ms50=100), "promised"),
        (counts(ms50=94, ms75=6), "slower"),
        (counts(ms100=94, ms150=6), "slow"),
    ],
)
def test_a_speed_stands_beside_the_promise(cells: list[int], state: str) -> None:
    assert speed(cells).state == state


def test_the_routes_of_a_part_are_one_row_and_all_pages_come_first() -> None:
    rows = [
        Answered("", NOON, counts(ms5=7, ms200=3), 0, 0),
        Answered("beds.ward_board", NOON, counts(ms5=4), 0, 0),
        Answered("beds.wards", NOON, counts(ms5=3), 0, 0),
        Answered("vitals.record", NOON, counts(ms200=3), 0, 0),
    ]
    found = parts(totals([]), totals(rows[:2]), totals(rows))
    assert [part.words for part in found] == ["All pages", "Ward board", "Saving observations"]
    assert [part.week.requests for part in found] == [10, 7, 3]
    assert [part.now.state for part in found] == ["none", "none", "none"]
    assert found[2].week.words == "198 ms"


def test_the_headline_says_what_needs_attention() -> None:
    recent = Answered("", NOON, counts(ms5=90), 3, 10)
    (whole,) = parts(totals([recent]), totals([]), totals([]))
    bad = checks(listening=False, leading=False, database_seconds=0.0004, recent=recent)
    assert [check.ok for check in bad] == [False, True, False, False, False]
    assert [check.detail for check in bad][1:4:2] == [
        "In 0.4 ms.",
        "10 of 100 were asked to try again in the last five minutes.",
    ]
    assert headline(whole, bad).startswith("Something needs attention: “Changes reach the screens”, “Reminders")
    good = checks(
        listening=True, leading=True, database_seconds=0.0004, recent=Answered("", NOON, counts(ms5=90), 0, 0)
    )
    assert all(check.ok for check in good)
    assert headline(whole, good) == "Everything runs as promised: 95 of 100 answers within 4.9 ms."


def test_troubles_are_told_in_words() -> None:
    found = troubles(
        [
            Incident("slow", NOON, NOON + timedelta(minutes=9), 0.34),
            Incident("refused", NOON, NOON + timedelta(minutes=1), 0.125),
            Incident("silent", NOON, NOON + timedelta(minutes=5), 1.0),
        ],
        NOON + timedelta(minutes=10),
    )
    assert [(each.words, each.lasting) for each in found] == [
        ("Pages were slow: 95 of 100 took up to 340 ms.", True),
        ("Up to 12 % of all requests were asked to try again.", False),
        ("Nothing was answered: the service was stopped, or could not reach its database.", False),
    ]


def test_the_line_of_the_week_has_a_gap_where_nothing_was_counted() -> None:
    midnight = NOON.replace(hour=0)
    first = midnight - timedelta(days=6)
    at = [0, 1, 2, 5, 9, 10]
    week = [Hour(first + timedelta(hours=hours), 10, 50.0 if hours != 10 else 900.0) for hours in at]
    drawn = drawing([*week, Hour(first + timedelta(hours=11), 0, None)], midnight)
    assert drawn.top_ms == 500
    assert drawn.lines == ["0.5,90.0 1.5,90.0 2.5,90.0", "9.5,90.0 10.5,0.0"]
    assert drawn.dots == [(5.5, 90.0)]
    assert drawn.promise_y == 90.0
    assert drawn.days == ["Wed 18", "Thu 19", "Fri 20", "Sat 21", "Sun 22", "Mon 23", "Tue 24"]


@pytest.fixture
async def remembered(fresh_database: TestDatabase, tmp_path: Path) -> AsyncIterator[Client]:
    """An application that remembers a minute, an hour and a day of the ward board, and adds nothing of its own; and a
    worker's lock, held."""
    status_routes._kept.clear()
    async with running(fresh_database, tmp_path) as client:
        assert client.app.minutes._task is not None
        client.app.minutes._task.cancel()
        connection = await asyncpg.connect(fresh_database.owner)
        await connection.execute("SELECT pg_advisory_lock($1)", LEADER_LOCK)
        await connection.execute("DELETE FROM platform.response")
        for span in ("minute", "hour", "day"):
            await connection.execute(
                "INSERT INTO platform.response SELECT $1, date_trunc($1, now()), r, $2, 1.0, 0, 0 "
                "FROM unnest(ARRAY['', 'beds.ward_board']) r",
                span,
                counts(ms20=100),
            )
        await connection.execute(
            "INSERT INTO platform.incident (kind, began_at, ended_at, worst) "
            "VALUES ('slow', now() - interval '2 hours', now() - interval '1 hour', 0.34)"
        )
        yield client
        await connection.close()
    status_routes._kept.clear()


async def test_everybody_on_the_staff_reads_it(remembered: Client) -> None:
    for who in ("nurse_a", "receptionist_a", "doctor_b", "network_administrator_a"):
        page = await remembered.get("/status", as_=who)
        assert page.status_code == 200
        body = page.json()
        board = next(part for part in body["parts"] if part["words"] == "Ward board")
        assert [board[span]["words"] for span in ("now", "today", "week")] == ["20 ms"] * 3
        assert board["now"]["state"] == "promised"
        assert {check["words"]: check["ok"] for check in body["checks"]}["Reminders and escalations run"]
        assert body["troubles"][0]["words"] == "Pages were slow: 95 of 100 took up to 340 ms."
    assert (await remembered.get("/status")).status_code == 401


async def test_the_page_says_it_in_plain_words(remembered: Client) -> None:
    page = await remembered.get("/status", as_="nurse_a", html=True)
    assert page.status_code == 200
    for words in (
        "How Wardline is doing",
        "Ward board",
        "20 ms",
        "As promised",
        "What went wrong in 7 days",
        "Look again",
    ):
        assert words in page.text
    assert "Pages were slow: 95 of 100 took up to 340 ms." in page.text


async def test_the_palette_finds_it_for_everybody(client: Client) -> None:
    for who in ("nurse_a", "pharmacist_a"):
        found = (await client.get("/palette?q=slow", as_=who)).json()["items"]
        assert [act["href"] for act in found] == ["/status"]
