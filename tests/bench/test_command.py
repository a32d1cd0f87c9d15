"""The command line of the rig: when it refuses, and in which words."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.load.command import load
from tests.database import TestDatabase
from wardline.cli import load as entry


def run(*arguments: str, **environment: str) -> tuple[int, str]:
    result = CliRunner().invoke(load, list(arguments), env=environment)
    return result.exit_code, result.output


def test_it_is_refused_in_production(tmp_path: Path):
    code, output = run(
        WARDLINE_ENV="production",
        WARDLINE_DATA=str(tmp_path),
        WARDLINE_SECRET="q8Zr1vT6yU3iO9pA4sD7fG2hJ5kL0xCw",
        WARDLINE_DATABASE_URL="postgresql://somebody:else@127.0.0.1:1/wardline",
    )
    assert code == 1
    assert "production" in output


def test_overload_needs_a_measured_capacity(tmp_path: Path):
    code, output = run("--overload", "2,5", WARDLINE_DATA=str(tmp_path))
    assert code == 2
    assert "--capacity" in output


def test_lists_of_numbers_are_numbers(tmp_path: Path):
    assert "not a list of numbers" in run("--tiers", "10,many", WARDLINE_DATA=str(tmp_path))[1]
    assert "above 0" in run("--tiers", "0", WARDLINE_DATA=str(tmp_path))[1]


def test_an_empty_network_is_told_how_to_become_one(
    database: TestDatabase, fresh_database: TestDatabase, tmp_path: Path
):
    code, output = run(
        "--users",
        "3",
        WARDLINE_DATA=str(tmp_path),
        WARDLINE_DATABASE_URL=fresh_database.owner,
        WARDLINE_APP_DATABASE_URL=fresh_database.app,
    )
    assert code == 1
    assert "wardline seed" in output


def test_without_the_source_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(entry, "ROOT", tmp_path)
    monkeypatch.setitem(sys.modules, "bench.load.command", None)
    result = CliRunner().invoke(entry.command(), ["--users", "5"])
    assert result.exit_code == 1
    assert "checkout" in result.output
