"""What other slices use of patients: the access check that makes a patient's scope, the banner and the details."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from wardline.identity.public import seal
from wardline.patients import queries
from wardline.patients.bulk import (
    AllergyRecord,
    ContactRecord,
    IdentifierRecord,
    ImmunizationRecord,
    PersonRecord,
    RegistrationRecord,
    add_allergies,
    add_contacts,
    add_identifiers,
    add_immunizations,
    add_people,
    add_registrations,
    state_no_known_allergies,
)
from wardline.patients.finding import find, today
from wardline.patients.forms import Search
from wardline.patients.models import (
    Alert,
    AllergyState,
    Banner,
    BannerRow,
    PatientDetails,
    PatientScope,
    Sex,
)
from wardline.patients.queries import BANNER, OF_PATIENT, OPENING
from wardline.patients.rules import ids_in, is_wristband_of
from wardline.patients.timeline import TIMELINE, Event
from wardline.platform.alike import Alike
from wardline.platform.batch import Answer, Batch, Opening
from wardline.platform.db import Db
from wardline.platform.declared import numbered
from wardline.platform.errors import NotFound
from wardline.platform.http import Context

T = TypeVar("T")
_OPENING = "coalesce(o.topic_version, 0)", numbered(OPENING)[0]
assert numbered(OPENING)[1] == ("hospital_id", "topic", "person_id")

# Who shows a person elsewhere says there that they look different now: slices above add to it.
on_person_changed: list[Callable[[Context, UUID], Awaitable[None]]] = []

# What the slices above know and every banner must show: bed, isolation. Each says whether the patient has an open stay.
on_banner: list[Callable[[Db, PatientScope, Banner], Awaitable[bool]]] = []


async def access_patient(ctx: Context, patient_id: UUID) -> PatientScope:
    """The patient, when registered at the caller's hospital; NotFound otherwise. Records that the record was opened."""
    opened = await queries.open_patient(ctx.db, hospital_id=ctx.caller.tenant_id, person_id=patient_id, topic=ctx.topic)
    if opened is None:
        raise no_such_patient()
    return opened_patient(ctx, patient_id, opened.topic_version)


async def open_with(ctx: Context, patient_id: UUID, ask: Callable[[Batch, PatientScope], T]) -> tuple[PatientScope, T]:
    """As `access_patient`, with what a page reads of the patient in the same round trip: `ask` puts it into the batch, and
    nothing of it is read when they are not registered here."""
    asked_of = PatientScope(hospital_id=ctx.caller.tenant_id, person_id=patient_id, seal=seal())
    batch = Batch(ctx.db)
    asked = ask(batch, asked_of)
    found = await batch.read_behind(Opening(*_OPENING, [ctx.caller.tenant_id, ctx.topic, patient_id]))
    if found is None:
        raise no_such_patient()
    return opened_patient(ctx, patient_id, found), asked


def opened_patient(ctx: Context, patient_id: UUID, topic_version: int | None) -> PatientScope:
    """The scope of somebody who was found registered at the caller's hospital. Records that the record was opened."""
    ctx.topic_version = topic_version or 0
    ctx.saw("patient", patient_id, patient_id)
    return PatientScope(hospital_id=ctx.caller.tenant_id, person_id=patient_id, seal=seal())


def no_such_patient() -> NotFound:
    """Of whoever is not registered at the caller's hospital nothing is said."""
    return NotFound("There is no such patient here.")


async def record_death(ctx: Context, patient: PatientScope) -> None:
    """Note on the person that they died today; the banner turns black everywhere."""
    version = await queries.set_deceased(ctx.db, patient, deceased_on=today(ctx))
    ctx.record("patient.died", person_id=patient.person_id, subject_type="patient", subject_id=patient.person_id)
    ctx.publish("patient.changed", {"person_id": patient.person_id, "version": version})
    ctx.touch(f"patient:{patient.person_id}")
    await tell_who_shows(ctx, patient.person_id)


async def tell_who_shows(ctx: Context, person_id: UUID) -> None:
    """Whoever shows the person hears that they look different now."""
    for tell in on_person_changed:
        await tell(ctx, person_id)


