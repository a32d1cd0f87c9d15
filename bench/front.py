"""An nginx in front of a web server, with the wall against floods of docs/operations/overload.md."""

import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.stage import free_port

CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
events {{ worker_connections 8000; }}
http {{
    access_log off;
    client_body_temp_path {folder};
    proxy_temp_path {folder};
    fastcgi_temp_path {folder};
    uwsgi_temp_path {folder};
    scgi_temp_path {folder};
    keepalive_requests 1000000;
    map "$request_method $uri" $flood {{
        default "";
        "~^(?:GET|HEAD) /(?!sessions|sign-in|live|static/)" reads;
    }}
    map $msec $again {{ ~[0-3]$ 3; ~[4-6]$ 6; default 9; }}
    limit_req_zone $flood zone=flood:1m rate={per_second}r/s;
    upstream web {{ server 127.0.0.1:{port}; keepalive 512; keepalive_requests 1000000; }}
    server {{
        listen 127.0.0.1:{own} backlog=4096;
        location / {{
            limit_req zone=flood burst={burst} nodelay;
            limit_req_status 530;
            error_page 530 =503 @flooded;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header X-Request-Start "t=${{msec}}";
            proxy_pass http://web;
        }}
        location @flooded {{
            internal;
            default_type application/problem+json;
            add_header Retry-After $again always;
            add_header Cache-Control no-store always;
            return 503 '{{"type":"urn:wardline:problem:busy","title":"Too much work at once; try again in a moment","status":503,"code":"busy"}}';
        }}
    }}
}}
"""


@contextmanager
def nginx(port: int, per_second: int) -> Generator[int]:
    """The port of an nginx that lets so many reads a second through to this port."""
    with TemporaryDirectory(prefix="wardline-front-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with _running(folder, port, per_second) as own:
            yield own


@contextmanager
def _running(folder: Path, port: int, per_second: int) -> Generator[int]:
    own = free_port()
    file = folder / "nginx.conf"
    file.write_text(
        CONFIGURATION.format(folder=folder, port=port, own=own, per_second=per_second, burst=max(50, per_second // 5))
    )
    process = subprocess.Popen(["nginx", "-c", str(file), "-p", str(folder)])
    time.sleep(0.5)
    try:
        yield own
    finally:
        process.terminate()
        process.wait(5)
