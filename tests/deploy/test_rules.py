"""What watches the product: rules, alarms and dashboards name only figures that exist, and do what the promises say."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.client import Client
from tests.platform.test_jobs import NoRecord
from wardline.platform.db import Pool
from wardline.platform.jobs import Work
from wardline.platform.metrics import METRICS
from wardline.platform.worker import Worker

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = sorted((PROMETHEUS / "rules").glob("*.yml"))
DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))
PAGE = (ROOT / "docs" / "operations" / "monitoring.md").read_text()
WORDS = {"and", "or", "unless", "bool", "by", "without", "on", "ignoring", "group_left", "group_right", "offset", "inf"}
EVERYWHERE = {"instance", "job", "process", "le"}
PROMETHEUS_OWN = {"up": set[str](), "ALERTS": {"alertname", "alertstate", "severity"}}
Known = dict[str, set[str]]


def documented() -> Known:
    """The figures of the table in docs/operations/monitoring.md with their labels."""
    table = PAGE.partition("## The figures")[2].partition("\n## ")[0]
    found: Known = {}
    for names, labels in re.findall(r"^\| (`[^|]+) \|([^|]*)\|", table, flags=re.MULTILINE):
        for name in re.findall(r"`(\w+)`", names):
            found[name] = set(re.findall(r"\w+", labels))
    return found


def exported() -> Known:
    """Figures of the exporters, as they were read from them."""
    lines = [line.split() for line in (PROMETHEUS / "exporter-metrics.txt").read_text().splitlines()]
    return {line[0]: set(line[1].split(",")) if len(line) > 1 else set() for line in lines if line[0] != "#"}


def recorded() -> dict[str, str]:
    """Recording rules with what they record."""
    text = "\n".join(re.sub(r"^\s*#.*\n", "", path.read_text(), flags=re.MULTILINE) for path in RULES)
    return dict(re.findall(r"- record: (\S+)\n\s+expr: (.+)", text))


def known() -> Known:
    """Everything a rule or dashboard may name; a histogram under its three names; a recording with its parts' labels."""
    found = documented() | exported() | PROMETHEUS_OWN
    for name, labels in list(found.items()):
        if "le" in labels:
            found |= {f"{name}{suffix}": labels for suffix in ("_bucket", "_count", "_sum")}
    records = recorded()
    for _ in records:
        for name, expression in records.items():
            found[name] = set().union(*(found.get(part, set()) for part in names_in(expression)))
    return found


def names_in(expression: str) -> set[str]:
    """The metrics of an expression."""
    bare = re.sub(r'"[^"]*"', "", expression)
    bare = re.sub(r"\{[^}]*\}|\b(by|without|on|ignoring)\s*\([^)]*\)", " ", bare)
    return {name for name in re.findall(r"(?<![\w:.])[a-zA-Z_][\w:]*\b(?!\s*\()", bare) if name not in WORDS}


def labels_in(expression: str) -> set[str]:
    """The labels of an expression: matched, or grouped by."""
    bare = re.sub(r'"[^"]*"', "", expression)
    groups = re.findall(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)", bare)
    matchers = re.findall(r"\{([^}]*)\}", bare)
    return {name for text in groups for name in re.findall(r"\w+", text)} | {
        name for text in matchers for name in re.findall(r"(\w+)\s*[=!]", text)
    }


def rule_expressions() -> Iterator[tuple[str, str, str]]:
    """Where, the expression, and what else the rule says."""
    for path in RULES:
        _, *rules = re.split(r"^\s+- (?=record:|alert:)", path.read_text(), flags=re.MULTILINE)
        for rule in rules:
            name, expression = re.findall(r"^(?:record|alert): (\S+)$|^\s+expr: (.+)$", rule, flags=re.MULTILINE)
            yield f"{path.name}: {name[0]}", expression[1], rule


def dashboard_expressions() -> Iterator[tuple[str, str, str]]:
    for path in DASHBOARDS:
        board = json.loads(path.read_text())
        for panel in board["panels"]:
            for target in panel["targets"]:
                yield f"{path.name}: {panel['title']}", target["expr"], target.get("legendFormat", "")
        for note in board["annotations"]["list"]:
            yield f"{path.name}: {note['name']}", note["expr"], note["titleFormat"]
        for variable in board["templating"]["list"]:
            metric, label = re.findall(r"label_values\((\w+), (\w+)\)", variable["query"]["query"])[0]
            yield f"{path.name}: {variable['name']}", metric, f"{{{{{label}}}}}"


