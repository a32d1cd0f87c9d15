"""Demo accounts sign in at the front door, and are easy to find."""

import json

import httpx
import pytest
from click.testing import CliRunner

from tests.demo.conftest import Seeded
from wardline.cli import main


def listed(seeded: Seeded, monkeypatch: pytest.MonkeyPatch, *options: str) -> str:
    monkeypatch.setenv("WARDLINE_DATA", str(seeded.settings.data))
    monkeypatch.setenv("WARDLINE_DATABASE_URL", seeded.database.owner)
    result = CliRunner().invoke(main, ["accounts", "--demo", *options])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_first_account_is_the_nurse_of_ward_7(seeded: Seeded, monkeypatch: pytest.MonkeyPatch):
    accounts = json.loads(listed(seeded, monkeypatch, "--json"))
    assert len(accounts) == 120
    assert list(accounts[0]) == ["email", "password", "role", "hospital", "ward", "name"]
    first = accounts[0]
    assert (first["role"], first["hospital"], first["ward"]) == ("nurse", "Northgate Hospital", "Ward 7")
    assert len({account["role"] for account in accounts[:10]}) == 9


def test_people_read_a_table(seeded: Seeded, monkeypatch: pytest.MonkeyPatch):
    lines = listed(seeded, monkeypatch).splitlines()
    assert lines[2].startswith("nurse7@northgate.example")


async def test_each_role_signs_in(seeded: Seeded, demo_http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch):
    accounts = json.loads(listed(seeded, monkeypatch, "--json"))
    for account in {account["role"]: account for account in accounts}.values():
        answer = await demo_http.post(
            "/sessions",
            json={"email": account["email"], "password": account["password"]},
            headers={"accept": "application/json"},
        )
        assert answer.status_code in (200, 201), answer.text
        assert answer.json()["role"] == account["role"]


async def test_a_wrong_password_is_refused(demo_http: httpx.AsyncClient):
    body = {"email": "nurse1@northgate.example", "password": "demo-lantern-43"}
    answer = await demo_http.post("/sessions", json=body, headers={"accept": "application/json"})
    assert answer.status_code == 401
