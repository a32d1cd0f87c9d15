"""`wardline up`: everything on one machine."""

import json
import subprocess
import sys
from collections.abc import Sequence

import click
import psycopg

from wardline.cli import exists, loaded
from wardline.platform import database, supervisor
from wardline.platform.settings import Settings

DEMO_LOGINS_SHOWN_MAX = 10


@click.command()
@click.option("--lively", is_flag=True, help="Let a day go on by itself: people come, are observed, move and leave.")
@click.option("--no-demo", is_flag=True, help="Start empty: no demo network on the first start.")
def up(*, lively: bool, no_demo: bool) -> None:
    """Run everything on this machine until Ctrl-C: database, web server, worker."""
    chosen = loaded("up")
    if lively and not exists("lively"):
        raise click.ClickException("This version has no lively demo.")

    def before() -> None:
        if not no_demo and not chosen.production and exists("seed") and not has_hospitals(chosen):
            click.echo("Making a demo network; this happens once.")
            subprocess.run(own("seed", "--demo"), check=True)  # noqa: S603 (our own command, no shell)

    try:
        supervisor.Supervisor(chosen, children(lively=lively), before=before, ready=lambda: greet(chosen)).run()
    except supervisor.CannotStart as error:
        raise click.ClickException(str(error)) from error
    except subprocess.CalledProcessError as error:
        raise click.ClickException("The demo network could not be made; see above.") from error
    click.echo("Wardline has stopped.")


def children(*, lively: bool) -> Sequence[supervisor.Child]:
    """What `up` runs beside the database, in the order in which it is stopped."""
    found = [supervisor.Child("web", own("web"), stop_seconds_max=4.0)]
    if lively:
        found.insert(0, supervisor.Child("lively", own("lively"), stop_seconds_max=1.0))
    if exists("worker"):
        found.append(supervisor.Child("worker", own("worker")))
    return found


def own(*arguments: str) -> tuple[str, ...]:
    """The `wardline` command with these arguments, run by the Python that runs this."""
    return (sys.executable, "-m", "wardline", *arguments)


def has_hospitals(chosen: Settings) -> bool:
    """Whether this network has been set up already, by a person or as a demo."""
    with psycopg.connect(database.addresses(chosen).owner) as connection:
        found = connection.execute("SELECT EXISTS (SELECT 1 FROM identity.hospital)").fetchone()
    return bool(found and found[0])


def greet(chosen: Settings) -> None:
    """Say where Wardline is and, in development, how to sign in."""
    click.secho(f"\nWardline is ready: {chosen.address}", bold=True)
    if not chosen.production and exists("accounts"):
        for line in demo_logins():
            click.echo(f"  {line}")
        click.echo("All demo logins: wardline accounts --demo")
    click.echo(f"Ctrl-C stops it; everything stays in {chosen.data}.")


def demo_logins() -> list[str]:
    """One demo login for each role. Empty when there is no demo network."""
    answer = subprocess.run(own("accounts", "--demo", "--json"), capture_output=True, check=False)  # noqa: S603
    if answer.returncode != 0:
        return []
    accounts = {account["role"]: account for account in reversed(json.loads(answer.stdout))}
    lines = [
        f"{account['email']:<40} {account['password']:<24} {role.replace('_', ' ')}"
        for role, account in accounts.items()
    ]
    return lines[:DEMO_LOGINS_SHOWN_MAX]
