"""`wardline load`: the command line of the rig."""

from pathlib import Path
from typing import Any

import click
import psycopg

from bench.load import leading, results
from bench.load.cast import NobodyThere
from wardline.demo import seed as seeding
from wardline.platform import logs, settings

NOBODY = "There is no ward with patients and staff here. Make a network first: wardline seed --people 100000"


@click.command()
@click.option(
    "--users",
    type=click.IntRange(min=1),
    default=50_000,
    show_default=True,
    help="Signed-in users, each with a stream.",
)
@click.option(
    "--mean-seconds",
    type=click.FloatRange(min=0.05),
    default=25.0,
    show_default=True,
    help="Mean pause of a user between two acts.",
)
@click.option(
    "--minutes", type=click.FloatRange(min=0.01), default=5.0, show_default=True, help="How long is measured."
)
@click.option(
    "--ramp-minutes", type=click.FloatRange(min=0.0), help="How long the streams take to open (else 500 a second)."
)
@click.option(
    "--warm-up-seconds",
    type=click.FloatRange(min=0),
    default=30.0,
    show_default=True,
    help="Between the last stream and the first figure.",
)
@click.option("--url", help="Where the server is (else as the settings say).")
@click.option("--stream-url", help="Where its streams are, when elsewhere.")
@click.option(
    "--sign-ins",
    type=click.IntRange(min=0),
    default=2000,
    show_default=True,
    help="Users who sign in with their password; the others get sessions beforehand.",
)
@click.option(
    "--processes", type=click.IntRange(min=1), help="Processes of the rig (else what the limit of open files asks for)."
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same number, the same acts.")
@click.option(
    "--server-pid",
    "server_pids",
    type=int,
    multiple=True,
    help="The server's first process, where it is not found; may be repeated.",
)
@click.option("--storm", is_flag=True, help="Break all streams at once in the middle.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here.")
def load(
    *, url: str | None, stream_url: str | None, server_pids: tuple[int, ...], json_file: Path | None, **given: Any
) -> None:
    """Put the busy hour of a hospital network on a running Wardline, and measure it. Refused in production."""
    try:
        chosen = settings.load()
        seeding.refuse_production(chosen)
    except (settings.SettingsError, seeding.NotInProduction) as error:
        raise click.ClickException(str(error)) from error
    logs.configure(chosen, "load")
    where = (url or chosen.address).rstrip("/")
    options = leading.Options(
        url=where, stream_url=(stream_url or where).rstrip("/"), server_pids=list(server_pids), **given
    )
    try:
        values = leading.run(options, chosen, lambda words: click.echo(words, err=True))
    except NobodyThere as error:
        raise click.ClickException(NOBODY) from error
    except (leading.CannotRun, psycopg.OperationalError) as error:
        raise click.ClickException(str(error)) from error
    values.pop("told", None)
    if json_file is not None:
        json_file.write_bytes(results.encode(values))
    for line in results.lines(values):
        click.echo(line)