def shown_labels(words: str) -> set[str]:
    """Labels in a legend or an alarm's words."""
    return set(re.findall(r"\{\{\s*(?:\$labels\.)?([a-z_]+)\s*\}\}", words))


def test_rules_and_dashboards_name_only_what_exists() -> None:
    there = known()
    wrong: list[str] = []
    for where, expression, words in [*rule_expressions(), *dashboard_expressions()]:
        names = names_in(expression)
        wrong += [f"{where}: no figure {name}" for name in names if name not in there]
        labels = EVERYWHERE.union(*(there.get(name, set()) for name in names))
        named = labels_in(expression) | shown_labels(words)
        wrong += [f"{where}: no label {label}" for label in named if label not in labels]
    assert not wrong, "\n".join(wrong)
    assert len(list(dashboard_expressions())) > 80


async def test_the_documented_figures_are_those_of_the_product(client: Client) -> None:
    """Names both ways; and no figure has a label that is not in the table."""
    for path in ("/wards", "/tasks", f"/wards/{client.world.a.ward_id}"):
        assert (await client.get(path, as_="nurse_a", html=True)).status_code == 200
    pool = Pool(client.world.owner_url, size=2)
    worker = Worker(client.world.owner_url, pool, NoRecord(), lambda _: None, metrics=METRICS)
    ticks = {tick.name: tick for tick in worker._own_ticks()}
    await ticks["upkeep.database_figures"].run(Work(pool, NoRecord(), lambda _: None, name="test", request_id="test-1"))
    text = client.app.figures.exposition().decode()
    await pool.close()
    table = documented()
    of_redis = {name for name in table if name.startswith("wardline_redis_")}  # there when a Redis is
    assert set(re.findall(r"^# TYPE (\S+)", text, flags=re.MULTILINE)) | of_redis == set(table)
    assert len(of_redis) == 3
    wrong = [
        f"{sample.name}: {sample.labels}"
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if set(sample.labels) - {"process"} - table.get(family.name, table.get(f"{family.name}_total", set()))
    ]
    assert not wrong, wrong[:5]
    assert 'wardline_tenant_requests_total{process="' in text
    assert re.search(r"^wardline_database_connections_max\{.*\} [1-9]", text, flags=re.MULTILINE)


def promtool(*arguments: str, text: str | None = None) -> None:
    program = shutil.which("promtool")
    if program is None:
        assert not os.environ.get("CI"), "CI must install promtool"
        pytest.skip("no promtool on this machine: apt-get install prometheus")
    done = subprocess.run([program, *arguments], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_accepts_the_rules() -> None:
    promtool("check", "rules", *map(str, RULES))


@pytest.mark.parametrize("path", sorted((PROMETHEUS / "tests").glob("*.yml")), ids=lambda path: path.stem)
def test_the_alarms_sound_at_their_thresholds(path: Path) -> None:
    promtool("test", "rules", str(path))


def test_every_alarm_is_tested_and_says_what_to_do_about_sleep() -> None:
    tested = "\n".join(path.read_text() for path in (PROMETHEUS / "tests").glob("*.yml"))
    alarms = [name for path in RULES for name in re.findall(r"- alert: (\S+)", path.read_text())]
    assert [name for name in alarms if f'alertname="{name}"' not in tested] == []
    severities = [found for path in RULES for found in re.findall(r"severity: (\w+)", path.read_text())]
    assert len(severities) == len(alarms)
    assert set(severities) == {"wake", "look"}
    promised = re.findall(r"- alert: (\S+)", (PROMETHEUS / "rules" / "promises.yml").read_text())
    assert sorted(re.findall(r"^\| .* \| (Wardline\w+) \|", PAGE, flags=re.MULTILINE)) == sorted(promised)


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_whole(path: Path, tmp_path: Path) -> None:
    board = json.loads(path.read_text())
    assert board["uid"] == f"wardline-{path.stem}"
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    sources = {json.dumps(target["datasource"]) for panel in panels for target in panel["targets"]}
    assert sources == {'{"type": "prometheus", "uid": "wardline-prometheus"}'}
    covered: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & covered, panel["title"]
        assert at["x"] + at["w"] <= 24, panel["title"]
        covered |= cells
    expressions = [target["expr"] for panel in panels for target in panel["targets"]]
    rules = [{"record": f"check:{number}", "expr": each} for number, each in enumerate(expressions)]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "check", "rules": rules}]}))
    promtool("check", "rules", str(tmp_path / "rules.yml"))