def ask_banner(batch: Batch, patient: PatientScope) -> Answer[BannerRow]:
    """Who the page is about, read together with the rest of the page."""
    return batch.ask(queries.banner, patient)


async def patient_banner(db: Db, patient: PatientScope) -> Banner:
    """Who the page is about, in one query. Bed, ward and further alerts are added by the slices that know them."""
    return banner_of(await queries.banner(db, patient))


async def whole_banner(db: Db, patient: PatientScope) -> tuple[Banner, bool]:
    """The banner with what the slices above know, and whether the patient has an open stay."""
    banner = await patient_banner(db, patient)
    is_staying = [await add(db, patient, banner) for add in on_banner]
    return banner, any(is_staying)


def banner_of(row: BannerRow) -> Banner:
    """The banner of a person's row."""
    alerts = [] if row.name_known else [Alert("warn", "circle-question-mark", "Name not known")]
    return Banner(
        person_id=row.person_id,
        family=row.family,
        given=row.given,
        title=row.title,
        sex=Sex(row.sex),
        born=row.born_on,
        born_estimated=row.born_estimated,
        deceased_on=row.deceased_on,
        identifier=row.network_number,
        mrn=row.mrn,
        photo_href=f"/patients/{row.person_id}/photo?v={row.version}" if row.has_photo else None,
        allergy_state=AllergyState(row.allergy_state),
        allergies=row.allergies,
        allergy_confirmed=_confirmed(row),
        alerts=alerts,
        version=row.version,
    )


# The banners shown last: one that shows the same stays the same object, so that it is not rendered again.
_banners: Alike[Banner] = Alike(2_000, name=lambda banner: banner.person_id)


def settled(patient: PatientScope, banner: Banner) -> Banner:
    """The banner of a patient's page with all that stands on it. Nobody changes it from here on."""
    return _banners.rows((patient.hospital_id, patient.person_id), (banner,))[0]


def _confirmed(row: BannerRow) -> str:
    if row.allergies_confirmed_at is None:
        return ""
    by = f" by {row.allergies_confirmed_by}" if row.allergies_confirmed_by else ""
    return f"confirmed {row.allergies_confirmed_at:%d-%b-%Y}{by}"


async def patient_details(db: Db, patient: PatientScope) -> PatientDetails:
    """Everything that is known about the person apart from the stay: one read, and one of each slice above."""
    async with db.one_connection() as one:
        batch = Batch(one)
        row = ask_banner(batch, patient)
        person = batch.ask(queries.person, patient)
        identifiers, contacts = batch.ask(queries.identifiers, patient), batch.ask(queries.contacts, patient)
        allergies, immunizations = batch.ask(queries.allergies, patient), batch.ask(queries.immunizations, patient)
        await batch.read()
        banner = banner_of(row.value)
        is_staying = [await add(one, patient, banner) for add in on_banner]
    return PatientDetails(
        banner=settled(patient, banner),
        is_staying=any(is_staying),
        person=person.value,
        identifiers=identifiers.value,
        contacts=contacts.value,
        allergies=allergies.value,
        immunizations=immunizations.value,
        version=person.value.version,
    )


__all__ = [
    "BANNER",
    "OF_PATIENT",
    "OPENING",
    "TIMELINE",
    "Alert",
    "AllergyRecord",
    "AllergyState",
    "Banner",
    "BannerRow",
    "ContactRecord",
    "Event",
    "IdentifierRecord",
    "ImmunizationRecord",
    "PatientDetails",
    "PatientScope",
    "PersonRecord",
    "RegistrationRecord",
    "Search",
    "Sex",
    "access_patient",
    "add_allergies",
    "add_contacts",
    "add_identifiers",
    "add_immunizations",
    "add_people",
    "add_registrations",
    "ask_banner",
    "banner_of",
    "find",
    "ids_in",
    "is_wristband_of",
    "no_such_patient",
    "on_banner",
    "on_person_changed",
    "open_with",
    "opened_patient",
    "patient_banner",
    "patient_details",
    "record_death",
    "settled",
    "state_no_known_allergies",
    "tell_who_shows",
    "today",
    "whole_banner",
]
