"""The busy hour for Locust: the journeys of the rig (`wardline load`), each role a class of users with its weight.

    locust -f tests/load_test.py --users 50000 --spawn-rate 500

Locust waits for an answer before a user's next request, so a slow server is asked less and looks faster than it is, and
it needs many times the CPU; the figures that count come from `wardline load`. One member of staff signs in once: users
who are the same person share the session, since the network has fewer accounts than 50,000. Streams are opened with
`--streams`. Reads the network from the database that the settings name, so it runs where Wardline runs.
"""

import random
import sys
from functools import cache
from time import monotonic
from typing import Any
from urllib.parse import quote

import gevent
import psycopg
from gevent.lock import BoundedSemaphore
from geventhttpclient.client import HTTPClientPool
from locust import FastHttpUser, events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

from bench.load import cast, checks, mix
from bench.load.http import Call, Wire
from bench.load.journeys import Journeys, Sent
from bench.load.model import Actor, Part
from bench.load.requests import Requests
from bench.load.screens import Pages
from bench.load.users import Topic, User, cookie
from wardline.demo.accounts import PASSWORD
from wardline.platform import database, settings

HOMES = ("first page", "ward board", "worklist", "bed board")
# Shared by all users of a process: one each would be more than a process may have open. Streams take from it too.
CONNECTIONS = 15_000
SIGN_INS_AT_ONCE = 2  # a password costs the server tens of milliseconds
DROPPED = frozenset({"connection", "host", "content-length", "accept-encoding"})  # the client's own affair


@events.init_command_line_parser.add_listener
def options(parser: LocustArgumentParser) -> None:
    """What can be said beside Locust's own options."""
    parser.add_argument("--mean-seconds", type=float, default=25.0, help="Mean pause of a user between two acts")
    parser.add_argument("--streams", action="store_true", help="Open a stream for each user")


