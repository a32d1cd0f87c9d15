"""Live views on a real database: who sees which change, once, in order, and when a stream ends."""

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest

from tests.database import TestDatabase
from tests.platform.shelves import TENANT, World, world
from wardline.platform.db import ANSWER_SECONDS_MAX, Db, seconds_max
from wardline.platform.errors import NotFound
from wardline.platform.live import Notifier, Pace, hub
from wardline.platform.live.feed import CHANGES_KEPT


@pytest.fixture
async def shelves(database: TestDatabase) -> AsyncIterator[World]:
    async with world(database) as made:
        yield made


@pytest.fixture
async def notifier(database: TestDatabase) -> AsyncIterator[Notifier]:
    made = Notifier(database.app)
    yield made
    await made.close()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - the code under test has no event for it
            await asyncio.sleep(0.01)


async def listening(shelves: World) -> None:
    await until(lambda: shelves.hub.listening)


async def test_a_change_reaches_a_watcher(shelves: World, notifier: Notifier):
    await listening(shelves)
    tab = shelves.tab(version=3)
    hello = await tab.event("hello")
    assert hello["versions"] == {shelves.topic: 3}
    version = await shelves.put_book(2, "Silas Marner")
    notifier.nudge({shelves.topic: version})
    changed = await tab.rows()
    assert changed == {
        "topic": shelves.topic,
        "version": version,
        "html": {"book-2": '<li id="book-2">Silas Marner</li>'},
    }


async def test_a_watcher_who_is_behind_gets_everything_at_once(shelves: World):
    tab = shelves.tab(version=1)
    rows = await tab.rows()
    assert rows["version"] == 3
    assert set(rows["html"]) == {"book-1", "book-2", "book-3", "count"}
    assert rows["order"] == {"place-top": ["book-1", "book-2", "book-3"]}
    assert rows["whole"]


async def test_rows_newer_than_their_version_come_to_whoever_joins_with_that_version(shelves: World):
    """A commit between the version and the rows is in the rows already: the next message would say nothing of it."""
    tab = shelves.tab(version=3)
    await tab.event("hello")
    version = await shelves.put_book(1, "Emma")
    shelves.catalogue.before_rows = lambda: shelves.put_book(2, "Silas Marner")
    shelves.hub.nudged({shelves.topic: version})
    await tab.rows()
    late = await shelves.tab(version=version).rows()
    assert late["version"] == version
    assert "Silas Marner" in late["html"]["book-2"]


async def test_the_first_watcher_too_gets_rows_newer_than_their_version(shelves: World):
    shelves.catalogue.before_rows = lambda: shelves.put_book(2, "Silas Marner")
    rows = await shelves.tab(version=3).rows()
    assert rows["whole"]
    assert "Silas Marner" in rows["html"]["book-2"]


async def test_a_watcher_who_is_up_to_date_gets_no_rows_at_the_start(shelves: World):
    tab = shelves.tab(version=3)
    await tab.event("versions")
    assert not any(name == "rows" for name, _ in tab.events)


async def test_rows_come_and_go_with_their_order(shelves: World):
    tab = shelves.tab(version=3)
    await tab.event("hello")
    shelves.hub.nudged({shelves.topic: await shelves.put_book(0, "Adam Bede")})
    added = await tab.rows()
    assert added["html"] == {"book-0": '<li id="book-0">Adam Bede</li>', "count": '<p id="count">4</p>'}
    assert added["order"] == {"place-top": ["book-0", "book-1", "book-2", "book-3"]}
    version = await shelves.change("DELETE FROM shelf.book WHERE shelf_id = $1 AND id = 1", shelves.shelf_id)
    shelves.hub.nudged({shelves.topic: version})
    removed = await tab.rows()
    # The book of the last push goes along: a page read meanwhile may have put back what was there before it.
    assert removed["html"] == {
        "book-0": '<li id="book-0">Adam Bede</li>',
        "book-1": None,
        "count": '<p id="count">3</p>',
    }
    assert removed["order"] == {"place-top": ["book-0", "book-2", "book-3"]}


async def test_a_row_that_moves_to_another_container_keeps_its_html(shelves: World):
    tab = shelves.tab(version=3)
    await tab.event("hello")
    shelves.hub.nudged({shelves.topic: await shelves.put_book(3, "Persuasion", place="bottom")})
    moved = await tab.rows()
    assert moved["html"] == {}
    assert moved["order"] == {"place-top": ["book-1", "book-2"], "place-bottom": ["book-3"]}


