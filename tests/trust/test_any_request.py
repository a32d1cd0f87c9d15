"""Requests that nobody wrote, good and bad, over every route of the description: nothing may answer 5xx."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.database import TestDatabase
from tests.served import served
from wardline.app import load_routes
from wardline.platform.http.openapi import document
from wardline.platform.http.routes import ROUTES

EXAMPLES = int(os.environ.get("WARDLINE_FUZZ_EXAMPLES", "8"))
HOOKS = '''
import ast, json, os, random, threading
import schemathesis

# Python before 3.11.8 counts the depth of all threads' syntax trees in one place (gh-106905): two workers that read lambdas
# at once end with "AST constructor recursion depth mismatch".
parse, one_at_a_time = ast.parse, threading.Lock()


def parsed(*arguments, **options):
    with one_at_a_time:
        return parse(*arguments, **options)


ast.parse = parsed
IDS = json.loads(os.environ["FUZZ_IDS"])


@schemathesis.hook
def map_path_parameters(ctx, path_parameters):
    """Half of the time a row that is there, so that more than 404 is tried."""
    for name in list(path_parameters or ()):
        if name in IDS and random.random() < 0.6:
            path_parameters[name] = random.choice(IDS[name])
    return path_parameters
'''


@pytest.mark.timeout(540)  # its own limit is 500 s: thousands of requests on a machine that may be busy
@pytest.mark.parametrize("who", ["nurse_a", "doctor_a", "pharmacist_a", "hospital_administrator_a"])
async def test_no_request_breaks_the_server(fresh_database: TestDatabase, tmp_path: Path, who: str) -> None:
    load_routes()
    description = tmp_path / "openapi.json"
    # Signing out would end the run's own session.
    routes = [r for r in ROUTES if r.path not in ("/sessions/current", "/sessions/current/hospital", "/password")]
    description.write_text(json.dumps(document(routes, version="test")))
    (tmp_path / "fuzz_hooks.py").write_text(HOOKS)
    async with served(fresh_database, tmp_path) as site:
        world = site.world
        people = [await world.patient(world.a, family=f"Fuzz{n}") for n in range(3)]
        stays = [await world.stay(world.a, person, bed=bed) for person, bed in zip(people, world.a.beds, strict=False)]
        async with httpx.AsyncClient(base_url=site.address) as http:
            begun = await http.post(
                f"/patients/{people[0]}/notes",
                json={"kind": "handover"},
                headers={
                    "authorization": f"Bearer {await world.token('doctor_a')}",
                    "idempotency-key": "a-note-to-try",
                },
            )
        ids = {
            "note_id": [begun.json()["id"]],
            "section": ["situation", "plan"],
            "what": ["observations", "problems"],
            "patient_id": [str(p) for p in people],
            "encounter_id": [str(s) for s in stays],
            "bed_id": [str(b) for b in world.a.beds],
            "ward_id": [str(world.a.ward_id)],
        }
        command = [
            str(Path(sys.executable).with_name("schemathesis")), "run", str(description), "--url", site.address,
            "--header", f"Authorization: Bearer {await world.token(who)}", "--header", "Accept: application/json",
            "--checks", "not_a_server_error", "--mode", "all", "--max-examples", str(EXAMPLES), "--workers", "2",
            "--phases", "examples,coverage,fuzzing", "--no-color", "--suppress-health-check", "all", "--seed", "20261124",
            "--generation-database", "none", "--no-shrink",
        ]  # fmt: skip
        environment = os.environ | {
            "SCHEMATHESIS_HOOKS": "fuzz_hooks",
            "PYTHONPATH": str(tmp_path),
            "FUZZ_IDS": json.dumps(ids),
        }
        done = await run(command, environment, tmp_path)
    assert done.returncode == 0, what_broke(done.stdout) + done.stderr[-2000:]


def what_broke(report: str) -> str:
    """The part of the report that names the failures; the warnings after it are long."""
    start = min((at for at in (report.find("= ERRORS ="), report.find("= FAILURES =")) if at >= 0), default=0)
    return report[start : start + 6000]


async def run(command: list[str], environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    import asyncio

    return await asyncio.to_thread(
        subprocess.run, command, env=environment, cwd=folder, capture_output=True, text=True, timeout=500, check=False
    )
