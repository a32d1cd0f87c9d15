"""The capacity plan: arithmetic that keeps what was promised, and settings that the programs accept."""

import itertools
import json
import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import kubernetes_validate
import msgspec
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from wardline.cli.plan import EMITTED, plan_
from wardline.platform import settings
from wardline.platform.plan import committed, costs, measured, tuning
from wardline.platform.plan.machines import Machine, Plan, Server, plan
from wardline.platform.plan.needs import connections_of, needs, question
from wardline.platform.plan.words import TIERS

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "bench" / "results"
FIGURES = measured.load()
ASSUMED = costs.assumptions()
COSTS = costs.costs(FIGURES, ASSUMED)
OTHER_SIZES = st.builds(
    question, st.integers(1, 2_000_000), st.floats(5, 120), st.none() | st.integers(1_000, 400_000_000)
)


def asked(*arguments: str) -> str:
    """What the command says."""
    done = CliRunner().invoke(plan_, arguments)
    assert done.exit_code == 0, done.output
    return done.output


def planned(users: int, memory_gb: int | None = None) -> Plan:
    return plan(question(users, 25.0, None), COSTS, ASSUMED, memory_gb=memory_gb)


# ---- what is kept is what comes out ----------------------------------------------------------------------------------


def test_the_shipped_figures_are_those_of_the_results() -> None:
    wanted = measured.encode(measured.read(RESULTS))
    assert measured.SHIPPED.read_bytes() == wanted, "python tools/capacity.py brings them up to date"


@pytest.mark.parametrize("name", [committed.PAGE, *committed.KEPT])
def test_the_kept_files_are_what_the_command_writes(name: str) -> None:
    wanted = committed.files(ROOT, FIGURES, ASSUMED)
    if ROOT / name not in wanted:
        assert not (ROOT / name).exists()
        return
    assert (ROOT / name).read_text() == wanted[ROOT / name], "python tools/capacity.py brings it up to date"


def test_the_table_of_the_page_is_that_of_the_command() -> None:
    page = (ROOT / committed.PAGE).read_text()
    assert asked("--table") == page.partition(committed.BEGIN)[2].partition(committed.END)[0]


# ---- the document's values -------------------------------------------------------------------------------------------


def test_the_28_gb_machine_gets_the_values_of_the_document() -> None:
    text = asked("--users", "50000", "--memory", "28", "--emit", "postgres")
    for line in (
        "max_connections = 500 ",
        "shared_buffers = 2GB ",
        "effective_cache_size = 6GB ",
        "work_mem = 16MB ",
        "max_parallel_workers = 8 ",
    ):
        assert f"\n{line}" in text
    text = asked("--users", "50000", "--memory", "28", "--emit", "redis")
    for line in ("maxmemory 3gb", "maxclients 10000", "io-threads 4"):
        assert f"\n{line}\n" in text


@pytest.mark.parametrize("users", TIERS)
def test_all_pools_together_stay_below_the_alarm(users: int) -> None:
    found = planned(users)
    server = tuning.postgres(found.server, found.cell.connections)
    processes = {name: part.processes for name, part in found.cell.parts.items()}
    assert connections_of(processes, found.cell.pool) == found.cell.connections
    assert found.cell.connections < 0.8 * server.max_connections
    with pytest.raises(tuning.TooManyConnections):
        tuning.postgres(found.server, 400)


# ---- the arithmetic --------------------------------------------------------------------------------------------------


@limits(deadline=None)
@given(OTHER_SIZES)
def test_the_machines_hold_what_is_needed(about: Any) -> None:
    found = plan(about, COSTS, ASSUMED)
    assert sum(m.count * m.cores for m in found.machines) >= found.total.cores * 0.999
    assert found.cell.question.users <= ASSUMED.cell_users_max
    server = found.server
    assert server.memory_gb * 0.75 >= found.cell.hot_gb
    database = next(m for m in found.machines if m.name in ("database", "everything"))
    assert database.disk_gb >= found.cell.disk_gb
    assert 0 < found.cost_month[0] < found.cost_month[1]