async def test_a_change_that_shows_nothing_still_raises_the_version(shelves: World):
    tab = shelves.tab(version=3)
    await tab.event("hello")
    version = await shelves.change("SELECT 1")
    shelves.hub.nudged({shelves.topic: version})
    assert await tab.rows() == {"topic": shelves.topic, "version": version, "html": {}}


async def test_twenty_five_watchers_cost_one_read(shelves: World):
    tabs = [shelves.tab(version=3) for _ in range(25)]
    for tab in tabs:
        await tab.event("hello")
    assert shelves.catalogue.reads == 1
    shelves.hub.nudged({shelves.topic: await shelves.put_book(1, "Lady Susan")})
    changes = [await tab.rows() for tab in tabs]
    assert shelves.catalogue.reads == 2
    assert all(change == changes[0] for change in changes)
    assert shelves.hub.pushes == 25


async def test_each_permission_class_sees_its_own_rendering(shelves: World):
    reader = shelves.tab(version=0)
    editor = shelves.tab(shelves.sign_in(permission_class="editor", permissions=["edit"]), version=0)
    assert (await reader.rows())["html"]["book-1"] == '<li id="book-1">Emma</li>'
    assert (await editor.rows())["html"]["book-1"] == '<li id="book-1">Emma edit</li>'
    assert shelves.catalogue.reads == 2


async def test_many_changes_in_a_short_time_become_few_pushes(database: TestDatabase):
    async with world(database, Pace(push_seconds=0.3, poll_seconds=30)) as shelves:
        tab = shelves.tab(version=3)
        await tab.event("hello")
        for number in range(20):
            shelves.hub.nudged({shelves.topic: await shelves.put_book(1, f"Volume {number}")})
        last = await tab.until(lambda name, data: name == "rows" and data["version"] == 23)
        assert last["html"]["book-1"] == '<li id="book-1">Volume 19</li>'
        assert shelves.catalogue.reads <= 4


async def test_a_lost_nudge_is_healed_by_the_poll(database: TestDatabase):
    pace = Pace(push_seconds=0.02, poll_seconds=0.1)
    async with world(database, pace) as shelves:
        tab = shelves.tab(version=3)
        await tab.event("hello")
        version = await shelves.put_book(1, "Sanditon")
        assert (await tab.rows())["version"] == version
        assert shelves.hub.healed == 1


async def test_a_broken_listening_connection_is_replaced(shelves: World, notifier: Notifier):
    await listening(shelves)
    tab = shelves.tab(version=3)
    await tab.event("hello")
    await Db(shelves.pool, None).fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'wardline live' AND datname = current_database()"
    )
    await until(lambda: not shelves.hub.listening)
    lost = await shelves.put_book(1, "Lost")
    await listening(shelves)
    assert (await tab.rows())["version"] == lost
    notifier.nudge({shelves.topic: await shelves.put_book(1, "Found")})
    assert (await tab.rows())["html"]["book-1"] == '<li id="book-1">Found</li>'


async def test_a_fault_while_reading_is_tried_again(shelves: World):
    tab = shelves.tab(version=3)
    await tab.event("hello")
    shelves.catalogue.fault = OSError()
    shelves.hub.nudged({shelves.topic: await shelves.put_book(1, "Late")})
    await until(lambda: shelves.catalogue.reads >= 3)
    shelves.catalogue.fault = None
    assert (await tab.rows())["html"]["book-1"] == '<li id="book-1">Late</li>'


async def test_what_a_feed_reads_has_a_limit_of_its_own(shelves: World):
    """It goes on when the stream that it was begun for has left, so nothing else would ever end it."""
    found: list[float | None] = []

    async def note() -> None:
        found.append(seconds_max())

    shelves.catalogue.before_rows = note
    await shelves.tab(version=3).event("hello")
    assert found == [ANSWER_SECONDS_MAX]


async def test_watchers_of_what_is_gone_are_sent_away(shelves: World):
    tab = shelves.tab(version=3)
    await tab.event("hello")
    shelves.catalogue.fault = NotFound()
    shelves.hub.nudged({shelves.topic: await shelves.change("SELECT 1")})
    await tab.ended()
    assert shelves.hub.ended == {"gone": 1}


async def test_a_slow_reader_is_dropped_and_the_others_go_on(shelves: World):
    slow, quick = shelves.tab(version=3), shelves.tab(version=3)
    await slow.event("hello")
    await quick.event("hello")
    slow.reading.clear()
    for number in range(4):
        shelves.hub.nudged({shelves.topic: await shelves.put_book(1, f"{number}" + "x" * 100_000)})
        assert (await quick.rows())["html"]["book-1"].startswith(f'<li id="book-1">{number}')
    await slow.ended()
    assert shelves.hub.ended == {"slow": 1}
    assert shelves.hub.streams == 1


