"""What the rig's doctors and nurses do with notes, medicines and tests is answered rightly, step after step."""

from collections import Counter, deque
from collections.abc import AsyncIterator
from random import Random
from time import monotonic

import httpx
import psycopg
import pytest

from bench.load import cast, mix
from bench.load.charting import SAVES_OF_NOTE
from bench.load.http import Call
from bench.load.journeys import Journeys
from bench.load.model import Part
from bench.load.requests import Requests
from bench.load.users import Topic, User, cookie
from tests.database import TestDatabase
from wardline.demo.accounts import PASSWORD

ACTS = ("_note", "_order", "_panels", "_give")


class Rig:
    """One user of a role after the other, each waiting for the answer."""

    def __init__(self, http: httpx.AsyncClient, site: str, network: TestDatabase) -> None:
        with psycopg.connect(network.owner) as connection:
            self.stage = cast.Stage(connection)
        self.http, self.topics, self.network = http, dict[str, Topic](), network
        self.counted: Counter[str] = Counter()
        part = Part(
            number=0, seed=0, url=site, stream_url=site, sources=[], password=PASSWORD, mean_seconds=0, retries=0,
            actors=[], places=self.stage.places, known=self.stage.known, views={},
        )  # fmt: skip
        authority = httpx.URL(site).netloc
        self.journeys = Journeys(part, Requests(authority), self.topics, Random(3))

    async def user(self, role_name: str) -> User:
        role = next(role for role in mix.ROLES if role.name == role_name)
        place = self.stage.places[0]
        actor = cast.actor(role, place, self.stage.staff_of(place, role.name)[0])
        user = User(actor, [self.topics.setdefault(name, Topic(name)) for name in actor.topics])
        form = {"email": actor.email, "password": PASSWORD}
        answer = await self.http.post(
            "/sessions", data=form, headers={"sec-fetch-site": "same-origin", "accept": "text/html"}
        )
        token = answer.headers["set-cookie"].partition("__Host-wardline=")[2].partition(";")[0]
        user.cookie = cookie(token, actor.hospital)
        return user

    async def act(self, user: User, name: str) -> Call:
        """The act, or what was planned before; its answer has to be right."""
        planned, user.planned = user.planned, None
        call = planned(user, monotonic()) if planned is not None else None
        call = call or getattr(self.journeys, name)(user, monotonic())
        head, _, body = call.request.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        method, path, _ = first.split(" ")
        headers = dict(line.split(": ", 1) for line in lines)
        headers.pop("Content-Length", None)
        answer = await self.http.request(method, path, headers=headers, content=body)
        call.status, call.body = answer.status_code, answer.content
        call.head = "".join(f"\r\n{key}: {value}" for key, value in answer.headers.items()).lower().encode() + b"\r\n"
        wrong = f"status {call.status}" if call.status != call.expected else call.check(call)
        assert wrong in ("", "status 409"), (call.route, wrong, call.body[:600])
        self.journeys.settle(call, good=not wrong)
        self.counted[call.route] += 1
        return call


@pytest.fixture
async def rig(site: str, network: TestDatabase) -> AsyncIterator[Rig]:
    async with httpx.AsyncClient(base_url=site) as http:
        yield Rig(http, site, network)


@pytest.mark.slow
@pytest.mark.parametrize("role", ["nurse", "doctor"])
async def test_a_note_is_begun_saved_and_signed(rig: Rig, role: str):
    user = await rig.user(role)
    for _ in range(SAVES_OF_NOTE + 3):
        await rig.act(user, "_note")
    assert rig.counted == {"begin a note": 2, "autosave a note": SAVES_OF_NOTE, "sign a note": 1}


@pytest.mark.slow
async def test_orders_are_looked_at_and_signed_and_tests_are_asked_for(rig: Rig):
    user = await rig.user("doctor")
    while user.planned is not None or rig.counted.total() < 60:
        await rig.act(user, "_order")
        if user.planned is None:
            user.patient = None
    assert rig.counted["prescribe"] == rig.counted["check an order"] > 5
    assert rig.counted["order tests"] == rig.counted["order form"] > 2


@pytest.mark.slow
@pytest.mark.parametrize("role", ["nurse", "pharmacist", "laboratory_technician"])
async def test_panels_are_those_of_the_patient(rig: Rig, role: str):
    user = await rig.user(role)
    for _ in range(30):
        call = await rig.act(user, "_panels")
        if call.note is not None and call.note.topic is not None:
            assert call.header(b"wardline-topic").decode().startswith(f"{call.note.topic.name}@"), call.route
    assert {"results", "medicines", "observation chart"} & rig.counted.keys()


@pytest.mark.slow
async def test_a_round_is_read_and_doses_are_given(rig: Rig):
    """Each dose once, to whom it is due; then what may be had when needed. At night few doses are due within four hours."""
    user = await rig.user("nurse")
    ward = user.actor.ward
    while user.planned is not None or rig.counted.total() < 60:
        await rig.act(user, "_give")
    given = rig.counted["give a dose"] + rig.counted["give when needed"]
    assert rig.counted["drug round"] >= 1
    assert given > 5
    assert rig.counted["sheet of a dose"] >= given
    rig.journeys._due[ward], rig.journeys._dry[ward], user.planned = deque(), monotonic() + 60, None
    for _ in range(40):
        await rig.act(user, "_give")
    assert rig.counted["give when needed"] > 0
    with psycopg.connect(rig.network.owner) as connection:
        doubled = "SELECT count(*) FROM mar.administration WHERE state = 'final' AND dose_id IS NOT NULL GROUP BY dose_id HAVING count(*) > 1"
        assert connection.execute(doubled).fetchall() == []
        late = "SELECT count(*) FROM mar.administration WHERE recorded_at > now() - interval '5 minutes' AND checks IS NOT NULL"
        assert cast.one(connection, late) >= given


@pytest.mark.slow
async def test_orders_are_verified_from_the_queue(rig: Rig):
    doctor, pharmacist = await rig.user("doctor"), await rig.user("pharmacist")
    while doctor.planned is not None or rig.counted.total() < 30:
        await rig.act(doctor, "_order")
    while pharmacist.planned is not None or rig.counted["pharmacy queue"] < 6:
        await rig.act(pharmacist, "_panels")
    assert rig.counted["pharmacy queue"] > 3
    assert rig.counted["verify an order"] == rig.counted["order at the pharmacy"] > 1
