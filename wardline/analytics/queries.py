"""Reading the facts."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import date, datetime
from uuid import UUID

import msgspec

from wardline.platform.db import Db, query


class WeekRow(msgspec.Struct):
    """A measure of one hospital in one week; week 0 is the seven days up to today."""

    hospital_id: UUID
    measure: str
    weeks_ago: int
    numerator: float
    denominator: float
    buckets: list[int]
    as_of: datetime


class NowRow(msgspec.Struct):
    """A hospital at this moment."""

    hospital_id: UUID
    beds: int
    occupied: int
    waiting: int
    waiting_long: int


class Counted(msgspec.Struct):
    """A hospital, its clock, and the day up to which its facts are there."""

    hospital_id: UUID
    zone: str
    today_on: date


@query("""
    SELECT w.hospital_id, w.measure, w.weeks_ago, w.numerator, w.denominator, w.buckets, w.as_of
      FROM analytics.weekly(:hospital_ids) w -- bounded: 13 weeks of each measure of each hospital
""")
async def weekly(db: Db, *, hospital_ids: list[UUID]) -> list[WeekRow]:
    """The last 13 weeks of these hospitals, which the caller may see."""


@query("""
    SELECT n.hospital_id, n.beds, n.occupied, n.waiting, n.waiting_long
      FROM analytics.at_this_moment(:hospital_ids) n -- bounded: one row a hospital
""")
async def at_this_moment(db: Db, *, hospital_ids: list[UUID]) -> list[NowRow]:
    """Beds and who waits, now."""


@query(
    "SELECT h.id, h.time_zone, (now() AT TIME ZONE h.time_zone)::date FROM identity.hospital h WHERE h.active LIMIT 1000"
)
async def hospitals_to_count(db: Db) -> list[Counted]:
    """Every hospital with its day."""


@query("SELECT max(f.day_on) FROM analytics.day_fact f WHERE f.hospital_id = :hospital_id AND f.measure = :measure")
async def counted_upto(db: Db, *, hospital_id: UUID, measure: str) -> date | None:
    """The last day that was counted."""
