"""`wardline load`: the command line of the rig."""

from pathlib import Path
from typing import Any

import click
import msgspec
import psycopg

from bench.load import leading, page, results, words
from bench.load.cast import NobodyThere
from bench.load.options import CannotRun, Options
from wardline.demo import seed as seeding
from wardline.platform import logs, settings

NOBODY = "There is no ward with patients and staff here. Make a network first: wardline seed --people 100000"
FILE = click.Path(dir_okay=False, path_type=Path)


class Numbers(click.ParamType[list[float]]):
    """Numbers with commas between them."""

    name = "N,N,..."

    def __init__(self, kind: type[int] | type[float]) -> None:
        self._kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            found = [self._kind(part) for part in str(value).split(",")]
        except ValueError:
            self.fail(f"{value!r} is not a list of numbers", param, ctx)
        if min(found) <= 0:
            self.fail("each number must be above 0", param, ctx)
        return found


@click.command(context_settings={"show_default": True})
@click.option("--users", type=click.IntRange(min=1), default=50_000, help="Signed-in users, each with a stream.")
@click.option("--hospitals", type=click.IntRange(min=1), help="All of them work in so many hospitals.")
@click.option("--mean-seconds", type=click.FloatRange(min=0.05), default=25.0, help="Mean pause of a user.")
@click.option("--minutes", type=click.FloatRange(min=0.01), default=5.0, help="How long is measured.")
@click.option("--ramp-minutes", type=click.FloatRange(min=0.0), help="How long the streams open; else 150 a second.")
@click.option("--warm-up-seconds", type=click.FloatRange(min=0), default=30.0, help="From the last stream on.")
@click.option("--url", help="Where the server is; several nodes with commas.")
@click.option("--stream-url", help="Where its streams are; also several.")
@click.option("--sign-ins", type=click.IntRange(min=0), default=2000, help="Users who sign in by password.")
@click.option("--sign-ins-per-second", type=click.FloatRange(min=0.1), default=25.0, help="How many at once.")
@click.option("--processes", type=click.IntRange(min=1), help="Processes of the rig; else by the limit of open files.")
@click.option("--seed", type=int, default=1, help="Of everything random.")
@click.option("--server-pid", "server_pids", type=int, multiple=True, help="A server's process; where not found.")
@click.option("--tiers", type=Numbers(int), help="A run for each of these numbers of users.")
@click.option("--storm", is_flag=True, help="Break all streams at once in the middle.")
@click.option("--overload", type=Numbers(float), help="Multiples of --capacity, one after the other.")
@click.option("--capacity", type=click.FloatRange(min=0.1), help="Requests a second that the server is good for.")
@click.option("--rest-seconds", type=click.FloatRange(min=1), default=60.0, help="After each multiple, at half of it.")
@click.option("--retries", type=click.IntRange(min=0), default=0, help="How often a refused user tries again at once.")
@click.option("--json", "json_file", type=FILE, help="Write the figures here.")
@click.option("--html", "html_file", type=FILE, help="Write the report here.")
def load(
    *,
    url: str | None,
    stream_url: str | None,
    tiers: list[int] | None,
    json_file: Path | None,
    html_file: Path | None,
    **given: Any,
) -> None:
    """Put the busy hour of a hospital network on a running Wardline, and measure it. Refused in production."""
    chosen = allowed()
    if given["overload"] and not given["capacity"]:
        raise click.UsageError("--overload needs --capacity, as measured before.")
    given = {name: value for name, value in given.items() if value is not None}
    where = (url or chosen.address).rstrip("/")
    options = msgspec.convert(
        given | {"url": where, "stream_url": (stream_url or where).rstrip("/")}, Options, strict=False
    )
    values = measured(options, chosen, tiers)
    if json_file is not None:
        json_file.write_bytes(results.encode(values))
    if html_file is not None:
        html_file.write_text(page.report(values))
    for line in words.lines(values):
        click.echo(line)
    for line in words.tier_lines(values["tiers"]) if tiers else []:
        click.echo(line)


def allowed() -> settings.Settings:
    """The settings, where invented people may be; ends the command in plain words elsewhere."""
    try:
        chosen = settings.load()
        seeding.refuse_production(chosen)
    except (settings.SettingsError, seeding.NotInProduction) as error:
        raise click.ClickException(str(error)) from error
    logs.configure(chosen, "load")
    return chosen


def measured(options: Options, chosen: settings.Settings, tiers: list[int] | None) -> dict[str, Any]:
    """The figures of a run, or of the last tier with those of all tiers in it."""

    def say(what: str) -> None:
        click.echo(what, err=True)

    try:
        if not tiers:
            return leading.run(options, chosen, say)
        found = leading.run_tiers(options, chosen, tiers, say)
        return found[-1] | {"tiers": found}
    except NobodyThere as error:
        raise click.ClickException(NOBODY) from error
    except (CannotRun, psycopg.OperationalError) as error:
        raise click.ClickException(str(error)) from error
