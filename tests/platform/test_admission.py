"""The limiter against a server that is only arithmetic: arrivals and service in simulated time, so nothing depends on
the machine."""

import heapq
import math
import random
from collections import Counter
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wardline.platform.admission import (
    CLASSES,
    LIMIT_BEGIN,
    LIMIT_LEAST,
    LIMIT_MOST,
    LINE_SECONDS_MAX,
    LINE_SHARE,
    PERSON_MAX,
    SIGNING_IN_MAX,
    Age,
    Bucket,
    Limiter,
    Line,
    Shares,
    Visit,
)

CONNECTIONS = 8
SERVICE_SECONDS = 0.016  # of one request on one connection: 500 a second in all
CAPACITY = CONNECTIONS / SERVICE_SECONDS
MIX = {"medication": 0.15, "charting": 0.25, "lists": 0.5, "reports": 0.1}


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


class Simulated:
    """A pool of connections behind a limiter, urgent ones first, and what became of each request."""

    def __init__(self, seed: int = 1) -> None:
        self.clock = Clock()
        self.limiter = Limiter(now=self.clock)
        self.dice = random.Random(seed)
        self.waiting: list[tuple[bool, int, float, str]] = []
        self.busy: list[tuple[float, float, str]] = []  # until, arrived, class
        self.number = 0
        self.latencies: dict[str, list[float]] = {name: [] for name in CLASSES}
        self.refused: Counter[str] = Counter()
        self.offered: Counter[str] = Counter()

    def run(self, seconds: float, rates: dict[str, float]) -> "Simulated":
        """Offer requests at random at these rates a second, and say what was served from here on."""
        self.latencies = {name: [] for name in CLASSES}
        self.refused.clear()
        self.offered.clear()
        until, total = self.clock.at + seconds, sum(rates.values())
        names, weights = list(rates), list(rates.values())
        arrives = self.clock.at + self.dice.expovariate(total)
        while arrives < until:
            self._serve_until(arrives)
            self.clock.at = arrives
            self._arrive(self.dice.choices(names, weights)[0])
            arrives += self.dice.expovariate(total)
        self._serve_until(until)
        self.clock.at = until
        self.served_per_second = sum(map(len, self.latencies.values())) / seconds
        return self

    def _arrive(self, name: str) -> None:
        self.offered[name] += 1
        if not self.limiter.admit(name):
            self.refused[name] += 1
            return
        self.number += 1
        heapq.heappush(self.waiting, (not CLASSES[name].urgent, self.number, self.clock.at, name))
        self._fill()

    def _fill(self) -> None:
        while self.waiting and len(self.busy) < CONNECTIONS:
            _, _, arrived, name = heapq.heappop(self.waiting)
            takes = self.dice.expovariate(1 / SERVICE_SECONDS)
            heapq.heappush(self.busy, (self.clock.at + takes, arrived, name))

    def _serve_until(self, moment: float) -> None:
        while self.busy and self.busy[0][0] <= moment:
            self.clock.at, arrived, name = heapq.heappop(self.busy)
            self.limiter.finish(name)
            self.latencies[name].append(self.clock.at - arrived)
            self._fill()

    def p95(self, *names: str) -> float:
        ordered = sorted(each for name in names or self.latencies for each in self.latencies[name])
        return ordered[int(len(ordered) * 0.95)]

    def success(self, name: str) -> float:
        return 1 - self.refused[name] / self.offered[name]


def rates(times: float, *, bedside: float | None = None) -> dict[str, float]:
    """The mix at so many times the capacity; what is done at the bedside at its own number of times, where given."""
    found = {name: share * CAPACITY * times for name, share in MIX.items()}
    if bedside is not None:
        found["medication"] = MIX["medication"] * CAPACITY * bedside
    return found


def test_at_the_design_load_nobody_is_refused():
    server = Simulated().run(60, rates(0.7))
    assert sum(server.refused.values()) == 0


@pytest.mark.parametrize("times", [2, 5, 10])
def test_under_overload_the_capacity_is_still_served_and_soon(times: float):
    server = Simulated()
    server.run(3, rates(times, bedside=1))  # the limit finds its place
    server.run(20, rates(times, bedside=1))
    assert server.served_per_second >= 0.97 * CAPACITY
    assert server.p95() <= 0.35
    assert server.p95("medication") <= 0.1
    assert server.success("medication") == 1
    assert server.success("reports") <= server.success("lists") <= server.success("charting") + 0.01


def test_what_is_done_at_the_bedside_alone_may_fill_the_process():
    server = Simulated()
    server.run(3, {"medication": 10 * CAPACITY})
    server.run(10, {"medication": 10 * CAPACITY})
    assert server.served_per_second >= 0.97 * CAPACITY
    assert server.p95() <= 0.35


def test_soon_after_the_load_has_gone_nobody_is_refused_and_nothing_waits():
    server = Simulated().run(20, rates(10))
    server.run(2, rates(0.5))
    server.run(30, rates(0.5))
    assert sum(server.refused.values()) == 0
    assert server.p95() <= 0.06
    assert server.limiter.running <= CONNECTIONS + len(server.waiting)


def test_a_burst_that_is_worked_off_costs_no_room():
    server = Simulated()
    for _ in range(60):
        server.run(0.05, {"lists": 1500})  # 75 at once: 150 ms of work
        server.run(0.45, {"lists": 50})
    assert server.limiter.limit >= LIMIT_BEGIN


