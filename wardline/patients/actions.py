"""What can be done to a patient's record: register, use a record, change, and what belongs to it."""

from datetime import date
from uuid import UUID

import msgspec

from wardline.identity.public import HospitalScope, access_hospital
from wardline.patients import photos, queries, rules
from wardline.patients.finding import today
from wardline.patients.forms import NewContact, NewIdentifier, NewPatient, PatientChange, Typed, UseRecord
from wardline.patients.matches import likely_matches, token_holds
from wardline.patients.models import (
    ChangedPatient,
    MatchPage,
    Offer,
    PatientScope,
    Person,
    PersonValues,
    Registered,
    Sex,
)
from wardline.patients.public import access_patient, tell_who_shows, whole_banner
from wardline.platform import files
from wardline.platform.errors import Conflict, Invalid, NotFound, Stale
from wardline.platform.http import Context
from wardline.platform.ids import new_id

OFFERED = {
    "family": "Family name",
    "given": "Given names",
    "title": "Title",
    "known_as": "Known as",
    "mobile": "Mobile",
    "email": "Email",
    "address": "Address",
    "town": "Town",
    "postcode": "Postcode",
    "family_doctor": "Family doctor",
}
REASON_LENGTH_MIN = 3


class LikelySamePerson(Conflict):
    """Somebody on file is very likely this person; `matches` says who. A reason registers a different person."""

    code, title = "likely_same_person", "This person is very likely on file already"


class IdentifierTaken(Conflict):
    code, title = "identifier_taken", "This number already belongs to somebody"


def topic(person_id: UUID) -> str:
    """What a page about this person watches."""
    return f"patient:{person_id}"


def birth_date_of(typed: Typed, day: date) -> date | None:
    """The birth date, given whole or in three fields; Invalid when it is no date or cannot be right."""
    parts = (typed.born_year, typed.born_month, typed.born_day)
    born = typed.born_on
    if born is None and any(part is not None for part in parts):
        born = rules.date_of_parts(*parts)
        if born is None:
            raise Invalid(fields={"born_day": "Enter the date of birth as day, month and year."})
    if born is not None and (fault := rules.birth_date_fault(born, day)):
        raise Invalid(fields={"born_day" if typed.born_on is None else "born_on": fault})
    return born


# --- Registering -----------------------------------------------------------------------------------------------------


async def register(ctx: Context, new: NewPatient) -> Registered:
    """Register a person who is new to the network. Refused with the matches when somebody very likely is on file."""
    hospital = await access_hospital(ctx)
    values = _unknown_values(ctx, new) if new.unknown else _known_values(ctx, new)
    if not new.unknown:
        await _refuse_likely_match(ctx, hospital, new, values.born_on)
    numbers = await queries.insert_person(ctx.db, hospital, new=values, staff_id=ctx.caller.id)
    if new.kin_name.strip() or new.identifiers:
        patient = await access_patient(ctx, values.person_id)
        await _add_kin(ctx, patient, new.kin_name, new.kin_relation, new.kin_phone)
        for identifier in new.identifiers:
            await _add_identifier(ctx, patient, identifier.system, identifier.value)
    reason = {"different_person": True} if new.different_person_reason.strip() else None
    ctx.record("patient.registered", person_id=values.person_id, subject_id=values.person_id, detail=reason)
    ctx.publish("patient.registered", {"person_id": values.person_id, "version": 1})
    ctx.touch(topic(values.person_id))
    return Registered(
        person_id=values.person_id,
        network_number=numbers.network_number,
        mrn=numbers.mrn,
        family=values.family,
        given=values.given,
        version=1,
        is_new=True,
    )


def _known_values(ctx: Context, new: NewPatient) -> PersonValues:
    faults = rules.name_faults(new.family, new.given)
    if new.sex is None:
        faults["sex"] = "Choose the sex, or Not known."
    try:
        born = birth_date_of(new, today(ctx))
    except Invalid as wrong:
        raise Invalid(fields=faults | wrong.fields) from None
    if faults or new.sex is None:
        raise Invalid(fields=faults)
    return PersonValues(
        person_id=new_id(),
        family=new.family.strip(),
        given=new.given.strip(),
        title=new.title.strip(),
        known_as=new.known_as.strip(),
        sex=new.sex,
        born_on=born,
        mobile=new.mobile.strip(),
        email=new.email.strip(),
        address=new.address.strip(),
        town=new.town.strip(),
        postcode=rules.shown_postcode(new.postcode),
        family_doctor=new.family_doctor.strip(),
    )


def _unknown_values(ctx: Context, new: NewPatient) -> PersonValues:
    """Somebody who cannot say who they are: Unknown Male, about 40, born about the middle of that year."""
    sex = new.sex or Sex.UNKNOWN
    born = None if new.age_years is None else rules.estimated_birth_date(new.age_years, today(ctx))
    return PersonValues(
        person_id=new_id(),
        family=rules.UNKNOWN_FAMILY,
        given=rules.unknown_given_name(sex, new.age_years),
        sex=sex,
        born_on=born,
        born_estimated=born is not None,
        name_known=False,
    )


