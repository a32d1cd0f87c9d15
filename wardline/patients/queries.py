"""SQL of the patient's own data. Rows are reached through a scope that only an access check makes."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import date, datetime
from uuid import UUID

from wardline.identity.public import HospitalScope
from wardline.patients.models import (
    Allergy,
    BannerRow,
    Contact,
    Identifier,
    Immunization,
    Numbers,
    OpenedPatient,
    PatientScope,
    Person,
    PersonValues,
)
from wardline.platform.db import Db, query


@query("SELECT o.topic_version FROM patients.open_patient(:hospital_id, :person_id, :topic) o", opens=True)
async def open_patient(db: Db, *, hospital_id: UUID, person_id: UUID, topic: str) -> OpenedPatient | None:
    """The version of the page's topic, when the person is registered at this hospital."""


# The beginning of a statement that opens a patient and reads a page of theirs at once: what hangs on `o` (its WHERE says
# `o.hospital_id = :hospital_id`) cannot be read before the scope is set, because the row of `o` does not exist before.
OPENING = """
      FROM (SELECT set_config('app.hospital_id', :hospital_id::uuid::text, false)::uuid AS hospital_id OFFSET 0) s
     CROSS JOIN LATERAL (SELECT r.hospital_id, (SELECT t.version FROM platform.topic t WHERE t.topic = :topic) AS topic_version
                           FROM patients.registration r
                          WHERE r.hospital_id = s.hospital_id AND r.person_id = :person_id OFFSET 0) o
"""


@query("SELECT true FROM patients.registration r WHERE r.hospital_id = :hospital_id AND r.person_id = :person_id")
async def is_registered(db: Db, *, hospital_id: UUID, person_id: UUID) -> bool | None:
    """Whether the person is registered at this hospital."""


@query("""
    SELECT p.id, p.network_number, r.mrn, p.family, p.given, p.title, p.known_as, p.sex, p.born_on, p.born_estimated,
           p.deceased_on, p.name_known, p.mobile, p.email, p.address, p.town, p.postcode, p.family_doctor,
           p.photo_file IS NOT NULL, p.allergy_state, p.allergies_confirmed_at,
           (SELECT concat_ws(' ', nullif(s.title, ''), left(s.given, 1) || '.', s.family)
              FROM identity.staff s WHERE s.id = p.allergies_confirmed_by),
           r.last_visit_at, r.last_place, p.version
      FROM patients.registration r JOIN patients.person p ON p.id = r.person_id
     WHERE r.hospital_id = :patient.hospital_id AND r.person_id = :patient.person_id
""")
async def person(db: Db, patient: PatientScope) -> Person:
    """The person with this hospital's record number."""


# Pages that show more than the banner read it together with the rest.
BANNER = """
    SELECT p.id, p.network_number, r.mrn, p.family, p.given, p.title, p.sex, p.born_on, p.born_estimated, p.deceased_on,
           p.name_known, p.photo_file IS NOT NULL, p.allergy_state,
           ARRAY(SELECT CASE WHEN a.reaction = '' THEN a.substance ELSE a.substance || ' – ' || a.reaction END
                   FROM patients.allergy a WHERE a.person_id = p.id AND a.state = 'active'
                  ORDER BY array_position(ARRAY['severe', 'moderate', 'mild', 'unknown'], a.severity), a.substance LIMIT 20),
           p.allergies_confirmed_at,
           (SELECT concat_ws(' ', nullif(s.title, ''), left(s.given, 1) || '.', s.family)
              FROM identity.staff s WHERE s.id = p.allergies_confirmed_by),
           p.version
"""
OF_PATIENT = """
      FROM patients.registration r JOIN patients.person p ON p.id = r.person_id
     WHERE r.hospital_id = :patient.hospital_id AND r.person_id = :patient.person_id
"""


@query(BANNER + OF_PATIENT)
async def banner(db: Db, patient: PatientScope) -> BannerRow:
    """Who the page is about."""


@query("""
    SELECT p.id FROM patients.person p
     WHERE p.id = :patient.person_id AND :patient.hospital_id = ANY (p.hospital_ids)
       FOR NO KEY UPDATE
""")
async def lock_person(db: Db, patient: PatientScope) -> UUID:
    """Hold the person's row, so that two changes of one record follow each other."""