def test_a_database_that_has_stopped_brings_the_limit_down_to_its_least():
    server = Simulated()
    server.limiter.finish = lambda name: None  # type: ignore[method-assign]
    server.busy = [(math.inf, 0.0, "lists")] * CONNECTIONS
    server.run(5, rates(1))
    assert server.limiter.limit == LIMIT_LEAST


def test_people_who_sign_in_have_a_line_of_their_own():
    limiter = Limiter()
    assert all(limiter.admit("sign_in") for _ in range(SIGNING_IN_MAX))
    assert not limiter.admit("sign_in")
    assert limiter.running == 0
    limiter.finish("sign_in")
    assert limiter.admit("sign_in")


def test_signing_out_is_never_refused():
    limiter = Limiter()
    while limiter.admit("medication"):
        pass
    assert limiter.admit("always")


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from([*CLASSES, "finish", "wait"]), st.integers(0, 60)), max_size=300))
def test_the_limit_stays_within_its_bounds_and_classes_are_refused_in_their_order(steps: list[tuple[str, int]]):
    clock, at_work = Clock(), list[str]()
    limiter = Limiter(now=clock)
    for what, number in steps:
        if what == "wait":
            clock.at += number / 50
        elif what == "finish":
            for name in at_work[:number]:
                limiter.finish(name)
            del at_work[:number]
        else:
            at_work.extend([what] * sum(limiter.admit(what) for _ in range(number)))
        assert LIMIT_LEAST <= limiter.limit <= LIMIT_MOST
        counted = Counter(at_work)
        assert limiter.running == sum(n for name, n in counted.items() if name != "sign_in")
        assert limiter.signing_in == counted["sign_in"] <= SIGNING_IN_MAX
        room = [limiter.ceiling(name) for name in ("medication", "charting", "streams", "lists", "reports")]
        assert room == sorted(room, reverse=True)
        assert room[1] <= room[0] / 2  # half is kept for the bedside


# ---- shares, rates, ages ---------------------------------------------------------------------------------------------


def visit_of(shares: Shares, tenant: object, person: object) -> Visit:
    visit = Visit("lists")
    shares.enter(visit, tenant=tenant, person=person)
    return visit


def test_a_tenant_that_asks_for_much_more_than_its_part_is_held_to_it():
    shares, busy, quiet = Shares(), uuid4(), uuid4()
    visits = [visit_of(shares, busy, uuid4()) for _ in range(40)]
    assert not shares.tenant_has_too_much(visits[-1], 20), "alone it may have everything"
    other = visit_of(shares, quiet, uuid4())
    assert shares.tenant_has_too_much(visits[-1], 20)
    assert not shares.tenant_has_too_much(other, 20)
    for visit in visits[:30]:
        shares.leave(visit)
    assert not shares.tenant_has_too_much(visits[-1], 20)


def test_a_person_has_a_limit_and_nothing_is_kept_of_those_who_left():
    shares, person = Shares(), uuid4()
    visits = [visit_of(shares, uuid4(), person) for _ in range(PERSON_MAX)]
    assert not shares.person_has_too_much(visits[-1])
    visits.append(visit_of(shares, uuid4(), person))
    assert shares.person_has_too_much(visits[-1])
    for visit in [*visits, Visit("lists")]:  # the last never said whose it was
        shares.leave(visit)
    assert not shares._held


def test_those_who_were_refused_are_asked_back_one_after_the_other_at_the_pace_of_the_answers():
    clock = Clock()
    line = Line(clock)
    for _ in range(400):
        line.answered()
    clock.at += 2  # 200 a second were answered
    turns = [line.seconds() for _ in range(300)]
    assert turns == sorted(turns)
    assert turns[-1] - turns[0] == pytest.approx(299 / (200 * LINE_SHARE))


def test_the_line_has_an_end_and_is_short_again_when_nobody_was_refused_for_a_while():
    clock = Clock()
    line = Line(clock)
    assert max(line.seconds() for _ in range(100_000)) == LINE_SECONDS_MAX
    clock.at += LINE_SECONDS_MAX
    for _ in range(6000):
        line.answered()
    clock.at += 1
    assert line.seconds() < 0.1


def test_a_server_that_answers_nobody_asks_back_soon():
    clock = Clock()
    line = Line(clock)
    clock.at += 10
    assert [line.seconds() for _ in range(2_000)][-1] == LINE_SECONDS_MAX


def test_a_bucket_gives_its_burst_and_then_its_rate():
    clock = Clock()
    bucket = Bucket(per_second=100, burst=10, now=clock)
    assert sum(bucket.take() for _ in range(50)) == 10
    clock.at += 0.055
    assert sum(bucket.take() for _ in range(50)) == 5
    clock.at += 3600
    assert sum(bucket.take() for _ in range(50)) == 10


@pytest.mark.parametrize("skew", [-3600.0, 0.0, 5.0])
def test_how_long_a_request_waited_does_not_depend_on_the_clocks_agreeing(skew: float):
    clock = Clock()
    age = Age(now=clock)
    assert age.of(clock.at - skew) == 0
    assert age.of(clock.at - skew - 2) == pytest.approx(2)
    clock.at += 25
    assert age.of(clock.at - skew - 0.5) == pytest.approx(0.5)
    clock.at += 65  # a clock that was set right is believed after a while
    age.of(clock.at)
    clock.at += 31
    assert age.of(clock.at) == pytest.approx(0)