@limits(deadline=None)
@given(OTHER_SIZES)
def test_more_people_never_need_less(about: Any) -> None:
    more = msgspec.structs.replace(about, users=about.users + 1000, people=about.people + 1_000_000)
    less, larger = needs(about, COSTS, ASSUMED), needs(more, COSTS, ASSUMED)
    assert larger.cores >= less.cores
    assert larger.memory_gb >= less.memory_gb
    assert larger.disk_gb >= less.disk_gb


def test_everything_is_on_one_machine_until_it_is_too_small() -> None:
    assert planned(1_000).machines[0].name == "everything"
    several = planned(100_000)
    assert {m.name for m in several.machines} == {"nginx", "web", "live", "database", "redis"}
    assert next(m.count for m in several.machines if m.name == "database") == 3
    assert planned(1_000_000).cells == 10


def test_the_cost_is_that_of_the_machines() -> None:
    found = planned(10_000)
    prices = ASSUMED.prices
    (machine,) = found.machines
    for end in (0, 1):
        hour = machine.cores * prices.cpu_hour[end] + machine.memory_gb * prices.memory_gb_hour[end]
        wanted = hour * prices.hours_of_month + machine.disk_gb * prices.disk_gb_month[end]
        assert found.cost_month[end] == pytest.approx(wanted)


def test_a_smaller_server_gets_less_of_everything() -> None:
    small = tuning.postgres(Server(4 * 2 / 7, 2, 4), 50)
    assert (small.max_connections, small.shared_buffers_mb, small.work_mem_mb) == (100, 256, 8)
    assert small.effective_cache_size_mb == 768


# ---- where figures come from -----------------------------------------------------------------------------------------


def run(folder: Path, name: str, **changes: Any) -> None:
    """A result of the load rig, with what this run changed."""
    kinds = {
        kind: {"cpu_s": cpu_s, "memory_mb_max": 500.0, "processes": 2, "files_max": 9, "cores": 1.0}
        for kind, cpu_s in (("web", 120.0), ("live", 24.0), ("postgres", 96.0), ("worker", 12.0))
    }
    values: dict[str, Any] = {
        "date": "2026-11-27T10:00:00+00:00", "commit": "abc1234", "users": 10_000, "mean_seconds": 25.0, "people": 2_000_000,
        "seconds": 300.0, "achieved_per_s": 400.0, "p50_ms": 8.0, "p95_ms": 31.0, "p99_ms": 80.0, "errors": 0,
        "updates_lost": 0, "boards_stale": 0, "usage": {"seconds": 300.0, "kinds": kinds},
    }  # fmt: skip
    (folder / name).write_text(json.dumps(values | changes))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("latest.json", "sizes.json"):
        shutil.copy(RESULTS / name, tmp_path / name)
    return tmp_path


def test_a_result_with_and_without_the_ratios_to_the_peers_is_planned_with_alike(folder: Path) -> None:
    path = folder / "latest.json"
    values: dict[str, Any] = json.loads(path.read_text())
    works: dict[str, dict[str, Any]] = values["work"]
    for ratios in ({}, {"vs_ceiling": 1.4, "vs_usual": 10.7}, {"vs_ceiling": None, "vs_usual": None}):
        for work in works.values():
            for name in ("vs_ceiling", "vs_usual"):
                work.pop(name, None)
            work |= ratios
        path.write_text(json.dumps(values))
        assert measured.read(folder).bench == FIGURES.bench


def test_a_sound_run_of_the_whole_mix_replaces_single_works(folder: Path) -> None:
    run(folder, "load-10000.json")
    found = costs.costs(measured.read(folder), ASSUMED).request
    assert {name: (cost.value, cost.how) for name, cost in found.items()} == {
        "web": (1000.0, "measured"),
        "live": (200.0, "measured"),
        "postgres": (800.0, "measured"),
        "worker": (100.0, "measured"),
        "nginx": (ASSUMED.nginx_us, "assumed"),
        "redis": (ASSUMED.redis_us, "assumed"),
    }
    assert found["web"].source.startswith("load-10000.json, 2026-11-27, commit abc1234: 10,000 users, 400 requests/s")


