"""Command line: bring in what other systems export."""

import asyncio
import contextlib
import re
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import asyncpg
import click
import msgspec

from wardline.identity.public import hospital_with_code
from wardline.interop.fhir.errors import BadBundle
from wardline.interop.fhir.importing import Import, Outcome, State
from wardline.interop.fhir.loader import Added
from wardline.interop.fhir.models import Report, Tally
from wardline.interop.fhir.reading import bundle_files
from wardline.platform import database, settings
from wardline.platform.db import Db, Pool

SOURCE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/-]{0,99}")


class Counts(msgspec.Struct):
    """Of one type of resource: read = stored + already there + everything that was left, by reason."""

    read: int
    stored: int
    already_there: int
    left: dict[str, int]
    notes: dict[str, int]


class Summary(msgspec.Struct):
    """The whole run, for people and for programs."""

    files: dict[str, int]
    added: Added
    resources: dict[str, Counts]
    refused: list[Outcome]
    seconds: float


@click.group("import")
def import_records() -> None:
    """Bring in what other systems export."""


@import_records.command("fhir")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--hospital", "code", help="Take every organization of the source as the hospital with this code.")
@click.option(
    "--source", default="fhir", show_default=True, help="The system that wrote the files; its ids are its own."
)
@click.option("--again", is_flag=True, help="Import files again that are done already.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def fhir(paths: tuple[Path, ...], code: str | None, source: str, again: bool, as_json: bool) -> None:
    """Import FHIR R4 bundles: files (.json, .json.gz) or folders of them.

    Each bundle is taken whole or, when a line of it is wrong, not at all. Files that are done are skipped, so the same
    command goes on where it stopped; importing a file again adds nothing. Nothing that is recorded here is changed.
    Ends with 1 when a bundle was refused.
    """
    if not SOURCE_NAME.fullmatch(source):
        raise click.BadParameter("use letters, digits and . _ : / - only", param_hint="--source")
    try:
        files = bundle_files(paths)
    except BadBundle as bad:
        raise click.ClickException(str(bad)) from bad
    if not files:
        raise click.ClickException("there is no .json or .json.gz file in what was named")
    with click.progressbar(length=len(files), label="Importing", file=sys.stderr) as bar:
        outcomes = asyncio.run(_run(files, code, source, again, bar.update))
    summary = _summary(outcomes)
    click.echo(msgspec.json.encode(summary).decode() if as_json else _in_words(summary))
    if summary.refused:
        raise SystemExit(1)


async def _run(
    files: list[Path], code: str | None, source: str, again: bool, step: Callable[[int], None]
) -> list[Outcome]:
    try:
        address = database.addresses(settings.load()).app
    except settings.SettingsError as error:
        raise click.ClickException(str(error)) from error
    pool = Pool(address, size=1, name="wardline import")
    try:
        db = Db(pool, None)
        run = Import(db, source, only_hospital=await _hospital(db, code), again=again)
        outcomes: list[Outcome] = []
        async for outcome in run.run(files):
            outcomes.append(outcome)
            step(1)
        return outcomes
    except (OSError, asyncpg.CannotConnectNowError, asyncpg.InvalidCatalogNameError) as error:
        raise click.ClickException("the database does not answer: start `wardline up` and run this again") from error
    finally:
        with contextlib.suppress(OSError):
            await pool.close()


async def _hospital(db: Db, code: str | None) -> UUID | None:
    if code is None:
        return None
    found = await hospital_with_code(db, code.upper())
    if found is None:
        raise click.ClickException(f"no hospital has the code {code.upper()}")
    return found


def _summary(outcomes: list[Outcome]) -> Summary:
    added, resources = Added(), Report()
    for outcome in outcomes:
        added.add(outcome.added)
        resources.add(outcome.report)
    return Summary(
        files={str(state): sum(outcome.state is state for outcome in outcomes) for state in State},
        added=added,
        resources={kind: _counts(tally) for kind, tally in sorted(resources.by_type.items())},
        refused=[outcome for outcome in outcomes if outcome.state is State.REFUSED],
        seconds=round(sum(outcome.seconds for outcome in outcomes), 3),
    )


def _counts(tally: Tally) -> Counts:
    return Counts(tally.total, tally.stored, tally.taken - tally.stored, tally.left, tally.notes)


def _in_words(summary: Summary) -> str:
    lines = [", ".join(f"{count} {state}" for state, count in summary.files.items()) + f" in {summary.seconds:.1f} s"]
    if summary.resources:
        lines += ["", f"{'Resources':<24}{'read':>8}{'stored':>8}{'already':>9}{'left':>8}"]
    for kind, counts in summary.resources.items():
        left = sum(counts.left.values())
        lines.append(f"  {kind:<22}{counts.read:>8,}{counts.stored:>8,}{counts.already_there:>9,}{left:>8,}")
        lines += [f"    {count:>7,} left: {reason}" for reason, count in sorted(counts.left.items())]
        lines += [f"    {count:>7,} note: {text}" for text, count in sorted(counts.notes.items())]
    new = {name.replace("_", " "): count for name, count in msgspec.structs.asdict(summary.added).items() if count}
    lines += ["", "New here: " + (", ".join(f"{count:,} {name}" for name, count in new.items()) or "nothing")]
    for outcome in summary.refused:
        at = f":{outcome.line}" if outcome.line else ""
        lines.append(f"Refused {outcome.file}{at}: {outcome.reason}" + (f" ({outcome.where})" if outcome.where else ""))
    return "\n".join(lines)
