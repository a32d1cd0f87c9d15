"""`wardline migrate` and `wardline doctor`."""

import os
import sys

import click

from wardline.cli import loaded
from wardline.platform import database, doctor, migrate


@click.command(name="migrate")
def migrate_() -> None:
    """Bring the database to the newest migration."""
    chosen = loaded("migrate")
    database.prepare(chosen)
    click.echo(f"The database is at migration {migrate.upgrade(database.addresses(chosen).owner)}.")


@click.command(name="doctor")
def doctor_() -> None:
    """Look at this machine and say in plain sentences what is wrong, if anything."""
    findings = doctor.examine(loaded("doctor"), os.environ)
    for finding in findings:
        click.echo(f"{'ok   ' if finding.ok else 'WRONG'} {finding.sentence}")
    sys.exit(0 if all(finding.ok for finding in findings) else 1)
