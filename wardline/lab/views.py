"""Pages put together from rows; used by the routes and by what is pushed."""

from datetime import UTC, datetime
from uuid import UUID

from msgspec import structs

from wardline.encounters.public import banner_with_stay
from wardline.identity.public import HospitalScope, WardScope
from wardline.lab import queries, shown
from wardline.lab.models import (
    BENCHES,
    BenchCount,
    BenchScope,
    Event,
    Order,
    OrderScope,
    Result,
    ResultsScope,
    SpecimenScope,
    State,
)
from wardline.lab.pages import Bench, Laboratory, ResultPage, ResultsPage, Round, SpecimenPage
from wardline.lab.scopes import patient_with
from wardline.patients.public import PatientScope
from wardline.platform import clock
from wardline.platform.db import Db
from wardline.platform.errors import BadRequest

NEWEST = queries.Cursor(datetime(9999, 1, 1, tzinfo=UTC), UUID(int=0))
UNRELEASED = (State.ORDERED, State.COLLECTED, State.RECEIVED, State.RESULTED, State.REJECTED, State.CANCELLED)


async def laboratory(db: Db, hospital: HospitalScope) -> Laboratory:
    """Critical values that wait, and every bench with what is on it. 2 queries."""
    async with db.one_connection() as one:
        calls = [shown.shown_call(each) for each in await queries.open_calls(one, hospital)]
        found = {each.bench: each for each in await queries.bench_counts(one, hospital, now=clock.now())}
    counts = [found.get(bench, BenchCount(bench, 0, 0, 0, 0)) for bench in BENCHES]
    return Laboratory(calls, [structs.replace(each, words=BENCHES[each.bench]) for each in counts])


async def bench(db: Db, scope: BenchScope) -> Bench:
    """A bench's list."""
    rows = await queries.bench_list(db, scope)
    return Bench(scope.bench, BENCHES[scope.bench], shown.with_age(rows, clock.now()))


async def collection(db: Db, ward: WardScope) -> Round:
    """What is to be collected on a ward."""
    return Round(ward.id, ward.name, await queries.to_collect(db, ward))


async def specimen_page(db: Db, scope: SpecimenScope, *, of_laboratory: bool, with_banner: bool) -> SpecimenPage:
    """A specimen with its results; outside of the laboratory only what was released has values."""
    async with db.one_connection() as one:
        found = await queries.specimen(one, scope)
        results = [shown.shown(each) for each in await queries.results_of_specimen(one, scope)]
        patient = patient_with(scope.hospital_id, scope.person_id)
        banner = await banner_with_stay(one, patient) if with_banner else None
    return SpecimenPage(found, results if of_laboratory else [for_wards(each) for each in results], banner)


async def result_page(
    db: Db, found: Result, patient: PatientScope, *, of_laboratory: bool, with_banner: bool
) -> ResultPage:
    """A result with its history; outside of the laboratory without what was typed before the release."""
    async with db.one_connection() as one:
        steps = await queries.history(one, hospital_id=patient.hospital_id, result_id=found.id)
        banner = await banner_with_stay(one, patient) if with_banner else None
    if not of_laboratory:
        steps = [_without_value(each) if each.kind == "resulted" or _is_hidden(found) else each for each in steps]
        found = for_wards(found)
    return ResultPage(shown.shown(found), [shown.shown_event(each, found.decimals) for each in steps], banner)


def for_wards(result: Result) -> Result:
    """The result as a ward may see it: no value before its release."""
    if not _is_hidden(result):
        return result
    return structs.replace(
        result,
        value=None,
        comparator="",
        words="",
        isolates=[],
        flag=None,
        previous=None,
        is_jump=False,
        shown="",
        typed="",
        bar=None,
    )


def _is_hidden(result: Result) -> bool:
    released = result.clinical_at is not None or result.call_id is not None
    return result.state in UNRELEASED or not released


def _without_value(event: Event) -> Event:
    return structs.replace(event, value=None, comparator="", words="", flag=None)


async def results_page(db: Db, patient: PatientScope, *, before: queries.Cursor, with_banner: bool) -> ResultsPage:
    """A patient's released results as a table and as a list."""
    async with db.one_connection() as one:
        items = [shown.shown(each) for each in await queries.results_of(one, patient, before=before)]
        banner = await banner_with_stay(one, patient) if with_banner else None
    last = items[-1] if len(items) == queries.RESULTS_MAX else None
    following = f"{last.taken_at.isoformat()}~{last.id}" if last and last.taken_at else None
    page = ResultsPage(patient.person_id, [], [], [], items, following, banner)
    return shown.cumulative(page)


async def live_results(db: Db, scope: ResultsScope) -> ResultsPage:
    """The newest results, as the page shows them."""
    return await results_page(db, scope.patient, before=NEWEST, with_banner=False)


async def order_with_specimens(db: Db, scope: OrderScope) -> Order:
    """An order with what it needs."""
    found = await queries.order(db, scope)
    found.specimens = await queries.specimens_of_order(db, scope)
    return found


async def orders(db: Db, patient: PatientScope) -> list[Order]:
    """A patient's orders with their specimens, newest first."""
    found = await queries.orders_of(db, patient)
    specimens = await queries.specimens_of_orders(db, patient, orders=[each.id for each in found])
    for each in found:
        each.specimens = [one for one in specimens if one.request_id == each.id]
    return found


def cursor(text: str | None) -> queries.Cursor:
    """Where a page of results begins; BadRequest for a cursor that is none."""
    if text is None:
        return NEWEST
    time, _, last = text.partition("~")
    try:
        moment = datetime.fromisoformat(time.replace(" ", "+"))
        after = UUID(last) if last else UUID(int=0)
    except ValueError:
        raise BadRequest("The cursor is not one of ours.") from None
    if moment.tzinfo is None:
        raise BadRequest("The cursor is not one of ours.")
    return queries.Cursor(moment, after)
