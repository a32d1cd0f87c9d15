"""A hospital's own reference intervals and critical limits, which go before what is shipped for whom they fit."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from uuid import UUID

from wardline.lab import queries
from wardline.lab.forms import NewBand, NewIntervals
from wardline.lab.models import TestScope
from wardline.lab.pages import TestPage
from wardline.platform.db import Db, query
from wardline.platform.errors import Invalid, on_constraint
from wardline.platform.http import Context
from wardline.platform.ids import new_id

on_constraint("own_interval_once", lambda: Invalid(fields={"from_days": "Two bands of one sex overlap in age."}))


@query("""
    UPDATE lab.own_interval SET ended_at = :now, ended_by = :actor_id
     WHERE hospital_id = :scope.hospital_id AND test_code = :test AND kind = :kind AND ended_at IS NULL
""")
async def end_intervals(db: Db, scope: TestScope, *, test: str, kind: str, actor_id: UUID, now: datetime) -> None:
    """The hospital's set of a kind ends; its rows stay."""


@query("""
    INSERT INTO lab.own_interval (hospital_id, id, test_code, kind, sex, from_days, to_days, low, high, source, created_at, created_by)
    VALUES (:scope.hospital_id, :interval_id, :test, :new.kind, :new.sex, :new.from_days, :new.to_days, :new.low, :new.high,
            :new.source, :now, :actor_id)
""")
async def insert_interval(
    db: Db, scope: TestScope, new: NewBand, *, test: str, interval_id: UUID, actor_id: UUID, now: datetime
) -> None:
    """One band of the hospital's own set."""


async def test_page(ctx: Context, scope: TestScope) -> TestPage:
    """A test with what its values are judged by here."""
    found = await queries.intervals(ctx.db, hospital_id=scope.hospital_id, codes=[scope.test.code])
    return TestPage(scope.test, found)


async def replace(ctx: Context, scope: TestScope, new: NewIntervals) -> TestPage:
    """Sets the hospital's bands of a kind for a test; none goes back to what is shipped. What was stays on record."""
    bands = [
        NewBand(
            kind=new.kind,
            source=new.source,
            sex=each.sex,
            from_days=each.from_days,
            to_days=each.to_days,
            low=each.low,
            high=each.high,
        )
        for each in new.bands
    ]
    for each in bands:
        _check(each)
    await end_intervals(ctx.db, scope, test=scope.test.code, kind=new.kind, actor_id=ctx.caller.id, now=ctx.now)
    for each in bands:
        await insert_interval(
            ctx.db, scope, each, test=scope.test.code, interval_id=new_id(), actor_id=ctx.caller.id, now=ctx.now
        )
    return await _changed(ctx, scope, new.kind)


async def add(ctx: Context, scope: TestScope, new: NewBand) -> TestPage:
    """Adds one band to the hospital's own set; it goes before what is shipped for whom it fits."""
    _check(new)
    await insert_interval(
        ctx.db, scope, new, test=scope.test.code, interval_id=new_id(), actor_id=ctx.caller.id, now=ctx.now
    )
    return await _changed(ctx, scope, new.kind)


def _check(band: NewBand) -> None:
    if band.low is None and band.high is None:
        raise Invalid(fields={"low": "A band has a lower or an upper limit, or both."})
    if band.low is not None and band.high is not None and band.low >= band.high:
        raise Invalid(fields={"high": "The upper limit is above the lower one."})
    if band.to_days is not None and band.to_days <= band.from_days:
        raise Invalid(fields={"to_days": "The band ends after it begins."})


async def _changed(ctx: Context, scope: TestScope, kind: str) -> TestPage:
    ctx.record("interval.changed", subject_type="test", detail={"test": scope.test.code, "kind": kind})
    return await test_page(ctx, scope)
