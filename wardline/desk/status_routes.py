"""How Wardline is doing: a page for everybody who works with it, not for operators alone."""

import asyncio
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from wardline.desk import status_rules as rules
from wardline.desk.status_models import StatusPage
from wardline.platform import metrics
from wardline.platform.db import Db
from wardline.platform.http import SIGNED_IN, Context, get
from wardline.platform.jobs import is_somebody_leading
from wardline.platform.metrics import PROMISED_SECONDS
from wardline.platform.responses import answered_by, answered_since, incidents_since

NOW = timedelta(minutes=6)  # five whole minutes and the one that goes on
KEPT_SECONDS = 10.0
_kept: dict[str, tuple[float, StatusPage]] = {}  # by time zone, so never more than there are zones


@get("/status", needs=SIGNED_IN, page="desk/status.html", title="How Wardline is doing")
async def status(ctx: Context) -> StatusPage:
    """How fast the pages answer now, today and this week, what runs, and what went wrong. Nothing here is about a
    patient or a hospital, so whoever reads it within ten seconds reads the same."""
    zone = ctx.caller.time_zone
    at, page = _kept.get(zone, (0.0, None))
    if page is None or time.monotonic() - at > KEPT_SECONDS:
        page = await _made(ctx.db, ctx.now, ZoneInfo(zone))
        _kept[zone] = time.monotonic(), page
    return page


async def _made(db: Db, now: datetime, zone: ZoneInfo) -> StatusPage:
    started = time.perf_counter()
    leading = await is_somebody_leading(db)
    database_seconds = time.perf_counter() - started
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    recent = rules.totals(await answered_since(db, span="minute", since=now - NOW))
    today = rules.totals(await answered_since(db, span="hour", since=midnight))
    week = rules.totals(await answered_since(db, span="day", since=now - timedelta(days=rules.DAYS)))
    hours = rules.hours(await answered_by(db, span="hour", since=midnight - timedelta(days=rules.DAYS - 1), until=now))
    checked = rules.checks(
        listening=await asyncio.to_thread(_all_listen),
        leading=leading,
        database_seconds=database_seconds,
        recent=recent.together,
    )
    parts = rules.parts(recent, today, week)
    return StatusPage(
        as_of=now,
        well=all(check.ok for check in checked) and parts[0].now.state in ("promised", "none"),
        headline=rules.headline(parts[0], checked),
        promise_ms=round(PROMISED_SECONDS * 1000),
        checks=checked,
        parts=parts,
        troubles=rules.troubles(await incidents_since(db, since=now - timedelta(days=rules.DAYS)), now),
        hours=hours,
        drawing=rules.drawing(hours, midnight),
    )


def _all_listen() -> bool:
    """Whether every process of this machine that has streams hears of changes."""
    return all(
        sample.value == 1
        for family in metrics.of_all_processes()
        if family.name == "wardline_live_listening"
        for sample in family.samples
    )
