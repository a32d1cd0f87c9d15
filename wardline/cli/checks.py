"""`wardline checks`: what slices let a hospital check on cases of its own, in one group."""

import click

from wardline.orders.commands import interactions
from wardline.vitals.commands import checks as vitals_checks


@click.group()
def checks() -> None:
    """Checks that a hospital runs on its own cases before it relies on a rule."""


for command in (*vitals_checks.commands.values(), interactions):
    checks.add_command(command)