@query("""
    SELECT a.id, a.substance, a.code_system, a.code, a.category, a.reaction, a.severity, a.state, a.error_reason, a.noted_on,
           a.created_at,
           (SELECT concat_ws(' ', nullif(s.title, ''), left(s.given, 1) || '.', s.family)
              FROM identity.staff s WHERE s.id = a.created_by),
           a.version, a.kind, a.verification
      FROM patients.allergy a
     WHERE a.person_id = :patient.person_id
     ORDER BY a.state, array_position(ARRAY['severe', 'moderate', 'mild', 'unknown'], a.severity), a.substance LIMIT 100
""")
async def allergies(db: Db, patient: PatientScope) -> list[Allergy]:
    """Active first, the most severe first; mistaken entries at the end."""


@query("""
    SELECT i.system, i.value FROM patients.identifier i WHERE i.person_id = :patient.person_id ORDER BY i.system LIMIT 50
""")
async def identifiers(db: Db, patient: PatientScope) -> list[Identifier]:
    """Numbers by which other systems know the person."""


@query("""
    SELECT i.vaccine, i.cvx, i.given_on, i.lot FROM patients.immunization i
     WHERE i.person_id = :patient.person_id ORDER BY i.given_on DESC, i.id LIMIT 200
""")
async def immunizations(db: Db, patient: PatientScope) -> list[Immunization]:
    """Vaccines that were given, the latest first."""


@query("""
    SELECT c.id, c.name, c.relation, c.phone, c.version
      FROM patients.contact c
     WHERE c.person_id = :patient.person_id AND c.ended_at IS NULL
     ORDER BY c.created_at LIMIT 20
""")
async def contacts(db: Db, patient: PatientScope) -> list[Contact]:
    """Next of kin and others to tell."""


# --- Registering -----------------------------------------------------------------------------------------------------


@query("""
    WITH made AS (
        INSERT INTO patients.person (id, network_number, family, given, title, known_as, sex, born_on, born_estimated,
                                     name_known, mobile, email, address, town, postcode, family_doctor, hospital_ids, created_by)
        SELECT :new.person_id, patients.next_network_number(), :new.family, :new.given, :new.title, :new.known_as, :new.sex,
               :new.born_on, :new.born_estimated, :new.name_known, :new.mobile, :new.email, :new.address, :new.town,
               :new.postcode, :new.family_doctor, ARRAY[:hospital.hospital_id::uuid], :staff_id
        RETURNING id, network_number)
    INSERT INTO patients.registration (hospital_id, person_id, mrn, created_by)
    SELECT :hospital.hospital_id, made.id, patients.next_mrn(:hospital.hospital_id), :staff_id FROM made
    RETURNING mrn, (SELECT network_number FROM made)
""")
async def insert_person(db: Db, hospital: HospitalScope, *, new: PersonValues, staff_id: UUID) -> Numbers:
    """A new person, registered here. From here to the commit the hospital's other registrations wait."""


@query("""
    INSERT INTO patients.registration (hospital_id, person_id, mrn, created_by)
    VALUES (:hospital.hospital_id, :person_id, patients.next_mrn(:hospital.hospital_id), :staff_id)
    ON CONFLICT (hospital_id, person_id) DO NOTHING
""")
async def insert_registration(db: Db, hospital: HospitalScope, *, person_id: UUID, staff_id: UUID) -> None:
    """Register a person known elsewhere. The caller has checked the token that proves how the id was found."""


@query("""
    INSERT INTO patients.contact (person_id, id, name, relation, phone, created_by)
    VALUES (:patient.person_id, :contact_id, :name, :relation, :phone, :staff_id)
""")
async def insert_contact(
    db: Db, patient: PatientScope, *, contact_id: UUID, name: str, relation: str, phone: str, staff_id: UUID
) -> None:
    """Somebody to tell."""


@query("""
    UPDATE patients.contact SET ended_at = :now, version = version + 1
     WHERE person_id = :patient.person_id AND id = :contact_id AND version = :version AND ended_at IS NULL
    RETURNING version
""")
async def end_contact(db: Db, patient: PatientScope, *, contact_id: UUID, version: int, now: datetime) -> int | None:
    """No longer to be told; None when it changed meanwhile or is none of this patient's."""


@query("""
    INSERT INTO patients.identifier (person_id, system, value, created_by)
    VALUES (:patient.person_id, :system, :value, :staff_id)
    ON CONFLICT DO NOTHING RETURNING person_id
""")
async def insert_identifier(db: Db, patient: PatientScope, *, system: str, value: str, staff_id: UUID) -> UUID | None:
    """Another system's number for the person; None when that number is somebody's already."""


# --- Changing --------------------------------------------------------------------------------------------------------


