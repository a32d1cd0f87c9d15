"""Patients over HTTP: search, registration with its matches, the details page and what belongs to it."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from wardline.identity.public import May, access_hospital
from wardline.patients import actions, allergies, finding, matches, photos, queries
from wardline.patients.forms import (
    AllergyConfirmation,
    AllergyError,
    NewAllergy,
    NewContact,
    NewIdentifier,
    NewPatient,
    NewPhoto,
    PatientChange,
    Search,
    Typed,
    UseRecord,
)
from wardline.patients.models import (
    AllergyRecorded,
    ChangedPatient,
    MatchPage,
    PatientDetails,
    Registered,
    SearchPage,
)
from wardline.patients.public import PatientScope, access_patient, patient_details
from wardline.platform import files
from wardline.platform.errors import Invalid, NotFound
from wardline.platform.http import Context, File, Page, Redirect, delete, get, patch, post, put

DETAILS = "/patients/{patient_id}/details"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Searched(msgspec.Struct):
    """The search that came before: a registration opens only after one."""

    q: Annotated[str, Meta(max_length=200)] = ""


class RegisterPage(msgspec.Struct, kw_only=True):
    """The form with what is already known from the search, and the matches beside it."""

    typed: Typed
    searched: str
    matches: MatchPage
    months: tuple[str, ...] = MONTHS


class UnknownPage(msgspec.Struct):
    """Registering somebody who cannot say who they are: one choice of sex and age."""

    ages: tuple[int, ...] = (5, 15, 25, 40, 55, 70, 85)


class EditPage(msgspec.Struct, kw_only=True):
    """The details as a form."""

    details: PatientDetails
    months: tuple[str, ...] = MONTHS


# --- Search and registration -----------------------------------------------------------------------------------------


@get("/patients", needs=May.SEARCH_PATIENTS, page="patients/search.html", title="Find a patient", section="patients")
async def search(ctx: Context, given: Search) -> SearchPage | Page:
    """People of this hospital by name, birth date, phone or number, in one box or in fields of their own."""
    found = await finding.find(ctx, await access_hospital(ctx), given)
    return Page("patients/search.html", found, "Find a patient") if ctx.html else found.page()


@get(
    "/patients/new",
    needs=May.REGISTER_PATIENT,
    page="patients/register.html",
    title="Register a patient",
    section="patients",
)
async def registration_form(ctx: Context, given: Searched) -> RegisterPage | Redirect:
    """The registration page, filled in from the search that came before; without a search there is none."""
    if not given.q.strip():
        return Redirect("/patients")
    typed = finding.typed_from(given.q, finding.today(ctx))
    found = await matches.likely_matches(ctx, await access_hospital(ctx), typed, typed.born_on)
    return RegisterPage(typed=typed, searched=given.q.strip(), matches=found)


@get("/patients/matches", needs=May.REGISTER_PATIENT, page="patients/matches.html", title="Likely matches")
async def likely_matches(ctx: Context, given: Typed) -> MatchPage:
    """Who in the whole network the person being typed may be, the likeliest first."""
    try:
        born = actions.birth_date_of(given, finding.today(ctx))
    except Invalid:
        born = None  # half a date while it is being typed
    return await matches.likely_matches(ctx, await access_hospital(ctx), given, born)


@get(
    "/patients/unknown",
    needs=May.REGISTER_PATIENT,
    page="patients/unknown.html",
    title="Patient cannot say who they are",
    section="patients",
)
async def unknown_form(ctx: Context) -> UnknownPage:
    """Sex and age of somebody who cannot say who they are."""
    return UnknownPage()


@post(
    "/patients",
    needs=May.REGISTER_PATIENT,
    created="/patients/{page.person_id}",
    then="/patients/{page.person_id}/details",
)
async def register(ctx: Context, new: NewPatient) -> Registered:
    """Register a person: 409 with the matches when somebody on file very likely is this person."""
    return await actions.register(ctx, new)


@post("/patients/{patient_id}/registrations", needs=May.REGISTER_PATIENT, page="patients/used.html", then=DETAILS)
async def use_record(ctx: Context, patient_id: UUID, typed: UseRecord) -> Registered:
    """Use an existing record here; somebody of another hospital only with the token of the matches."""
    return await actions.use_record(ctx, patient_id, typed)


# --- The record ------------------------------------------------------------------------------------------------------


@get(
    DETAILS,
    needs=May.READ_PATIENT,
    access=access_patient,
    page="patients/details.html",
    title="{page.person.family}, {page.person.given}",
    section="patients",
    topic="patient:{patient_id}",
)
async def details(ctx: Context, patient: PatientScope) -> PatientDetails:
    """Everything that is known about the person apart from the stay."""
    return await patient_details(ctx.db, patient)


@get(
    "/patients/{patient_id}/card",
    needs=May.READ_PATIENT,
    access=access_patient,
    page="patients/card.html",
    title="{page.person.family}, {page.person.given}",
)
async def card(ctx: Context, patient: PatientScope) -> PatientDetails:
    """What the opened banner shows: address, contacts, family doctor."""
    return await patient_details(ctx.db, patient)


@get(
    "/patients/{patient_id}/edit",
    needs=May.CHANGE_PATIENT,
    access=access_patient,
    page="patients/edit.html",
    title="Change {page.details.person.family}, {page.details.person.given}",
    section="patients",
)
async def edit_form(ctx: Context, patient: PatientScope) -> EditPage:
    """The details as a form."""
    return EditPage(details=await patient_details(ctx.db, patient))


@patch("/patients/{patient_id}", needs=May.CHANGE_PATIENT, access=access_patient, versioned=True, then=DETAILS)
async def change(ctx: Context, patient: PatientScope, wanted: PatientChange) -> ChangedPatient:
    """Change details: what is not sent stays."""
    return await actions.change(ctx, patient, wanted)


@post("/patients/{patient_id}/contacts", needs=May.CHANGE_PATIENT, access=access_patient, then=DETAILS)
async def add_contact(ctx: Context, patient: PatientScope, new: NewContact) -> ChangedPatient:
    """Add a next of kin or somebody else to tell."""
    return await actions.add_contact(ctx, patient, new)


@delete(
    "/patients/{patient_id}/contacts/{contact_id}",
    needs=May.CHANGE_PATIENT,
    access=access_patient,
    versioned=True,
    then=DETAILS,
)
async def end_contact(ctx: Context, patient: PatientScope, contact_id: UUID) -> ChangedPatient:
    """End a contact; the row stays, with when it ended."""
    return await actions.end_contact(ctx, patient, contact_id)


@post("/patients/{patient_id}/identifiers", needs=May.CHANGE_PATIENT, access=access_patient, then=DETAILS)
async def add_identifier(ctx: Context, patient: PatientScope, new: NewIdentifier) -> ChangedPatient:
    """Add the number by which another system knows the person."""
    return await actions.add_identifier(ctx, patient, new)


@get("/patients/{patient_id}/photo", needs=May.READ_PATIENT, access=access_patient)
async def photo(ctx: Context, patient: PatientScope) -> File:
    """The patient's photo."""
    name = await queries.photo_file(ctx.db, patient)
    if name is None:
        raise NotFound("There is no photo.")
    kind = photos.CONTENT_TYPES[name.rpartition(".")[2]]
    return File(await files.get(name), kind, inline=True, cache_control="private, max-age=300")


