"""`wardline plan`: how many cores, how much memory and disk, and what it costs; and the settings for it."""

from pathlib import Path

import click
import msgspec

from wardline.platform.plan import costs, emit, kubernetes, machines, measured, needs, tuning, words

EMITTED = {**emit.EMITTED, "kubernetes": kubernetes.kubernetes}
WRONG = (measured.NoResults, costs.Unknown, tuning.TooManyConnections, msgspec.ValidationError)


@click.command(name="plan")
@click.option("--users", type=click.IntRange(min=1), help="People at work at once.")
@click.option(
    "--mean-seconds", type=click.FloatRange(min=0.1), default=25.0, show_default=True, help="Between two acts."
)
@click.option("--people", type=click.IntRange(min=1), help="People on file  [default: 200 for each user]")
@click.option("--memory", type=click.IntRange(min=2, max=1024), help="Plan for one machine with so many GB.")
@click.option(
    "--emit", "emitted", type=click.Choice(sorted(EMITTED)), help="Write the settings of this program instead."
)
@click.option("--table", is_flag=True, help="The tiers from 1,000 to 1,000,000 users as a table.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
@click.option("--results", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Read these results.")
@click.option(
    "--assume", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Other assumptions and prices."
)
def plan_(
    *, users: int | None, mean_seconds: float, people: int | None, memory: int | None, emitted: str | None,
    table: bool, as_json: bool, results: Path | None, assume: Path | None,
) -> None:  # fmt: skip
    """Say what a network needs, from what was measured: cores, memory, disk, machines and what a month costs."""
    try:
        figures = measured.read(results) if results else measured.load()
        assumed = costs.assumptions(assume or costs.ASSUMPTIONS)
        cost = costs.costs(figures, assumed)
        if table:
            click.echo(words.tiers(figures, cost, assumed), nl=False)
            return
        if users is None:
            raise click.UsageError("Say for how many: --users N; or --table.")
        found = machines.plan(needs.question(users, mean_seconds, people), cost, assumed, memory_gb=memory)
        if emitted:
            click.echo(EMITTED[emitted](found, asked_again(found, memory)), nl=False)
        elif as_json:
            click.echo(msgspec.json.format(msgspec.json.encode(words.values(found, cost))).decode())
        else:
            click.echo(words.page(found, cost, assumed), nl=False)
    except WRONG as error:
        raise click.ClickException(str(error)) from error


def asked_again(found: machines.Plan, memory: int | None) -> str:
    """The options that give the same plan, written out."""
    asked = found.question
    spoken = f"--users {asked.users} --mean-seconds {asked.mean_seconds:g} --people {asked.people}"
    return f"{spoken} --memory {memory}" if memory else spoken
