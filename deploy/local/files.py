"""The configuration files, as this machine needs them: those of deploy/ beside what compose.yaml mounts otherwise."""

import grp
import os
import pwd
import re
import shutil
from pathlib import Path

from deploy.local.layout import (
    FIGURES,
    HERE,
    LOOPBACK,
    OF_NGINX,
    OF_NODE,
    OF_POSTGRES,
    OF_REDIS,
    POSTGRES,
    REDIS,
    Layout,
    files_per_process,
)
from deploy.secrets import Secrets
from wardline.platform.processes import Account

RESERVED_FILES = 200  # logs, listeners, the cache
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def write_all(layout: Layout, account: Account | None) -> None:
    """Make the folders, the secrets and every configuration file. What is a secret or data is left when it is there."""
    for folder in ("postgres", "redis", "nginx/here", "nginx/static", "nginx/temporary", "prometheus/data", "wardline"):
        (layout.data / folder).mkdir(parents=True, exist_ok=True, mode=0o711)
    make_secrets(layout, account)
    shutil.copytree(HERE / "nginx", layout.data / "nginx", dirs_exist_ok=True, ignore=shutil.ignore_patterns("compose"))
    for name, text in nginx_files(layout, account).items():
        (layout.data / "nginx" / "here" / f"{name}.conf").write_text(text)
    for name in ("postgresql.conf", "pg_hba.conf"):
        shutil.copy(HERE / "postgres" / name, layout.data / "postgres" / name)
    shutil.copy(HERE / "redis" / "redis.conf", layout.data / "redis" / "redis.conf")
    write_prometheus(layout)
    if account is not None:
        for folder in ("postgres", "redis", "nginx/static", "nginx/temporary", "prometheus"):
            own(layout.data / folder, account)


def make_secrets(layout: Layout, account: Account | None) -> None:
    """The secrets of a deployment; each program's own belong to the account that runs it."""
    postgres, redis = (f"{LOOPBACK}:{layout.port(offset)}" for offset in (POSTGRES, REDIS))
    made = Secrets(layout.secrets, postgres=postgres, redis=redis)
    made.make([LOOPBACK, "localhost"])
    layout.secrets.chmod(0o711)
    if account is not None:
        made.give(dict.fromkeys(("postgres", "redis", "prometheus", "exporters"), account.user_id))


def own(folder: Path, account: Account) -> None:
    """Give a folder and what is in it to the account; a running server's data are its own already."""
    os.chown(folder, account.user_id, account.group_id)
    for path in folder.iterdir():
        os.chown(path, account.user_id, account.group_id, follow_symlinks=False)


def nginx_files(layout: Layout, account: Account | None) -> dict[str, str]:
    """What stands in here/ on this machine, by file name."""
    folder = layout.data / "nginx"
    connections = files_per_process() - RESERVED_FILES
    temporary = "".join(f"{name}_temp_path {folder}/temporary/{name};\n" for name in TEMPORARY)
    log = f"{folder}/access.log wardline buffer=64k flush=1s" if layout.log_requests else "off"
    cache = f"{folder}/static levels=1:2 keys_zone=static:10m max_size=64m inactive=30d use_temp_path=off"
    secret = layout.secrets / "nginx"
    return {
        "main": f"{run_as(account)}daemon off;\nworker_processes {layout.nginx_workers};\n"
        f"worker_rlimit_nofile {files_per_process()};\nworker_shutdown_timeout 5s;\npid {folder}/pid;\n"
        "error_log stderr crit;\n",
        "events": f"worker_connections {connections};\n",
        "http": f"access_log {log};\n{temporary}proxy_cache_path {cache};\n",
        "page": f"listen {LOOPBACK}:{layout.page_port} ssl http2 reuseport backlog=4096;\n"
        f"ssl_certificate {secret}/certificate.pem;\nssl_certificate_key {secret}/key.pem;\n",
        "program": f"listen {LOOPBACK}:{layout.program_port} reuseport backlog=4096;\n",
        "figures": f"listen {LOOPBACK}:{layout.port(FIGURES)};\n",
        "web": servers([layout.web_port(number) for number in range(1, layout.web + 1)]),
        "live": servers([layout.live_port(number) for number in range(1, layout.live + 1)]),
    }


def run_as(account: Account | None) -> str:
    """Who nginx's workers are, by name."""
    if account is None:
        return ""
    return f"user {pwd.getpwuid(account.user_id).pw_name} {grp.getgrgid(account.group_id).gr_name};\n"


def servers(ports: list[int]) -> str:
    """The servers of an upstream; the options are those of compose.yaml."""
    return "".join(f"server {LOOPBACK}:{port} max_fails=3 fail_timeout=5s;\n" for port in ports)


def write_prometheus(layout: Layout) -> None:
    """The scrape configuration with this machine's addresses in the place of the containers', and the rules."""
    folder = layout.data / "prometheus"
    text = (HERE / "prometheus" / "prometheus.yml").read_text()
    for name, offset in {
        "postgres-exporter:9187": OF_POSTGRES,
        "redis-exporter:9121": OF_REDIS,
        "nginx-exporter:9113": OF_NGINX,
        "node-exporter:9100": OF_NODE,
    }.items():
        text = text.replace(name, f"{LOOPBACK}:{layout.port(offset)}")
    text = text.replace("live-1:8000", f"{LOOPBACK}:{layout.live_port(1)}")
    text = re.sub(r"/run/secrets/prometheus/", f"{layout.secrets}/prometheus/", text)
    (folder / "prometheus.yml").write_text(text)
    shutil.copytree(HERE / "prometheus" / "rules", folder / "rules", dirs_exist_ok=True)