def test_a_run_in_which_something_went_wrong_is_shown_and_not_planned_with(folder: Path) -> None:
    run(folder, "load-10000.json", updates_lost=1)
    found = measured.read(folder)
    assert costs.costs(found, ASSUMED).request["web"].how == "worked out"
    table = asked("--table", "--results", str(folder))
    assert "p50 8, p95 31, p99 80 ms, 1 wrong (load-10000.json)" in table
    run(folder, "load-10000-again.json", date="2026-11-28T10:00:00+00:00", p95_ms=29.0)
    table = asked("--table", "--results", str(folder))
    assert "p50 8, p95 29, p99 80 ms (load-10000-again.json)" in table
    assert table.count("no: extrapolated") == len(TIERS) - 1


def test_the_tiers_of_one_report_are_runs_of_their_own(folder: Path) -> None:
    run(folder, "load-tiers.json")
    last = json.loads((folder / "load-tiers.json").read_text())
    first = last | {"users": 5_000, "achieved_per_s": 200.0, "p95_ms": 12.0}
    run(folder, "load-tiers.json", tiers=[first, last])
    assert [(each.users, each.p95_ms) for each in measured.read(folder).runs] == [(5_000, 12.0), (10_000, 31.0)]


def test_a_run_that_was_mostly_idle_is_not_planned_with(folder: Path) -> None:
    kinds = {kind: {"cpu_s": 3.0, "memory_mb_max": 90.0, "processes": 1} for kind in ("web", "postgres", "worker")}
    run(folder, "load-100.json", users=100, achieved_per_s=4.0, usage={"seconds": 300.0, "kinds": kinds})
    assert costs.costs(measured.read(folder), ASSUMED).request["web"].how == "worked out"


def test_the_largest_seeding_says_how_large_a_person_is(folder: Path) -> None:
    (folder / "seed-10m.json").write_text(
        json.dumps({"date": "2026-11-27", "commit": "abc1234", "people": 10_000_000, "bytes_per_person": 3_800})
    )
    found = costs.costs(measured.read(folder), ASSUMED).person_bytes
    assert (found.value, found.source) == (
        3_800,
        "seed-10m.json, 2026-11-27, commit abc1234: 10,000,000 people with their visits",
    )


def test_the_page_says_of_every_figure_where_it_comes_from() -> None:
    page = asked("--users", "50000")
    assert "2,000 requests a second; 10,000,000 people on file" in page
    for cost in COSTS.all():
        assert re.search(
            rf"^  {cost.how} +{re.escape(cost.words)}: .*\({re.escape(cost.source)}\)$", page, re.MULTILINE
        )
    assert re.search(r"A month costs [\d,]+ to [\d,]+ USD", page)


def test_programs_get_the_same_as_json() -> None:
    found = json.loads(asked("--users", "50000", "--mean-seconds", "10", "--people", "1000000", "--json"))
    assert found["plan"]["question"] == {"users": 50_000, "mean_seconds": 10.0, "people": 1_000_000}
    assert {cost["how"] for cost in found["costs"]} <= {"measured", "worked out", "assumed"}
    machines = msgspec.convert(found["plan"]["machines"], list[Machine])
    assert machines


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Say for how many"),
        (("--users", "100000", "--mean-seconds", "25", "--memory", "4", "--emit", "postgres"), "may open"),
    ],
)
def test_what_cannot_be_planned_is_said_in_words(arguments: tuple[str, ...], words: str) -> None:
    done = CliRunner().invoke(plan_, arguments)
    assert done.exit_code in (1, 2)
    assert words in done.output


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(plan_, ["--users", "5", "--results", str(tmp_path)])
    assert (done.exit_code, "has no latest.json" in done.output) == (1, True)


# ---- what is written is accepted -------------------------------------------------------------------------------------


VALUES = {"postgres": r"^\w+ = ", "nginx": r";( #|$)", "compose": r"(cpus|[A-Z]|shm_size)\S*: "}


@pytest.mark.parametrize("users", ["1000", "50000", "1000000"])
@pytest.mark.parametrize("name", VALUES)
def test_every_value_has_its_reason(name: str, users: str) -> None:
    """Behind it, or in the line before it."""
    lines = asked("--users", users, "--emit", name).splitlines()
    values = [(before, line) for before, line in itertools.pairwise(lines) if re.search(VALUES[name], line)]
    bare = [line for before, line in values if " # " not in line and not before.strip().startswith("#")]
    assert len(values) > 7
    assert bare == []


def test_every_group_of_redis_settings_has_its_reason() -> None:
    groups = asked("--users", "50000", "--emit", "redis").split("\n\n")
    assert [group for group in groups[1:] if not group.startswith(("# ", "port "))] == []


