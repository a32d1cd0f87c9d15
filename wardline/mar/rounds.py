"""The times of a hospital's drug rounds: read by everybody on the wards, set by who may, each setting kept.

A new setting counts for doses that are planned from then on. An order that is planned already keeps its times until it is
changed, so that no dose is doubled or left out on the day of the change.
"""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from wardline.identity.public import HospitalScope
from wardline.mar.models import Why
from wardline.mar.schedule import OFTEN, SHIPPED, RoundTimes
from wardline.platform.db import Db, query
from wardline.platform.errors import Invalid, Stale
from wardline.platform.http import Context, Input

OFTEN_WORDS = {
    "once": "Once a day, or in the morning",
    "twice": "Twice a day",
    "three": "3 times a day",
    "four": "4 times a day",
    "five": "5 times a day",
    "six": "6 times a day",
    "night": "At night",
}
COUNTS = {name: place + 1 for place, name in enumerate(OFTEN)} | {"night": 1}
_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.]?([0-5]\d)")

Times = Annotated[list[Annotated[str, Meta(max_length=5)]], Meta(max_length=6)]


class NewRoundTimes(Input):
    """Other times for the rounds, as 08:00, and why. What is not named stays."""

    why: Why
    once: Times = []
    twice: Times = []
    three: Times = []
    four: Times = []
    five: Times = []
    six: Times = []
    night: Times = []


class Setting(Struct, frozen=True):
    """One setting of the times: who made it, when and why; `times` is JSON."""

    version: int
    times: str
    why: str
    changed_at: datetime
    changed_by: str


class EarlierTimes(Struct, kw_only=True):
    """A setting as it is shown."""

    version: int
    times: RoundTimes
    why: str
    changed_at: datetime
    changed_by: str


class RoundTimesPage(Struct, kw_only=True):
    """The times that count for what is planned now (version 0: as shipped), and every setting there was, newest first."""

    version: int
    times: RoundTimes
    words: dict[str, str]
    settings: list[EarlierTimes]


@query("""
    SELECT t.version, t.times::text, t.why, t.changed_at,
           concat_ws(' ', nullif(f.title, ''), left(f.given, 1) || '.', f.family)
      FROM mar.round_times t JOIN identity.staff f ON f.id = t.changed_by
     WHERE t.hospital_id = :hospital_id ORDER BY t.version DESC LIMIT 50
""")
async def settings(db: Db, *, hospital_id: UUID) -> list[Setting]:
    """Every setting of the times, newest first. Index: round_times' own."""


@query("SELECT t.times::text FROM mar.round_times t WHERE t.hospital_id = :hospital_id ORDER BY t.version DESC LIMIT 1")
async def newest(db: Db, *, hospital_id: UUID) -> str | None:
    """The times that count now, JSON; None: as shipped."""


@query("""
    INSERT INTO mar.round_times (hospital_id, version, times, why, changed_at, changed_by)
    VALUES (:hospital_id, :version, :times::text::jsonb, :why, :now, :actor_id)
        ON CONFLICT (hospital_id, version) DO NOTHING RETURNING version
""")
async def insert(
    db: Db, *, hospital_id: UUID, version: int, times: str, why: str, actor_id: UUID, now: datetime
) -> int | None:
    """A setting; None when somebody else was first."""


def times_from(stored: str | None) -> RoundTimes:
    """The times as they are stored; those that are shipped where there are none."""
    return SHIPPED if stored is None else msgspec.json.decode(stored, type=RoundTimes)


async def page(ctx: Context, hospital: HospitalScope) -> RoundTimesPage:
    """The times of a hospital's rounds."""
    found = [
        EarlierTimes(
            version=each.version,
            times=times_from(each.times),
            why=each.why,
            changed_at=each.changed_at,
            changed_by=each.changed_by,
        )
        for each in await settings(ctx.db, hospital_id=hospital.hospital_id)
    ]
    return RoundTimesPage(
        version=found[0].version if found else 0,
        times=found[0].times if found else SHIPPED,
        words=OFTEN_WORDS,
        settings=found,
    )


async def replace(ctx: Context, hospital: HospitalScope, new: NewRoundTimes) -> RoundTimesPage:
    """Set the times for what is planned from now on. Stale where somebody set others meanwhile."""
    before = await page(ctx, hospital)
    if ctx.version != before.version:
        raise Stale(current=msgspec.to_builtins(before))
    times = _times(new, before.times)
    made = await insert(
        ctx.db,
        hospital_id=hospital.hospital_id,
        version=before.version + 1,
        times=msgspec.json.encode(times).decode(),
        why=new.why.strip(),
        actor_id=ctx.caller.id,
        now=ctx.now,
    )
    if made is None:
        raise Stale(current=msgspec.to_builtins(await page(ctx, hospital)))
    ctx.record(
        "round_times.changed",
        subject_type="hospital",
        subject_id=hospital.hospital_id,
        detail={"version": made, "before": msgspec.to_builtins(before.times), "after": msgspec.to_builtins(times)},
    )
    return await page(ctx, hospital)


def _times(new: NewRoundTimes, before: RoundTimes) -> RoundTimes:
    """The new times, each row in order; raises what is wrong with a row, by its name."""
    wrong: dict[str, str] = {}
    found: dict[str, tuple[str, ...]] = {}
    for name, count in COUNTS.items():
        sent: list[str] = getattr(new, name)
        if not sent:
            continue
        matches = [_CLOCK.fullmatch(each.strip()) for each in sent]
        clocks = sorted({f"{int(match[1]):02}:{match[2]}" for match in matches if match})
        if None in matches or len(clocks) != count or len(sent) != count:
            wrong[name] = f"Enter {count} different times as 08:00." if count > 1 else "Enter one time as 08:00."
        found[name] = tuple(clocks)
    if wrong:
        raise Invalid(fields=wrong)
    return msgspec.structs.replace(before, **found)
