"""Many people at once, for imports. What is already there stays as it is, so doing it twice adds nothing.

The handle's scope must be the hospital named: row-level security checks every row. Register people before adding what
belongs to them.
"""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import date, datetime
from uuid import UUID

import msgspec

from wardline.platform.db import Db, query


class PersonRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`hospital_id` is the first hospital to know the person; the registration itself is a record of its own."""

    id: UUID
    hospital_id: UUID
    family: str
    given: str
    title: str
    sex: str
    born_on: date | None
    born_estimated: bool
    deceased_on: date | None
    mobile: str
    email: str
    address: str
    town: str
    postcode: str


class RegistrationRecord(msgspec.Struct, frozen=True):
    hospital_id: UUID
    person_id: UUID
    last_visit_at: datetime | None


class IdentifierRecord(msgspec.Struct, frozen=True):
    """`system` says who gave the value: a national register, another hospital's records."""

    person_id: UUID
    system: str
    value: str


class ContactRecord(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    person_id: UUID
    name: str
    relation: str
    phone: str


class AllergyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`hospital_id` is where it was recorded, as far as that can be told."""

    id: UUID
    hospital_id: UUID
    person_id: UUID
    substance: str
    code_system: str | None
    code: str | None
    category: str
    reaction: str
    severity: str
    state: str
    noted_on: date | None


class ImmunizationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`cvx` is the code of the vaccine (CDC), None where another code system was used."""

    id: UUID
    hospital_id: UUID
    person_id: UUID
    vaccine: str
    cvx: str | None
    given_on: date
    lot: str


@query("""
    WITH added AS (
        INSERT INTO patients.person (id, network_number, family, given, title, sex, born_on, born_estimated, deceased_on,
                                     mobile, email, address, town, postcode, hospital_ids)
        SELECT t.id, patients.next_network_number(), t.family, t.given, t.title, t.sex, t.born_on, t.born_estimated,
               t.deceased_on, t.mobile, t.email, t.address, t.town, t.postcode, ARRAY[t.hospital_id]
          FROM jsonb_to_recordset(:people::jsonb) AS t (id uuid, hospital_id uuid, family text, given text, title text,
               sex text, born_on date, born_estimated boolean, deceased_on date, mobile text, email text, address text,
               town text, postcode text)
         WHERE NOT EXISTS (SELECT 1 FROM patients.person p WHERE p.id = t.id)
        ON CONFLICT (id) DO NOTHING RETURNING 1)
    SELECT count(*) FROM added
""")
async def add_people(db: Db, people: list[PersonRecord]) -> int:
    """How many were new; each gets a network number."""


@query("""
    WITH offered AS (
        SELECT * FROM jsonb_to_recordset(:registrations::jsonb)
            AS t (hospital_id uuid, person_id uuid, last_visit_at timestamptz)),
    later AS (
        UPDATE patients.registration r SET last_visit_at = o.last_visit_at, version = r.version + 1
          FROM offered o
         WHERE r.hospital_id = o.hospital_id AND r.person_id = o.person_id AND r.last_visit_at < o.last_visit_at),
    added AS (
        INSERT INTO patients.registration (hospital_id, person_id, mrn, last_visit_at)
        SELECT o.hospital_id, o.person_id, patients.next_mrn(o.hospital_id), o.last_visit_at
          FROM offered o
         WHERE NOT EXISTS (SELECT 1 FROM patients.registration r
                            WHERE r.hospital_id = o.hospital_id AND r.person_id = o.person_id)
        ON CONFLICT (hospital_id, person_id) DO NOTHING RETURNING 1)
    SELECT count(*) FROM added
""")
async def add_registrations(db: Db, registrations: list[RegistrationRecord]) -> int:
    """How many were new; each gets the hospital's next record number."""


@query("""
    WITH added AS (
        INSERT INTO patients.identifier (person_id, system, value)
        SELECT t.person_id, t.system, t.value
          FROM jsonb_to_recordset(:identifiers::jsonb) AS t (person_id uuid, system text, value text)
        ON CONFLICT (system, value) DO NOTHING RETURNING 1)
    SELECT count(*) FROM added
""")
async def add_identifiers(db: Db, identifiers: list[IdentifierRecord]) -> int:
    """How many were new. A number that somebody else has stays with them."""


@query("""
    WITH added AS (
        INSERT INTO patients.contact (person_id, id, name, relation, phone)
        SELECT t.person_id, t.id, t.name, t.relation, t.phone
          FROM jsonb_to_recordset(:contacts::jsonb) AS t (person_id uuid, id uuid, name text, relation text, phone text)
        ON CONFLICT (person_id, id) DO NOTHING RETURNING 1)
    SELECT count(*) FROM added
""")
async def add_contacts(db: Db, contacts: list[ContactRecord]) -> int:
    """How many were new."""


@query("""
    WITH added AS (
        INSERT INTO patients.allergy (person_id, id, hospital_id, substance, code_system, code, category, reaction, severity,
                                      state, noted_on)
        SELECT t.person_id, t.id, t.hospital_id, t.substance, t.code_system, t.code, t.category, t.reaction, t.severity,
               t.state, t.noted_on
          FROM jsonb_to_recordset(:allergies::jsonb) AS t (person_id uuid, id uuid, hospital_id uuid, substance text,
               code_system text, code text, category text, reaction text, severity text, state text, noted_on date)
        ON CONFLICT (person_id, id) DO NOTHING RETURNING person_id),
    stated AS (
        UPDATE patients.person p SET allergy_state = 'recorded', version = p.version + 1
         WHERE p.id IN (SELECT person_id FROM added) AND p.allergy_state <> 'recorded')
    SELECT count(*) FROM added
""")
async def add_allergies(db: Db, allergies: list[AllergyRecord]) -> int:
    """How many were new. Who has one is no longer "not recorded", nor "none known"."""


@query("""
    WITH stated AS (
        UPDATE patients.person SET allergy_state = 'none_known', allergies_confirmed_at = :at, allergies_confirmed_by = :by,
                                   version = version + 1
         WHERE id = ANY (:person_ids) AND allergy_state = 'not_recorded' RETURNING 1)
    SELECT count(*) FROM stated
""")
async def state_no_known_allergies(db: Db, person_ids: list[UUID], at: datetime, by: UUID) -> int:
    """Only where nothing was recorded before: a recorded allergy outweighs a statement that there is none."""


@query("""
    WITH added AS (
        INSERT INTO patients.immunization (person_id, id, hospital_id, vaccine, cvx, given_on, lot)
        SELECT t.person_id, t.id, t.hospital_id, t.vaccine, t.cvx, t.given_on, t.lot
          FROM jsonb_to_recordset(:immunizations::jsonb) AS t (person_id uuid, id uuid, hospital_id uuid, vaccine text,
               cvx text, given_on date, lot text)
        ON CONFLICT (person_id, id) DO NOTHING RETURNING 1)
    SELECT count(*) FROM added
""")
async def add_immunizations(db: Db, immunizations: list[ImmunizationRecord]) -> int:
    """How many were new."""