async def _refuse_likely_match(ctx: Context, hospital: HospitalScope, new: NewPatient, born: date | None) -> MatchPage:
    matches = await likely_matches(ctx, hospital, new, born)
    if matches.very_likely and len(new.different_person_reason.strip()) < REASON_LENGTH_MIN:
        raise LikelySamePerson(
            "Use the record beside the form, or say why this is a different person.",
            fields={"different_person_reason": "Say why this is a different person."},
            matches=[msgspec.to_builtins(match) for match in matches.items],
        )
    return matches


async def use_record(ctx: Context, patient_id: UUID, typed: UseRecord) -> Registered:
    """Use an existing record: open it when it is ours, register the person here when the matching showed them.

    NotFound for an id that was guessed: the token proves that the matching answered this caller with this person.
    """
    hospital = await access_hospital(ctx)
    known = await queries.is_registered(ctx.db, hospital_id=hospital.hospital_id, person_id=patient_id)
    if not known:
        if not token_holds(ctx, patient_id, typed.token):
            raise NotFound("There is no such patient here.")
        await queries.insert_registration(ctx.db, hospital, person_id=patient_id, staff_id=ctx.caller.id)
        ctx.record("patient.registered_here", person_id=patient_id, subject_id=patient_id)
        ctx.publish("patient.registered", {"person_id": patient_id, "version": 1})
        ctx.touch(topic(patient_id))
    patient = await access_patient(ctx, patient_id)
    if typed.kin_name.strip():
        await _add_missing_kin(ctx, patient, typed)
    person = await queries.person(ctx.db, patient)
    banner, _ = await whole_banner(ctx.db, patient)
    return Registered(
        person_id=person.person_id,
        network_number=person.network_number,
        mrn=person.mrn,
        family=person.family,
        given=person.given,
        version=person.version,
        is_new=False,
        offers=_offers(typed, person, birth_date_of(typed, today(ctx))),
        banner=banner,
    )


def _offers(typed: UseRecord, person: Person, born: date | None) -> list[Offer]:
    """What was typed and the record does not say already. Nothing is overwritten by itself."""
    offers: list[Offer] = []
    for name, label in OFFERED.items():
        said, recorded = str(getattr(typed, name)).strip(), str(getattr(person, name))
        if not rules.says_less(said, recorded):
            offers.append(Offer(name=name, label=label, value=said, typed=said, record=recorded or "Not on record"))
    if born is not None and (born != person.born_on or person.born_estimated):
        recorded = f"{person.born_on:%d-%b-%Y}" if person.born_on else "Not on record"
        offers.append(Offer(name="born_on", label="Born", value=f"{born}", typed=f"{born:%d-%b-%Y}", record=recorded))
    if typed.sex is not None and typed.sex != person.sex and typed.sex != Sex.UNKNOWN:
        recorded = "Not known" if person.sex == Sex.UNKNOWN else person.sex.capitalize()
        offers.append(Offer(name="sex", label="Sex", value=typed.sex, typed=typed.sex.capitalize(), record=recorded))
    return offers


async def _add_missing_kin(ctx: Context, patient: PatientScope, typed: UseRecord) -> None:
    """A next of kin who was typed is kept, unless somebody of that name is recorded already."""
    names = {rules.plain(contact.name) for contact in await queries.contacts(ctx.db, patient)}
    if rules.plain(typed.kin_name) and rules.plain(typed.kin_name) not in names:
        await _add_kin(ctx, patient, typed.kin_name, typed.kin_relation, typed.kin_phone)


# --- Changing --------------------------------------------------------------------------------------------------------


async def change(ctx: Context, patient: PatientScope, wanted: PatientChange) -> ChangedPatient:
    """Change details of a record that has not changed since the caller read it."""
    await queries.lock_person(ctx.db, patient)
    person = await queries.person(ctx.db, patient)
    if ctx.version != person.version:
        raise Stale(current=msgspec.to_builtins(person))
    values = _changed_values(ctx, person, wanted)
    version = await queries.update_person(ctx.db, patient, new=values, version=person.version)
    assert version is not None, "the row is locked and has this version"
    names = [name for name in values.__struct_fields__ if getattr(values, name) != getattr(person, name)]
    ctx.record("patient.changed", person_id=patient.person_id, subject_id=patient.person_id, detail={"fields": names})
    await tell_who_shows(ctx, patient.person_id)
    return _touched(ctx, patient, version)


