from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from wardline.platform.metrics import TENANTS_MAX, Histogram, Metrics, Shared, exposition, may_ask


def figures(text: bytes) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Read by the reference parser: name and labels to value."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


def test_requests_are_counted_by_route_and_status_class():
    metrics = Metrics()
    metrics.classify({"beds.ward_board": "lists"})
    for status, seconds in ((200, 0.004), (204, 0.005), (200, 0.3), (503, 60.0)):
        metrics.observe("beds.ward_board", status, seconds)
    found = figures(exposition(metrics.families()))
    good = {"route": "beds.ward_board", "class": "lists", "status": "2xx"}
    assert found[key("wardline_request_seconds_count", **good)] == 3
    assert found[key("wardline_request_seconds_bucket", **good, le="0.005")] == 2
    assert found[key("wardline_request_seconds_bucket", **good, le="0.5")] == 3
    assert found[key("wardline_request_seconds_sum", **good)] == 0.309
    bad = {"route": "beds.ward_board", "class": "lists", "status": "503"}  # asked to try again: not among the faults
    assert found[key("wardline_request_seconds_bucket", **bad, le="10")] == 0
    assert found[key("wardline_request_seconds_bucket", **bad, le="+Inf")] == 1


def test_a_tenants_requests_are_counted_and_the_number_of_tenants_is_bounded():
    metrics = Metrics()
    metrics.observe("beds.ward_board", 200, 0.004, "NORTH")
    metrics.observe("beds.ward_board", 500, 0.25, "NORTH")
    metrics.observe("desk.start", 303, 0.001)
    for number in range(TENANTS_MAX + 100):
        metrics.observe("beds.ward_board", 200, 0.25, f"H{number}")
    found = figures(exposition(metrics.families()))
    assert found[key("wardline_tenant_requests_total", tenant="NORTH")] == 2
    assert found[key("wardline_tenant_request_seconds_total", tenant="NORTH")] == 0.254
    assert found[key("wardline_tenant_failed_total", tenant="NORTH")] == 1
    assert found[key("wardline_tenant_prompt_total", tenant="NORTH")] == 1
    assert found[key("wardline_tenant_requests_total", tenant="other")] == 101
    assert sum(name == "wardline_tenant_requests_total" for name, _ in found) == TENANTS_MAX + 1


def test_a_declared_counter_is_shown_before_anything_was_counted():
    metrics = Metrics()
    metrics.declare("wardline_requests_shed_total", "Refused.", ("reports", "lists"))
    text = exposition(metrics.families())
    assert figures(text)[key("wardline_requests_shed_total", what="lists")] == 0
    assert b"# HELP wardline_requests_shed_total Refused." in text


def test_a_histogram_of_somebody_elses_is_shown():
    metrics, histogram = Metrics(), Histogram()
    metrics.register_histogram("wardline_some_seconds", "Some.", histogram)
    histogram.observe(0.05)
    histogram.observe(30)
    found = figures(exposition(metrics.families()))
    assert found[key("wardline_some_seconds_bucket", le="0.04")] == 0
    assert found[key("wardline_some_seconds_bucket", le="0.05")] == 1
    assert found[key("wardline_some_seconds_count")] == 2
    assert found[key("wardline_some_seconds_sum")] == 30.05


def test_registered_figures_are_read_when_asked_for():
    metrics, size = Metrics(), [1]
    metrics.register("wardline_some_size", "gauge", "Some size.", lambda: size[0])
    metrics.register("wardline_some_parts", "gauge", "Parts.", lambda: [({"part": 'a "b"\n'}, 0.5)])
    size[0] = 7
    found = figures(exposition(metrics.families()))
    assert found[key("wardline_some_size")] == 7
    assert found[key("wardline_some_parts", part='a "b"\n')] == 0.5


def test_rare_things_are_counted_by_what_they_are():
    metrics = Metrics()
    metrics.count("wardline_requests_shed_total", "reports")
    metrics.count("wardline_requests_shed_total", "reports")
    assert figures(exposition(metrics.families()))[key("wardline_requests_shed_total", what="reports")] == 2


async def test_one_scrape_shows_every_living_process(tmp_path: Path):
    web, worker, gone = Metrics(), Metrics(), Metrics()
    shared = [Shared(web, tmp_path, "web"), Shared(worker, tmp_path, "worker"), Shared(gone, tmp_path, "web")]
    for number, metrics in enumerate((web, worker, gone), start=1):
        metrics.register("wardline_streams", "gauge", "Streams.", lambda number=number: number)
    for each in shared:
        await each.start()
        each.write()
    assert [each.process for each in shared] == ["web-1", "worker-1", "web-2"]
    await shared[2].stop()
    found = figures(shared[0].exposition())
    assert found[key("wardline_streams", process="web-1")] == 1
    assert found[key("wardline_streams", process="worker-1")] == 2
    assert key("wardline_streams", process="web-2") not in found
    for each in shared[:2]:
        await each.stop()


async def test_a_snapshot_left_by_a_killed_process_is_not_shown(tmp_path: Path):
    (tmp_path / "web-9.lock").touch()
    (tmp_path / "web-9.figures").write_bytes(b"\x90")
    shared = Shared(Metrics(), tmp_path, "web")
    await shared.start()
    assert b"web-9" not in shared.exposition()
    await shared.stop()


@pytest.mark.parametrize(
    ("client", "headers", "token", "allowed"),
    [
        ("127.0.0.1", {}, None, True),
        ("::1", {}, None, True),
        ("10.0.0.7", {}, None, False),
        ("", {}, None, False),
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, None, False),
        ("10.0.0.7", {"authorization": "Bearer a-long-enough-token"}, "a-long-enough-token", True),
        ("127.0.0.1", {"authorization": "Bearer another-token"}, "a-long-enough-token", False),
        ("127.0.0.1", {}, "a-long-enough-token", False),
    ],
)
def test_figures_are_for_this_machine_or_for_the_token(
    client: str, headers: dict[str, str], token: str | None, allowed: bool
):
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert may_ask({"client": (client, 1), "headers": raw}, token) is allowed