@put(
    "/patients/{patient_id}/photo",
    needs=May.CHANGE_PATIENT,
    access=access_patient,
    then=DETAILS,
    body_bytes_max=8_000_000,
)
async def set_photo(ctx: Context, patient: PatientScope, new: NewPhoto) -> ChangedPatient:
    """Set the patient's photo: JPEG or PNG, at most 5 MB."""
    return await actions.set_photo(ctx, patient, new.photo)


# --- Allergies -------------------------------------------------------------------------------------------------------


@post(
    "/patients/{patient_id}/allergies",
    needs=May.RECORD_ALLERGY,
    access=access_patient,
    then=DETAILS,
    load_class="medication",
)
async def record_allergy(ctx: Context, patient: PatientScope, new: NewAllergy) -> AllergyRecorded:
    """Record an allergy or intolerance."""
    return await allergies.record_allergy(ctx, patient, new)


@put(
    "/patients/{patient_id}/allergies/{allergy_id}/error",
    needs=May.RECORD_ALLERGY,
    access=access_patient,
    versioned=True,
    then=DETAILS,
    load_class="medication",
)
async def mark_allergy_mistaken(
    ctx: Context, patient: PatientScope, allergy_id: UUID, wrong: AllergyError
) -> AllergyRecorded:
    """Mark an entry as entered in error, with the reason; it stays on record, struck through."""
    return await allergies.mark_mistaken(ctx, patient, allergy_id, wrong.reason)


@put(
    "/patients/{patient_id}/allergies/{allergy_id}/resolution",
    needs=May.RECORD_ALLERGY,
    access=access_patient,
    versioned=True,
    then=DETAILS,
    load_class="medication",
)
async def resolve_allergy(ctx: Context, patient: PatientScope, allergy_id: UUID) -> AllergyRecorded:
    """Note that an allergy is over. It stays on record."""
    return await allergies.resolve(ctx, patient, allergy_id)


@put(
    "/patients/{patient_id}/allergy-confirmation",
    needs=May.RECORD_ALLERGY,
    access=access_patient,
    versioned=True,
    then=DETAILS,
    load_class="medication",
)
async def confirm_allergies(ctx: Context, patient: PatientScope, said: AllergyConfirmation) -> AllergyRecorded:
    """Confirm that the patient has no known allergies, or that the list is right and complete."""
    return await allergies.confirm(ctx, patient, said)