def _changed_values(ctx: Context, person: Person, wanted: PatientChange) -> PersonValues:
    fields = PersonValues.__struct_fields__
    values = PersonValues(**{name: getattr(person, name) for name in fields})
    for name in fields:
        given = getattr(wanted, name, msgspec.UNSET)
        if given is not msgspec.UNSET:
            setattr(values, name, given.strip() if type(given) is str else given)
        elif wanted.whole_form and name in OFFERED:
            # A browser leaves empty fields out, so in a form that shows them all a missing one was emptied.
            setattr(values, name, "")
    values.postcode = rules.shown_postcode(values.postcode)
    parts = (wanted.born_year, wanted.born_month, wanted.born_day)
    if any(part is not msgspec.UNSET for part in parts):
        values.born_on = rules.date_of_parts(*(None if part is msgspec.UNSET else part for part in parts))
        if values.born_on is None:
            raise Invalid(fields={"born_day": "Enter the date of birth as day, month and year."})
        values.born_estimated = False
    _check_values(values, person, today(ctx))
    values.name_known = person.name_known or values.family != person.family
    return values


def _check_values(values: PersonValues, person: Person, day: date) -> None:
    renamed = (values.family, values.given) != (person.family, person.given)
    faults = rules.name_faults(values.family, values.given) if renamed else {}
    if values.born_on is not None and (fault := rules.birth_date_fault(values.born_on, day)):
        faults["born_day"] = fault
    if values.deceased_on is not None and values.deceased_on > day:
        faults["deceased_on"] = "The date of death is in the future."
    if values.deceased_on and values.born_on and values.deceased_on < values.born_on:
        faults["deceased_on"] = "The date of death is before the date of birth."
    if faults:
        raise Invalid(fields=faults)


def _touched(ctx: Context, patient: PatientScope, version: int) -> ChangedPatient:
    ctx.publish("patient.changed", {"person_id": patient.person_id, "version": version})
    ctx.touch(topic(patient.person_id))
    return ChangedPatient(person_id=patient.person_id, version=version)


# --- What belongs to a record ----------------------------------------------------------------------------------------


async def add_contact(ctx: Context, patient: PatientScope, new: NewContact) -> ChangedPatient:
    """Somebody to tell."""
    await _add_kin(ctx, patient, new.name, new.relation, new.phone)
    return _touched(ctx, patient, await queries.raise_version(ctx.db, patient))


async def _add_kin(ctx: Context, patient: PatientScope, name: str, relation: str, phone: str) -> None:
    if not name.strip():
        return
    contact_id = new_id()
    await queries.insert_contact(
        ctx.db,
        patient,
        contact_id=contact_id,
        name=name.strip(),
        relation=relation.strip(),
        phone=phone.strip(),
        staff_id=ctx.caller.id,
    )
    ctx.record("contact.added", person_id=patient.person_id, subject_type="contact", subject_id=contact_id)


async def end_contact(ctx: Context, patient: PatientScope, contact_id: UUID) -> ChangedPatient:
    """No longer to be told; the row stays with its end."""
    assert ctx.version is not None
    ended = await queries.end_contact(ctx.db, patient, contact_id=contact_id, version=ctx.version, now=ctx.now)
    if ended is None:
        held = {contact.contact_id: contact for contact in await queries.contacts(ctx.db, patient)}
        if contact_id not in held:
            raise NotFound("There is no such contact.")
        raise Stale(current=msgspec.to_builtins(held[contact_id]))
    ctx.record("contact.ended", person_id=patient.person_id, subject_type="contact", subject_id=contact_id)
    return _touched(ctx, patient, await queries.raise_version(ctx.db, patient))


async def add_identifier(ctx: Context, patient: PatientScope, new: NewIdentifier) -> ChangedPatient:
    """Another system's number for this person."""
    await _add_identifier(ctx, patient, new.system, new.value)
    return _touched(ctx, patient, await queries.raise_version(ctx.db, patient))


async def _add_identifier(ctx: Context, patient: PatientScope, system: str, value: str) -> None:
    value = "".join(value.split()).upper()
    added = await queries.insert_identifier(ctx.db, patient, system=system.strip(), value=value, staff_id=ctx.caller.id)
    if added is None:
        raise IdentifierTaken(
            "Search for the number to see whose it is.", fields={"value": "Somebody has this number."}
        )
    ctx.record(
        "identifier.added", person_id=patient.person_id, subject_id=patient.person_id, detail={"system": system.strip()}
    )


async def set_photo(ctx: Context, patient: PatientScope, content: bytes) -> ChangedPatient:
    """Keep a photo: the file is on the disk before the row names it."""
    try:
        photo = photos.read_photo(content)
    except photos.NotAPhoto as wrong:
        raise Invalid(fields={"photo": str(wrong)}) from None
    name = await files.put(photo.content, photo.ending)
    version = await queries.set_photo(ctx.db, patient, photo_file=name)
    ctx.record("photo.set", person_id=patient.person_id, subject_id=patient.person_id)
    return _touched(ctx, patient, version)
