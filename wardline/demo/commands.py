"""`wardline seed` and `wardline accounts`."""

import importlib
import os
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import click
import msgspec
import psycopg

from wardline.demo import seed as seeding
from wardline.demo.accounts import PASSWORD, Account
from wardline.demo.accounts import accounts as demo_accounts
from wardline.demo.standby import standing_by
from wardline.identity.passwords import hash_now
from wardline.platform import database, logs, settings
from wardline.platform.postgres import PostgresError
from wardline.platform.settings import Settings

PROFILES = {"100k": 100_000, "1m": 1_000_000, "10m": 10_000_000}
# More would only wait for each other: most of the work is done by the database.
WORKERS_MAX = 4


def allowed(process: str) -> Settings:
    """The settings, where invented people may be; ends the command in plain words elsewhere."""
    try:
        chosen = settings.load()
        seeding.refuse_production(chosen)
    except (settings.SettingsError, seeding.NotInProduction) as error:
        raise click.ClickException(str(error)) from error
    logs.configure(chosen, process)
    return chosen


class HowMany(click.ParamType[int]):
    """A number of people, or the name of a profile."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """1000000 for 1m."""
        people = PROFILES.get(str(value).lower()) or (int(value) if str(value).isdecimal() else 0)
        if people < 1:
            self.fail(f"{value} is not a number of people; also known are {', '.join(PROFILES)}.", param, ctx)
        return people


@click.command()
@click.option("--demo", is_flag=True, help="Three hospitals, 600 beds, 120 staff and their patients.")
@click.option(
    "--people", type=HowMany(), help="A network for so many people, to measure with: 100k, 1m, 10m or a number."
)
@click.option(
    "--workers", type=click.IntRange(1, 64), help="Processes that make the people; one for each core, at most 4."
)
def seed(*, demo: bool, people: int | None, workers: int | None) -> None:
    """Fill the network with invented hospitals and people. Refused in production.

    For --people the embedded database need not run: it is started for as long as that takes.
    """
    chosen = allowed("seed")
    if not demo and people is None:
        raise click.UsageError("Say what to make: --demo or --people N.")
    try:
        with standing_by(chosen) if people else nullcontext():
            if demo:
                make_demo(chosen)
            if people:
                make_people(chosen, people, workers or min(os.cpu_count() or 1, WORKERS_MAX))
    except PostgresError as error:
        raise click.ClickException(str(error)) from error
    except psycopg.OperationalError as error:
        raise click.ClickException(f"The database is not reachable: {error}") from error


def make_people(chosen: Settings, people: int, workers: int) -> None:
    """Many people with a progress bar; a run that was broken off goes on."""
    try:
        masses = importlib.import_module("wardline.demo.masses")
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"`--people` needs the package {error.name}, which `make setup` installs."
        ) from error
    began, now, plan = time.monotonic(), datetime.now(UTC), masses.Plan(people)
    owner = database.addresses(chosen).owner
    try:
        with click.progressbar(length=masses.steps(plan, now), label=f"{people:,} people") as bar:
            seconds = masses.fill(
                owner, plan, password_hash=hash_now(PASSWORD), now=now, workers=workers, told=bar.update
            )
    except (masses.OtherNetwork, masses.Broken) as error:
        raise click.ClickException(str(error)) from error
    show_tables(masses.tally(owner), seconds)
    click.echo(f"Made in {time.monotonic() - began:.1f} s. Sign in as nurse1@h001.example, password {PASSWORD}")


def show_tables(tables: list[Any], seconds: dict[str, float]) -> None:
    """What there is now and how long it took."""
    click.echo(f"{'rows':>12}  {'table':<26}{'table MB':>10}{'indexes MB':>12}{'seconds':>9}")
    for each in tables:
        took = f"{seconds[each.table]:9.0f}" if each.table in seconds else ""
        sizes = f"{each.table_bytes / 1e6:>10,.1f}{each.index_bytes / 1e6:>12,.1f}"
        click.echo(f"{each.rows:>12,}  {each.table:<26}{sizes}{took}")
    rest = {name: took for name, took in seconds.items() if name not in {each.table for each in tables}}
    click.echo(", ".join(f"{name} {took:.0f} s" for name, took in rest.items()))
    total = sum(each.table_bytes + each.index_bytes for each in tables)
    click.echo(f"Together {total / 1e9:.2f} GB.")


def make_demo(chosen: Settings) -> None:
    """The demo network with the number of rows of each table."""
    began = time.monotonic()
    counts = seeding.ensure(chosen, database.addresses(chosen).owner, say=click.echo)
    if not counts:
        click.echo("The demo network is there already; nothing was changed.")
        return
    for table, rows in counts.items():
        click.echo(f"{rows:>9,}  {table}")
    click.echo(f"Made in {time.monotonic() - began:.1f} s. Sign in as nurse7@northgate.example, password {PASSWORD}")


@click.command()
@click.option("--demo", is_flag=True, help="The accounts of the demo network.")
@click.option("--json", "as_json", is_flag=True, help="As JSON: email, password, role, hospital, ward, name.")
def accounts(*, demo: bool, as_json: bool) -> None:
    """List accounts to sign in with. Only those of a demo network have a known password."""
    chosen = allowed("accounts")
    if not demo:
        raise click.UsageError("Only demo accounts can be listed: --demo.")
    try:
        with psycopg.connect(database.addresses(chosen).owner) as connection:
            found = demo_accounts(connection)
    except psycopg.OperationalError as error:
        raise click.ClickException(f"The database is not reachable: {error}") from error
    if not found:
        raise click.ClickException("There is no demo network here; `wardline seed --demo` makes one.")
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)))
    else:
        show(found)


def show(found: list[Account]) -> None:
    """A table for people, the accounts that a newcomer needs first."""
    click.echo(f"The password of every demo account is {PASSWORD}\n")
    for each in found:
        place = ", ".join(filter(None, (each.hospital or "all hospitals", each.ward)))
        click.echo(f"{each.email:<34} {each.role.replace('_', ' '):<24} {each.name:<28} {place}")