@pytest.mark.parametrize("users", ["1000", "50000", "1000000"])
def test_postgresql_accepts_its_settings(users: str) -> None:
    program = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))), None)
    if program is None:
        pytest.skip("no PostgreSQL of the system: apt-get install postgresql-15")
    # It refuses to run as root, even to read a file.
    account = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
    with TemporaryDirectory() as folder:
        path = Path(folder) / "postgresql.conf"
        path.write_text(asked("--users", users, "--emit", "postgres"))
        for each in (path, path.parent):
            os.chown(each, -1 if account is None else account, -1)
        # `-C` reads the whole file, refuses what it does not know or what cannot be, and says one value.
        command = [program, "-C", "work_mem", "-D", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False, user=account)
    assert done.returncode == 0, done.stderr


def test_nginx_accepts_its_settings(tmp_path: Path) -> None:
    program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if program is None:
        pytest.skip("no nginx: apt-get install nginx")
    text = asked("--users", "1000000", "--emit", "nginx")
    path = tmp_path / "nginx.conf"
    path.write_text(f"pid {tmp_path}/pid;\nerror_log {tmp_path}/errors;\n{text}")
    done = subprocess.run([program, "-t", "-q", "-c", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("users", ["1000", "50000", "1000000"])
def test_kubernetes_accepts_the_manifests(users: str) -> None:
    kinds: list[str] = []
    for found in yaml.safe_load_all(asked("--users", users, "--emit", "kubernetes")):
        kinds.append(found["kind"])
        if found["kind"] != "Cluster":  # the operator's own kind; its schema does not come with Kubernetes
            kubernetes_validate.validate(found, "1.31", strict=True)
    assert {"Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Ingress", "Cluster"} <= set(kinds)


@pytest.mark.parametrize("users", ["1000", "50000", "1000000"])
def test_the_pods_together_stay_within_the_databases_connections(users: str) -> None:
    found = {
        (each["kind"], each["metadata"]["name"]): each
        for each in yaml.safe_load_all(asked("--users", users, "--emit", "kubernetes"))
    }
    pool = int(found["ConfigMap", "wardline-settings"]["data"]["WARDLINE_DATABASE_CONNECTIONS"])
    workers = next(
        int(each["value"])
        for each in found["Deployment", "web"]["spec"]["template"]["spec"]["containers"][0]["env"]
        if each["name"] == "WARDLINE_WORKERS"
    )
    most = {
        "web": found["HorizontalPodAutoscaler", "web"]["spec"]["maxReplicas"] * workers,
        "live": found["HorizontalPodAutoscaler", "live"]["spec"]["maxReplicas"],
        "worker": found["Deployment", "worker"]["spec"]["replicas"],
    }
    parameters = found["Cluster", "wardline-database"]["spec"]["postgresql"]["parameters"]
    assert connections_of(most, pool) < 0.8 * int(parameters["max_connections"])


def test_the_manifests_name_only_settings_that_exist() -> None:
    text = "\n".join(asked("--users", "50000", "--emit", name) for name in EMITTED)
    known = {setting.name for setting in settings.TABLE}
    assert set(re.findall(r"\bWARDLINE_[A-Z_]+\b", text)) <= known


def test_compose_gets_the_parts_of_one_machine() -> None:
    found = yaml.safe_load(asked("--users", "50000", "--memory", "28", "--emit", "compose"))["services"]
    assert set(found) == {"postgres", "redis", "web-1", "web-2", "live-1", "live-2", "worker", "nginx"}
    limits = {name: part["deploy"]["resources"]["limits"] for name, part in found.items()}
    assert limits["postgres"]["memory"] == "9216m"
    memory = sum(int(limit["memory"].removesuffix("m")) for limit in limits.values())
    assert memory <= 28 * 1024
    processes = {
        "web": 2 * int(found["web-1"]["environment"]["WARDLINE_WORKERS"]),
        "live": 2 * int(found["live-1"]["environment"]["WARDLINE_WORKERS"]),
        "worker": 1,
    }
    pool = int(found["web-1"]["environment"]["WARDLINE_DATABASE_CONNECTIONS"])
    assert connections_of(processes, pool) < 400
