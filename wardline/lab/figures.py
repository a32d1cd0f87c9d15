"""Turnaround and quality of the laboratory, from what happened."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime, timedelta

from msgspec import structs

from wardline.identity.public import HospitalScope
from wardline.lab.models import BENCHES
from wardline.lab.pages import BenchFigures, CallFigures, Figures, RejectFigures
from wardline.platform.db import Db, query


@query("""
    SELECT s.bench, count(*)::int,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM r.clinical_at - s.received_at) / 60),
           percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM r.clinical_at - s.received_at) / 60),
           (count(*) FILTER (WHERE r.clinical_at <= s.due_at))::int, (count(*) FILTER (WHERE r.revision > 1))::int,
           (count(*) FILTER (WHERE r.state = 'withdrawn'))::int
      FROM lab.result r
      JOIN lab.specimen s ON s.hospital_id = r.hospital_id AND s.id = r.specimen_id
     WHERE r.hospital_id = :hospital.hospital_id AND r.clinical_at >= :since AND s.bench <> 'elsewhere'
     GROUP BY s.bench ORDER BY s.bench LIMIT 20
""")
async def turnaround(db: Db, hospital: HospitalScope, *, since: datetime) -> list[BenchFigures]:
    """What was released since, by bench. Index: result_clinical."""


@query("""
    SELECT s.bench, count(*)::int, (count(*) FILTER (WHERE s.state = 'rejected'))::int
      FROM lab.specimen s
     WHERE s.hospital_id = :hospital.hospital_id AND s.collected_at >= :since
     GROUP BY s.bench ORDER BY s.bench LIMIT 20
""")
async def rejections(db: Db, hospital: HospitalScope, *, since: datetime) -> list[RejectFigures]:
    """What was collected since and could not be used. Index: specimen_collected."""


@query("""
    SELECT count(*)::int,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM k.told_at - k.opened_at) / 60),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM k.acknowledged_at - k.opened_at) / 60),
           (count(*) FILTER (WHERE k.acknowledged_at <= k.opened_at + interval '15 minutes'))::int,
           (count(*) FILTER (WHERE k.closed_at IS NULL))::int
      FROM lab.critical_call k
     WHERE k.hospital_id = :hospital.hospital_id AND k.opened_at >= :since
""")
async def calls(db: Db, hospital: HospitalScope, *, since: datetime) -> CallFigures:
    """Critical values since. Index: critical_call_opened."""


async def figures(db: Db, hospital: HospitalScope, *, days: int, now: datetime) -> Figures:
    """The last days of a laboratory. 3 queries."""
    since = now - timedelta(days=days)
    async with db.one_connection() as one:
        released = {each.bench: each for each in await turnaround(one, hospital, since=since)}
        rejected = {each.bench: each for each in await rejections(one, hospital, since=since)}
        told = await calls(one, hospital, since=since)
    nothing = BenchFigures("", 0, 0.0, 0.0, 0, 0, 0)
    benches = [
        structs.replace(
            released.get(bench, nothing),
            bench=words,
            collected=rejected[bench].collected if bench in rejected else 0,
            rejected=rejected[bench].rejected if bench in rejected else 0,
        )
        for bench, words in BENCHES.items()
        if bench in released or bench in rejected
    ]
    return Figures(days, benches, told)
