"""The files of deploy/: sound by the judgement of those who read them, and closed by default."""

import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509

from deploy import secrets
from deploy.local.programs import found
from tests.deploy.topology import in_ci
from tests.test_docs import ROOT
from wardline.platform import settings

DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONCE = {"secrets", "migrate", "store-init"}
OURS = {"secrets", "migrate", "web-1", "web-2", "live-1", "live-2", "worker"}
TIER_GIGABYTES = 28


def test_the_compose_file_follows_its_schema() -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    command = [checker, "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_everything_that_is_promised_is_there() -> None:
    promised = {"nginx", "web-1", "web-2", "live-1", "worker", "migrate", "postgres", "redis", "store", "prometheus"}
    promised |= {"grafana", "postgres-exporter", "redis-exporter", "nginx-exporter", "node-exporter"}
    assert promised <= {name for name, service in SERVICES.items() if "profiles" not in service}
    assert {name for name, service in SERVICES.items() if "profiles" in service} == {"pgadmin", "redis-commander"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_limits_a_health_and_no_rights(name: str) -> None:
    service = SERVICES[name]
    limits = service["deploy"]["resources"]["limits"]
    assert {"cpus", "memory", "pids"} <= limits.keys()
    assert "no-new-privileges:true" in service["security_opt"]
    assert service.get("privileged") is None
    if "profiles" not in service:
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
    assert service["restart"] == ("no" if name in ONCE else "unless-stopped")
    from_image = name in OURS or name == "redis-commander"  # their images bring a health check
    assert "healthcheck" in service or from_image or name in ONCE


def test_who_needs_another_waits_until_it_is_well() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if other in ONCE else "service_healthy"
            assert how["condition"] == wanted, f"{name} on {other}"
    assert set(SERVICES["nginx"]["depends_on"]) == {"web-1", "web-2", "live-1", "live-2"}
    assert set(SERVICES["web-1"]["depends_on"]) >= {"migrate", "redis", "store-init"}


def test_only_the_pages_are_published_beyond_this_machine() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == ["${PAGE_PORT:-3001}:3001"]
    assert "127.0.0.1:${PROGRAM_PORT:-8000}:8000" in ports


def test_no_secret_stands_in_the_file() -> None:
    for name, service in SERVICES.items():
        environment: dict[str, str] = service.get("environment", {})
        for key, value in environment.items():
            if re.search(r"PASS|SECRET|TOKEN|KEY|DATABASE_URL|REDIS_URL", key):
                assert key.endswith("_FILE"), f"{name}: {key}"
                assert value.startswith("/run/secrets/")


def test_every_secret_that_is_read_is_made(tmp_path: Path) -> None:
    secrets.Secrets(tmp_path, postgres="postgres:5432", redis="redis:6379").make(["ward.example"])
    text = "\n".join(path.read_text() for path in DEPLOY.rglob("*") if path.suffix in (".yaml", ".yml", ".conf", ".sh"))
    read = set(re.findall(r"/run/secrets/([\w-]+/[\w.-]+)", text))
    made = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert read <= made
    assert {name.partition("/")[0] for name in made} == set(secrets.OWNERS)


def test_the_settings_of_compose_are_settings() -> None:
    for name in OURS - {"secrets"}:
        assert settings.unknown(SERVICES[name]["environment"]) == [], name


def test_the_limits_fit_the_tier() -> None:
    units = {"g": 1024**3, "m": 1024**2}
    sizes = [
        service["deploy"]["resources"]["limits"]["memory"] for service in SERVICES.values() if "profiles" not in service
    ]
    once = [SERVICES[name]["deploy"]["resources"]["limits"]["memory"] for name in ONCE]
    total = sum(int(size[:-1]) * units[size[-1]] for size in sizes) - sum(
        int(size[:-1]) * units[size[-1]] for size in once
    )
    assert total <= TIER_GIGABYTES * 1024**3


def test_what_is_mounted_is_there_and_every_volume_is_declared() -> None:
    for service in SERVICES.values():
        for mount in service.get("volumes", []):
            source = mount.partition(":")[0]
            if source.startswith("./"):
                assert (DEPLOY / source).exists(), source
            elif not source.startswith("/"):
                assert source in COMPOSE["volumes"], source


# ---- secrets ---------------------------------------------------------------------------------------------------------


def test_secrets_are_made_once_and_closed(tmp_path: Path) -> None:
    made = secrets.Secrets(tmp_path, postgres="postgres:5432", redis="redis:6379")
    made.make(["ward.example", "10.1.2.3"])
    first = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    made.make(["other.example"])
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == first
    assert {stat.S_IMODE(path.stat().st_mode) for path in first} == {0o400}
    passwords = [text for path, text in first.items() if path.name.endswith(("-password", "secret"))]
    assert min(map(len, passwords)) >= settings.SECRET_LENGTH_MIN


def test_what_is_there_already_is_used(tmp_path: Path) -> None:
    (tmp_path / "nginx").mkdir()
    (tmp_path / "nginx" / "certificate.pem").write_text("the hospital's own")
    secrets.Secrets(tmp_path, postgres="postgres:5432", redis="redis:6379").make(["ward.example"])
    assert (tmp_path / "nginx" / "certificate.pem").read_text() == "the hospital's own"
    assert not (tmp_path / "nginx" / "key.pem").exists()


def test_the_certificate_is_for_the_given_names() -> None:
    _, text = secrets.self_signed(["ward.example", "10.1.2.3"])
    certificate = x509.load_pem_x509_certificate(text.encode())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["ward.example"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.1.2.3"]


# ---- nginx, PostgreSQL, Redis, Prometheus read their own files --------------------------------------------------


def program(name: str) -> str:
    place = found(name)
    if place is None:
        assert not in_ci(), f"{name} is not on this machine"
        pytest.skip(f"{name} is not on this machine")
    return str(place)


def test_nginx_accepts_what_compose_mounts(tmp_path: Path) -> None:
    """Debian's nginx is older than the image's: two words of the newer one are put as the older one wants them, and
    the names of the containers, which nobody knows here, become this machine."""
    folder = tmp_path / "nginx"
    (folder / "here").mkdir(parents=True)
    for path in (DEPLOY / "nginx").glob("*.conf"):
        (folder / path.name).write_text(path.read_text())
    key, certificate = secrets.self_signed(["localhost"])
    (tmp_path / "key.pem").write_text(key)
    (tmp_path / "certificate.pem").write_text(certificate)
    for path in (DEPLOY / "nginx" / "compose").glob("*.conf"):
        text = (
            path.read_text()
            .replace(" resolve ", " ")
            .replace("http2 on;\n", "")
            .replace(" ssl reuse", " ssl http2 reuse")
        )
        text = re.sub(r"\b(web|live)-(\d):8000", lambda found: f"127.0.0.{found[2]}:8000", text)
        text = text.replace("/tmp/", f"{tmp_path}/").replace("/run/secrets/nginx", str(tmp_path))
        (folder / "here" / path.name).write_text(text)
    done = subprocess.run(
        [program("nginx"), "-t", "-p", folder, "-c", folder / "nginx.conf"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr.replace("could be ignored", "")


def test_compose_and_run_local_differ_only_in_here() -> None:
    included = set(re.findall(r"include here/(\w+)\.conf", (DEPLOY / "nginx" / "nginx.conf").read_text()))
    assert {path.stem for path in (DEPLOY / "nginx" / "compose").glob("*.conf")} == included


def test_prometheus_accepts_its_file(tmp_path: Path) -> None:
    text = (DEPLOY / "prometheus" / "prometheus.yml").read_text()
    token = tmp_path / "metrics-token"
    token.write_text("x")
    file = tmp_path / "prometheus.yml"
    file.write_text(
        text.replace("/run/secrets/prometheus/metrics-token", str(token)).replace(
            "rules/", f"{DEPLOY}/prometheus/rules/"
        )
    )
    done = subprocess.run([program("promtool"), "check", "config", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# ---- the image -------------------------------------------------------------------------------------------------------


def test_the_image_is_built_from_the_locks_and_runs_without_rights() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    stages = text.split("\nFROM ")
    assert len(stages) == 3
    assert "tools/setup.py" in stages[1]
    assert not re.search(r"index-url|registry|https?://", text)
    last = stages[2]
    assert re.search(r"^USER 10001:10001$", last, re.MULTILINE)
    assert last.index("COPY --from=build") < last.index("USER ")
    assert "HEALTHCHECK" in last
    assert secrets.OWNERS["app"] == 10001


def test_what_is_private_stays_out_of_the_image() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {".git", ".venv", "data", "node_modules"} <= set(ignored)
