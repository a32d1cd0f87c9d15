"""Buckets, the mix, and the names under which requests are counted."""

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.load import mix, routes
from bench.load.histogram import add, bucket, middle_us, percentiles, share_ms
from bench.load.model import Cells, Phase, Told
from bench.load.options import Options
from bench.load.results import Together, described, normal_after, storm
from wardline.app import load_routes
from wardline.platform.http.routes import ROUTES


@given(st.integers(0, 10**10))
def test_a_bucket_is_within_two_percent(microseconds: int):
    assert abs(middle_us(bucket(microseconds)) - microseconds) <= microseconds * 0.02


@given(st.integers(0, 10**9))
def test_buckets_are_in_the_order_of_what_they_hold(microseconds: int):
    assert bucket(microseconds) <= bucket(microseconds + 1)


def test_percentiles_of_many_processes_are_those_of_all_their_requests():
    one, other = (Counter(bucket(n * 1000) for n in numbers) for numbers in (range(1, 51), range(51, 101)))
    add(one, other)
    assert percentiles(one) == pytest.approx({"p50_ms": 50, "p95_ms": 95, "p99_ms": 99}, rel=0.03)
    assert share_ms({}, 0.5) == 0.0


def test_the_roles_together_do_what_the_load_model_says():
    assert sum(role.share for role in mix.ROLES) == 100
    assert sum(mix.MODEL.values()) == 100
    for role in mix.ROLES:
        assert sum(role.acts.values()) == pytest.approx(100)
    for act, wanted in mix.MODEL.items():
        done = sum(role.share * role.acts.get(act, 0) for role in mix.ROLES) / 100
        assert done == pytest.approx(wanted, abs=0.1), act
    assert sum(mix.SEARCHES.values()) == 100


def test_every_counted_name_is_a_route_of_the_product():
    load_routes()
    declared = {(route.method, route.path) for route in ROUTES}
    assert {name: of for name, of in routes.OF.items() if of not in declared} == {}
    folder = Path(routes.__file__).parent
    source = "".join((folder / name).read_text() for name in ("journeys.py", "charting.py"))
    named = set(re.findall(r'(?:Call\(user|_page\(user|_of_patient\(user|_write\(user), "([a-z ]+)"', source))
    assert named - {"first page"} <= routes.OF.keys()
    assert routes.load_class("save observations") == "medication"
    assert routes.load_class("search family") != "other"


def test_overload_rests_after_each_multiple():
    options = Options(url="", stream_url="", users=1000, overload=[2, 10], capacity=500, minutes=1, rest_seconds=30)
    assert options.mean == 2.0
    assert [(p.name, p.begins, p.ends, p.factor) for p in options.phases(100)] == [
        ("1x", 100, 160, 1.0),
        ("2x", 160, 220, 2.0),
        ("rest", 220, 250, 0.5),
        ("10x", 250, 310, 10.0),
        ("rest", 310, 340, 0.5),
    ]


def test_it_is_normal_again_when_five_seconds_and_all_that_follow_are():
    quick, slow = Cells(right={bucket(10_000): 50}), Cells(right={bucket(900_000): 50})
    refused = Cells(right={bucket(10_000): 50}, failed={bucket(1_000): 1}, errors={"status 503": 1})
    seconds = {0: slow, 1: refused} | dict.fromkeys(range(2, 12), quick)
    told = Told(
        cpu_s=0, rss_mb=0, routes={}, seconds=seconds, offered=0, late_sends=0, retries=0, counts={}, screens_ms={}, samples=[]
    )  # fmt: skip
    together, rest = Together([told]), Phase("rest", 50, 62)
    assert normal_after(together, rest, 50, normal_ms=20) == 2
    together.seconds[11] = slow
    assert normal_after(together, rest, 50, normal_ms=20) is None


def test_a_storm_is_over_when_as_many_streams_are_back_as_there_are_users():
    windows = [{"second": second, "p95_ms": p95} for second, p95 in ((0, 10.0), (10, 12.0), (20, 30.0), (30, 20.0))]
    standing = [{"reopened": [float(n) for n in range(1, 11)]}, {"reopened": [0.5] * 90}]
    found = storm({"users": 100, "windows": windows}, standing, 20)
    assert found == {
        "at_second": 20, "back_95_s": 5.0, "back_100_s": 10.0, "p95_ms_before": 12.0, "p95_ms_meanwhile": 30.0,
    }  # fmt: skip
    assert storm({"users": 120, "windows": windows}, standing, 20)["back_95_s"] is None


def test_failures_count_in_latency_and_apart():
    cells = Cells(right={bucket(1000): 3}, failed={bucket(2000): 1}, max_us=2000, errors={"status 503": 1})
    assert described(cells) | {"count": 4, "errors": 1, "shed": 1, "max_ms": 2.0} == described(cells)