@query("""
    UPDATE patients.person SET family = :new.family, given = :new.given, title = :new.title, known_as = :new.known_as,
           sex = :new.sex, born_on = :new.born_on, born_estimated = :new.born_estimated, deceased_on = :new.deceased_on,
           name_known = :new.name_known, mobile = :new.mobile, email = :new.email, address = :new.address,
           town = :new.town, postcode = :new.postcode, family_doctor = :new.family_doctor, version = version + 1
     WHERE id = :new.person_id AND :patient.hospital_id = ANY (hospital_ids) AND version = :version
    RETURNING version
""")
async def update_person(db: Db, patient: PatientScope, *, new: PersonValues, version: int) -> int | None:
    """Write the details; None when somebody changed the record since `version`."""


@query("""
    UPDATE patients.person SET version = version + 1
     WHERE id = :patient.person_id AND :patient.hospital_id = ANY (hospital_ids)
    RETURNING version
""")
async def raise_version(db: Db, patient: PatientScope) -> int:
    """The record changed in a part of its own (contact, identifier)."""


@query("""
    UPDATE patients.person SET deceased_on = :deceased_on, version = version + 1
     WHERE id = :patient.person_id AND :patient.hospital_id = ANY (hospital_ids)
    RETURNING version
""")
async def set_deceased(db: Db, patient: PatientScope, *, deceased_on: date) -> int:
    """The day of death."""


@query("""
    UPDATE patients.person SET photo_file = :photo_file, version = version + 1
     WHERE id = :patient.person_id AND :patient.hospital_id = ANY (hospital_ids)
    RETURNING version
""")
async def set_photo(db: Db, patient: PatientScope, *, photo_file: str) -> int:
    """Name the file that holds the photo."""


@query("""
    SELECT p.photo_file FROM patients.person p
     WHERE p.id = :patient.person_id AND :patient.hospital_id = ANY (p.hospital_ids) AND p.photo_file IS NOT NULL
""")
async def photo_file(db: Db, patient: PatientScope) -> str | None:
    """The name of the photo in the file store."""


# --- Allergies -------------------------------------------------------------------------------------------------------


@query("""
    INSERT INTO patients.allergy (person_id, id, hospital_id, substance, code_system, code, category, reaction, severity,
                                  noted_on, kind, verification, created_by)
    VALUES (:patient.person_id, :allergy_id, :patient.hospital_id, :substance, :code_system, :code, :category, :reaction,
            :severity, :noted_on, :kind, :verification, :staff_id)
""")
async def insert_allergy(
    db: Db,
    patient: PatientScope,
    *,
    allergy_id: UUID,
    substance: str,
    code_system: str | None,
    code: str | None,
    category: str,
    reaction: str,
    severity: str,
    noted_on: date | None,
    kind: str,
    verification: str,
    staff_id: UUID,
) -> None:
    """An allergy or intolerance."""


@query("""
    UPDATE patients.allergy SET state = 'entered_in_error', error_reason = :reason, version = version + 1
     WHERE person_id = :patient.person_id AND id = :allergy_id AND version = :version AND state <> 'entered_in_error'
    RETURNING version
""")
async def mark_allergy_mistaken(
    db: Db, patient: PatientScope, *, allergy_id: UUID, version: int, reason: str
) -> int | None:
    """Strike an entry through; None when it changed meanwhile or is none of this patient's."""


@query("""
    UPDATE patients.allergy SET state = 'resolved', version = version + 1
     WHERE person_id = :patient.person_id AND id = :allergy_id AND version = :version AND state = 'active'
    RETURNING version
""")
async def resolve_allergy(db: Db, patient: PatientScope, *, allergy_id: UUID, version: int) -> int | None:
    """An allergy that is over; None when it changed meanwhile, is not active, or is none of this patient's."""


@query("""
    SELECT count(*)::int FROM patients.allergy a WHERE a.person_id = :patient.person_id AND a.state = 'active'
""")
async def active_allergies(db: Db, patient: PatientScope) -> int:
    """How many allergies are in force."""


@query("""
    UPDATE patients.person SET allergy_state = :state, allergies_confirmed_at = :confirmed_at,
           allergies_confirmed_by = :confirmed_by, version = version + 1
     WHERE id = :patient.person_id AND :patient.hospital_id = ANY (hospital_ids)
    RETURNING version
""")
async def set_allergy_state(
    db: Db, patient: PatientScope, *, state: str, confirmed_at: datetime | None, confirmed_by: UUID | None
) -> int:
    """Which of the three states holds, and who confirmed it."""