async def test_a_board_larger_than_what_may_wait_is_sent_at_the_beginning(shelves: World):
    await shelves.put_book(1, "x" * 300_000)
    tab = shelves.tab(version=0)
    await tab.event("hello")
    assert len((await tab.rows())["html"]["book-1"]) > 300_000
    assert shelves.hub.streams == 1


async def test_a_stream_ends_with_its_session(shelves: World):
    who = shelves.sign_in()
    tab, other = shelves.tab(who, version=3), shelves.tab(version=3)
    await tab.event("hello")
    await other.event("hello")
    shelves.ended_sessions.add(who.session_id)
    await tab.ended()
    assert shelves.hub.ended == {"rights": 1}
    assert not other.task.done()


async def test_a_stream_ends_by_itself_and_says_when_to_come_back(database: TestDatabase):
    async with world(database, Pace(life_seconds=0.1, rights_seconds=0.05)) as shelves:
        tab = shelves.tab(version=3)
        await tab.ended()
        assert shelves.hub.ended == {"life": 1}
        assert tab.body.rstrip().rpartition(b"\n\n")[2].startswith(b"retry: ")


async def test_a_view_that_follows_the_clock_is_rendered_anew(database: TestDatabase):
    pace = Pace(clock_seconds=0.1, heartbeat_seconds=0.3, poll_seconds=30)
    async with world(database, pace, clocked=True) as shelves:
        tab = shelves.tab(version=3)
        assert len((await tab.rows())["html"]) == 4
        await until(lambda: shelves.catalogue.reads >= 3)
        await shelves.put_book(1, "Unannounced")
        changed = await tab.rows()
        assert changed["html"] == {"book-1": '<li id="book-1">Unannounced</li>'}
        assert changed["version"] == 3


async def test_watching_and_its_end_are_recorded(shelves: World):
    tab = shelves.tab(version=3)
    await tab.event("hello")
    (watched,) = shelves.notes.watched
    assert (watched.action, watched.subject_id, watched.detail) == (
        "live.watched",
        shelves.shelf_id,
        {"topic": shelves.topic},
    )
    await tab.leave()
    assert shelves.notes.noted == [("live.ended", {"topics": [shelves.topic], "reason": "closed"})]
    assert (shelves.hub.streams, shelves.hub.topics) == (0, 0)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("topic=shelf:{other}", 404),
        ("topic=unknown:{mine}", 404),
        ("topic=shelf:{mine}:more", 404),
        ("topic=shelf:not-an-id", 404),
        ("topic=shelf:{upper}", 404),
        ("", 400),
        ("topic=shelf:{mine}&topic=shelf:{mine}", 400),
        ("topic=shelf:{mine}&version=-1", 400),
        ("topic=shelf:{mine}&topic=quiet:{mine}&version=1", 400),
        ("&".join(f"topic=shelf:{n}" for n in range(9)), 400),
    ],
)
async def test_what_is_not_the_watchers_is_refused(shelves: World, query: str, status: int):
    mine = str(shelves.shelf_id)
    asked = query.format(mine=mine, upper=mine.upper(), other="01890000-0000-7000-8000-00000000ffff")
    tab = shelves.tab(query=asked)
    await tab.ended()
    assert tab.status == status
    assert shelves.notes.watched == []
    assert shelves.notes.refusals == (["not_found"] if status == 404 else [])
    assert (shelves.hub.streams, shelves.hub.topics) == (0, 0)


async def test_nobody_watches_without_a_session(shelves: World):
    who = shelves.sign_in()
    shelves.callers.clear()
    tab = shelves.tab(who)
    await tab.ended()
    assert tab.status == 401


async def test_nobody_watches_without_the_permission(shelves: World):
    who = shelves.sign_in()
    shelves.callers[str(who.session_id)] = msgspec.structs.replace(who, permissions=frozenset())
    tab = shelves.tab(who)
    await tab.ended()
    assert tab.status == 403
    assert shelves.notes.refusals == ["denied"]


async def test_several_topics_share_a_stream(shelves: World):
    quiet = f"quiet:{shelves.shelf_id}"
    tab = shelves.tab(query=f"topic={shelves.topic}&version=3&topic={quiet}&version=0")
    hello = await tab.event("hello")
    assert hello["versions"] == {shelves.topic: 3, quiet: 0}
    version = await shelves.change("SELECT 1", topic=quiet)
    shelves.hub.nudged({quiet: version})
    assert (await tab.rows())["topic"] == quiet


