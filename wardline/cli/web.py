"""`wardline web`: the web server alone."""

import click

from wardline.cli import loaded
from wardline.platform.serve import serve

APPLICATION = "wardline.app:create"


@click.command()
def web() -> None:
    """Run the web server alone."""
    serve(loaded("web"), APPLICATION)
