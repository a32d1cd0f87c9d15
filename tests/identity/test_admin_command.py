"""`wardline admin create`: the first administrator of an empty network, and later ones."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner

from tests.client import running
from tests.database import TestDatabase
from wardline.identity.commands import admin

PASSWORD = "four words nobody guesses"


def run(*arguments: str, password: str = PASSWORD) -> tuple[int, str]:
    common = ["create", "--given", "Ada", "--family", "Okafor", "--password-stdin"]
    result = CliRunner().invoke(admin, [*common, *arguments], input=f"{password}\n")
    return result.exit_code, result.output


@pytest.fixture
def network(fresh_database: TestDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> TestDatabase:
    monkeypatch.setenv("WARDLINE_DATABASE_URL", fresh_database.owner)
    monkeypatch.setenv("WARDLINE_DATA", str(tmp_path))
    return fresh_database


async def test_an_empty_network_gets_its_first_hospital_and_an_administrator_who_can_sign_in(
    network: TestDatabase, tmp_path: Path
) -> None:
    code, words = await asyncio.to_thread(
        run, "--email", "Ada@Hospital.example", "--hospital-name", "Northgate General"
    )
    assert code == 0, words
    assert "Northgate General" in words
    async with running(network, tmp_path) as client:
        opened = await client.post(
            "/sessions", {"email": "ada@hospital.example", "password": PASSWORD, "hospital": "NG"}, key=""
        )
        assert opened.status_code == 201, opened.text
        assert opened.json()["role"] == "network_administrator"
        assert opened.json()["hospital"] == "Northgate General"


async def test_what_cannot_be_is_said_in_words(network: TestDatabase) -> None:
    first = ("--email", "ada@hospital.example", "--hospital-name", "Northgate General", "--hospital", "NGH")
    assert "name its first hospital" in (await asyncio.to_thread(run, "--email", "a@b.example"))[1]
    assert "12 to 256" in (await asyncio.to_thread(run, *first, password="short"))[1]
    assert (await asyncio.to_thread(run, *first))[0] == 0
    again = await asyncio.to_thread(run, *first)
    assert again[0] != 0
    assert "address already" in again[1]
    other = await asyncio.to_thread(run, "--email", "b@hospital.example", "--hospital", "QQQ")
    assert "no hospital has the code QQQ" in other[1]
    local = await asyncio.to_thread(
        run, "--email", "c@hospital.example", "--hospital", "ngh", "--role", "hospital_administrator"
    )
    assert local[0] == 0, local[1]
    owner = await asyncpg.connect(network.owner)
    noted = await owner.fetchval(
        "SELECT count(*) FROM audit.entry WHERE action = 'staff.added' AND hospital_id IS NOT NULL"
    )
    await owner.close()
    assert noted == 2