async def test_a_stopping_process_ends_its_streams_and_opens_no_more(shelves: World):
    tab = shelves.tab(version=3)
    await tab.event("hello")
    shelves.hub.end_all()
    await tab.ended()
    late = shelves.tab(version=3)
    await late.ended()
    assert (tab.status, late.status) == (200, 503)
    assert shelves.notes.noted == [("live.ended", {"topics": [shelves.topic], "reason": "stopping"})]


async def test_who_comes_back_gets_what_changed_meanwhile_and_no_more(shelves: World):
    stays, goes = shelves.tab(version=3), shelves.tab(version=3)
    await stays.event("hello")
    await goes.event("hello")
    shelves.hub.nudged({shelves.topic: await shelves.put_book(1, "Evelina")})
    seen = (await goes.rows())["version"]
    await goes.leave()
    for number, title in ((2, "Cecilia"), (0, "Camilla")):
        await stays.rows()
        shelves.hub.nudged({shelves.topic: await shelves.put_book(number, title)})
    version = (await stays.rows())["version"]
    missed = await shelves.tab(version=seen).rows()
    assert missed["version"] == version
    assert set(missed["html"]) == {"book-1", "book-2", "book-0", "count"}
    assert missed["order"] == {"place-top": ["book-0", "book-1", "book-2", "book-3"]}
    assert "whole" not in missed


async def test_who_was_away_for_longer_than_is_remembered_gets_everything(shelves: World):
    tab = shelves.tab(version=3)
    await tab.event("hello")
    for number in range(CHANGES_KEPT + 1):
        shelves.hub.nudged({shelves.topic: await shelves.put_book(1, f"Volume {number}")})
        await tab.rows()
    assert (await shelves.tab(version=4).rows())["whole"]
    assert set((await shelves.tab(version=5).rows())["html"]) == {"book-1"}


async def test_a_view_that_follows_the_clock_sends_what_it_changed_to_whoever_shows_that_version(
    database: TestDatabase,
):
    pace = Pace(clock_seconds=0.1, heartbeat_seconds=0.3, poll_seconds=30)
    async with world(database, pace, clocked=True) as shelves:
        tab = shelves.tab(version=3)
        await tab.rows()
        version = await shelves.put_book(2, "Rasselas")
        shelves.hub.nudged({shelves.topic: version})
        await tab.until(lambda name, data: name == "rows" and data["version"] == version)
        await shelves.put_book(1, "Late by now")
        await tab.until(lambda name, data: name == "rows" and "book-1" in data["html"])
        rows = await shelves.tab(version=version).rows()
        assert "whole" not in rows
        assert rows["html"]["book-1"] == '<li id="book-1">Late by now</li>'
        assert (await shelves.tab(version=3).rows())["whole"]


async def test_a_board_that_all_have_left_is_caught_up_with_when_they_come_back(database: TestDatabase):
    async with world(database, holds=True) as shelves:
        tab = shelves.tab(version=3)
        await tab.event("hello")
        shelves.hub.nudged({shelves.topic: await shelves.put_book(1, "Shirley")})
        seen = (await tab.rows())["version"]
        await tab.leave()
        version = await shelves.put_book(2, "Villette")
        back = await shelves.tab(version=seen).rows()
        assert (back["version"], back["html"]["book-2"]) == (version, '<li id="book-2">Villette</li>')
        assert "whole" not in back
        assert shelves.hub.topics == 1


async def test_a_board_that_nobody_comes_back_to_is_forgotten(database: TestDatabase, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hub, "KEPT_SECONDS", 0.0)
    async with world(database, holds=True) as shelves:
        tab = shelves.tab(version=3)
        await tab.event("hello")
        await tab.leave()
        await until(lambda: shelves.hub.topics == 0)


async def test_an_access_check_of_the_tenant_answers_for_all_who_come_at_once(database: TestDatabase):
    async with world(database, of_tenant=True) as shelves:
        for _ in range(3):
            await shelves.tab(version=3).event("hello")
        assert shelves.catalogue.checks == 1
        assert len(shelves.notes.watched) == 3
        assert {watched.subject_id for watched in shelves.notes.watched} == {shelves.shelf_id}
        stranger = shelves.tab(shelves.sign_in(tenant_id=TENANT), version=3)
        await stranger.ended()
        assert stranger.status == 404
        who = shelves.sign_in()
        shelves.callers[str(who.session_id)] = msgspec.structs.replace(who, permissions=frozenset())
        refused = shelves.tab(who, version=3)
        await refused.ended()
        assert refused.status == 403
