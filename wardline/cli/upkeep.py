"""`wardline migrate` and `wardline doctor`."""

import os
import sys

import click
import psycopg

from wardline.cli import loaded
from wardline.platform import database, doctor, migrate


@click.command(name="migrate")
def migrate_() -> None:
    """Bring the database to the newest migration."""
    chosen = loaded("migrate")
    try:
        database.prepare(chosen)
        revision = migrate.upgrade(database.addresses(chosen).owner)
    except database.DatabaseError as error:
        raise click.ClickException(str(error)) from error
    except psycopg.OperationalError as error:
        raise click.ClickException(doctor.unreachable(chosen, error)) from error
    click.echo(f"The database is at migration {revision}.")


@click.command(name="doctor")
def doctor_() -> None:
    """Look at this machine and say in plain sentences what is wrong, if anything."""
    findings = doctor.examine(loaded("doctor"), os.environ)
    for finding in findings:
        click.echo(f"{'ok   ' if finding.ok else 'WRONG'} {finding.sentence}")
    sys.exit(0 if all(finding.ok for finding in findings) else 1)
