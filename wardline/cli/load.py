"""`wardline load`: the load rig, which is in the source's folder `bench` and not in an installed package."""

import importlib
import sys
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[2]
MISSING = (
    "The load rig is not here: it is in the folder `bench` of Wardline's source, beside `wardline`, and no part of an "
    "installed package. Run `wardline load` from a checkout."
)


def command() -> click.Command:
    """The rig's own command, or one that says why there is none."""
    if (ROOT / "bench" / "load").is_dir() and str(ROOT) not in sys.path:
        sys.path.append(str(ROOT))
    try:
        return importlib.import_module("bench.load.command").load
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("bench"):
            raise
        return absent


@click.command("load", context_settings={"ignore_unknown_options": True})
@click.argument("given", nargs=-1, type=click.UNPROCESSED)
def absent(given: tuple[str, ...]) -> None:
    """Not in this installation: the load rig belongs to a checkout of the source."""
    del given
    raise click.ClickException(MISSING)


load = command()
