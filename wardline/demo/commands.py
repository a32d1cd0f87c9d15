"""`wardline seed` and `wardline accounts`."""

import importlib
import time
from datetime import UTC, datetime

import click
import msgspec
import psycopg

from wardline.demo import seed as seeding
from wardline.demo.accounts import PASSWORD, Account
from wardline.demo.accounts import accounts as demo_accounts
from wardline.identity.passwords import hash_now
from wardline.platform import database, logs, settings
from wardline.platform.settings import Settings


def allowed(process: str) -> Settings:
    """The settings, where invented people may be; ends the command in plain words elsewhere."""
    try:
        chosen = settings.load()
        seeding.refuse_production(chosen)
    except (settings.SettingsError, seeding.NotInProduction) as error:
        raise click.ClickException(str(error)) from error
    logs.configure(chosen, process)
    return chosen


@click.command()
@click.option("--demo", is_flag=True, help="Three hospitals, 600 beds, 120 staff and their patients.")
@click.option("--people", type=click.IntRange(min=1), help="A network for so many people, to measure with.")
def seed(*, demo: bool, people: int | None) -> None:
    """Fill the network with invented hospitals and people. Refused in production."""
    chosen = allowed("seed")
    if not demo and people is None:
        raise click.UsageError("Say what to make: --demo or --people N.")
    try:
        if demo:
            make_demo(chosen)
        if people is not None:
            make_people(chosen, people)
    except psycopg.OperationalError as error:
        raise click.ClickException(f"The database is not reachable: {error}") from error


def make_people(chosen: Settings, people: int) -> None:
    """Many people with a progress bar; a run that was broken off goes on."""
    try:
        masses = importlib.import_module("wardline.demo.masses")
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"`--people` needs the package {error.name}, which `make setup-dev` installs."
        ) from error
    began = time.monotonic()
    try:
        with click.progressbar(length=masses.Plan(people).steps, label=f"{people:,} people") as bar:
            masses.fill(
                database.addresses(chosen).owner,
                people,
                password_hash=hash_now(PASSWORD),
                now=datetime.now(UTC),
                progress=bar.update,
            )
    except masses.OtherNetwork as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Made in {time.monotonic() - began:.1f} s. Sign in as nurse1@h001.example, password {PASSWORD}")


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