class Network:
    """The wards and staff that this process plays with: its share of them, so that no two write about one patient."""

    def __init__(self, url: str, number: int, count: int) -> None:
        with psycopg.connect(database.addresses(settings.load()).owner) as connection:
            stage = cast.Stage(connection)
        stage.places = stage.places[number % len(stage.places) :: count] or stage.places
        self.stage = stage
        self.topics: dict[str, Topic] = {}
        self.requests = Requests(Wire(url, []).authority)
        self.pages = Pages(cast.views())
        part = Part(
            number=number, seed=number, url=url, stream_url=url, sources=[], password=PASSWORD, mean_seconds=0, retries=0,
            actors=[], places=stage.places, known=stage.known, views={},
        )  # fmt: skip
        self.journeys = Journeys(part, self.requests, self.topics, random.Random(number))
        self.tokens: dict[str, str] = {}
        self.signing_in = BoundedSemaphore(SIGN_INS_AT_ONCE)
        self._turns = dict.fromkeys((role.name for role in mix.ROLES), 0)

    def actor(self, role: mix.Role) -> Actor:
        """The next member of staff of a role, ward by ward."""
        turn = self._turns[role.name]
        self._turns[role.name] += 1
        places = cast.even(self.stage.places)
        place = places[turn % len(places)]
        staff = self.stage.staff_of(place, role.name)
        return cast.actor(role, place, staff[turn // len(places) % len(staff)])

    def topic(self, name: str) -> Topic:
        return self.topics.setdefault(name, Topic(name))


@cache
def network(url: str, number: int, count: int) -> Network:
    """Read once in a process."""
    return Network(url, number, count)


def network_of(environment: Environment, url: str) -> Network:
    """The share of this process among Locust's workers."""
    options = environment.parsed_options
    count = max(1, getattr(options, "processes", None) or 1, getattr(options, "expect_workers", None) or 1)
    number = max(0, getattr(environment.runner, "worker_index", 0) or 0)
    return network(url, number, count)


class Member(FastHttpUser):
    """Somebody of the staff at work."""

    abstract = True
    client_pool = HTTPClientPool(concurrency=CONNECTIONS)
    host = "http://127.0.0.1:8000"
    role = ""

    def wait_time(self) -> float:
        """Pauses are exponential, as those of people who do not know of each other."""
        return random.expovariate(1 / self.environment.parsed_options.mean_seconds)  # pyright: ignore[reportOptionalMemberAccess]

    def on_start(self) -> None:
        """Sign in, and open the page that stays open."""
        self.network = network_of(self.environment, self.host or "")
        role = next(role for role in mix.ROLES if role.name == self.role)
        actor = self.network.actor(role)
        self.me = User(actor, [self.network.topic(name) for name in actor.topics])
        self.me.cookie = cookie(self._token(actor), actor.hospital)
        self._send(self.network.journeys.first(self.me, monotonic()))
        if self.environment.parsed_options.streams:  # pyright: ignore[reportOptionalMemberAccess]
            gevent.spawn(self._listen)

    def _token(self, actor: Actor) -> str:
        """The session of this member of staff, opened by whoever of the users comes first."""
        with self.network.signing_in:
            while actor.email not in self.network.tokens:
                token = self._signed_in(actor)
                if token:
                    self.network.tokens[actor.email] = token
                else:
                    gevent.sleep(random.uniform(1, 3))
        return self.network.tokens[actor.email]

    def _signed_in(self, actor: Actor) -> str:
        form = {"email": actor.email, "password": PASSWORD}
        headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
        with self.client.post(
            "/sessions", data=form, headers=headers, allow_redirects=False, catch_response=True, name="sign in"
        ) as answer:
            given = str((answer.headers or {}).get("set-cookie", ""))
            if answer.status_code != 303 or "__Host-wardline=" not in given:
                answer.failure(f"status {answer.status_code}")
                return ""
            answer.success()
        return given.partition("__Host-wardline=")[2].partition(";")[0]

    @task
    def act(self) -> None:
        """The next request of the role's journey."""
        self._send(self.network.journeys.next(self.me, monotonic()))

    def _send(self, call: Call) -> None:
        method, path, headers, body = taken_apart(call.request)
        with self.client.request(
            method,
            path,
            headers=headers,
            data=body.decode() or None,
            name=call.route,
            catch_response=True,
            allow_redirects=False,
        ) as answer:
            call.status = answer.status_code
            call.body = answer.content or b""
            lines = [f"\r\n{name}: {value}" for name, value in (answer.headers or {}).items()]
            call.head = "".join(lines).lower().encode()
            wrong = self._judged(call)
            if wrong:
                answer.failure(wrong)
            else:
                answer.success()
        self.network.journeys.settle(call, good=not wrong and call.status == call.expected)

    def _judged(self, call: Call) -> str:
        if checks.was_first(call):
            return ""
        if call.status != call.expected:
            return f"status {call.status}"
        wrong = call.check(call)
        sent: Sent | None = call.note
        if not wrong and call.route in HOMES:
            self.me.shown[0] = self.network.pages.shown(self.me.topics[0].name, self.role, call.body)
        if not wrong and sent is not None and sent.topic is not None:
            version = int(call.header(b"wardline-topic").rpartition(b"@")[2] or 0)
            if version < sent.version:
                return "older than what is known"
            sent.topic.known = max(sent.topic.known, version)
        return wrong

    def _listen(self) -> None:
        """Keep the page's stream open; what it says is read and forgotten."""
        asked = "&".join(f"topic={quote(topic.name)}&version=0" for topic in self.me.topics)
        _, path, headers, _ = taken_apart(self.network.requests.stream(f"/live?{asked}".encode(), self.me))
        while True:
            try:
                answer = self.client.client.urlopen(f"{self.host}{path}", headers=headers)
                while answer.read(65_536):
                    pass
            except (OSError, EOFError):
                pass
            gevent.sleep(random.uniform(1, 15))


def taken_apart(request: bytes) -> tuple[str, str, dict[str, str], bytes]:
    """Method, path, headers and body of a request as it is put on the wire."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, _ = first.split(" ")
    pairs = [line.split(": ", 1) for line in lines]
    return method, path, {name: value for name, value in pairs if name.lower() not in DROPPED}, body


class Nurse(Member):
    role, weight = "nurse", 55


class Doctor(Member):
    role, weight = "doctor", 20


class Registrar(Member):
    role, weight = "registrar", 5


class Pharmacist(Member):
    role, weight = "pharmacist", 5


class LaboratoryTechnician(Member):
    role, weight = "laboratory_technician", 5


class Receptionist(Member):
    role, weight = "receptionist", 6


class Manager(Member):
    role, weight = "hospital_manager", 4


@events.init.add_listener
def there(**_: Any) -> None:
    """End in plain words where there is no database to read the network from."""
    try:
        psycopg.connect(database.addresses(settings.load()).owner).close()
    except psycopg.OperationalError as error:
        sys.exit(f"The database that the settings name (WARDLINE_DATA, WARDLINE_DATABASE_URL) does not answer: {error}")


@events.test_start.add_listener
def started(environment: Environment, **_: Any) -> None:
    """Read the network before the first user comes, so that nobody waits for it."""
    network_of(environment, environment.host or str(Member.host))
