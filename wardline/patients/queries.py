"""SQL of the search and of the patient's own data. Clinical rows are reached through a scope only."""

from datetime import date, datetime
from uuid import UUID

from wardline.patients.models import Allergy, AlikeRow, Contact, FoundRow, Identifier, Person
from wardline.patients.public import HospitalPeople, PatientScope
from wardline.platform.db import Db, query

# The candidates of one search in one round trip, each way bounded and served by one index, inside one hospital.
# Ranges are spelled >= and < because LIKE is not leakproof and a generic plan cannot turn ^@ into a range.


@query("""
    WITH hit AS (
        SELECT s.person_id
          FROM unnest(:beginnings::text[]) AS b (word) CROSS JOIN LATERAL (
               SELECT person_id FROM patients.search
                WHERE hospital_id = :people.hospital_id AND key >= b.word AND key < b.word || chr(1114111)
                ORDER BY key LIMIT 21) AS s
        UNION ALL
        SELECT s.person_id
          FROM unnest(:given::text[]) AS b (word) CROSS JOIN LATERAL (
               SELECT person_id FROM patients.search
                WHERE hospital_id = :people.hospital_id AND given >= b.word AND given < b.word || chr(1114111)
                ORDER BY given LIMIT 11) AS s
        UNION ALL
        SELECT s.person_id
          FROM unnest(:families::text[], :givens::text[]) AS b (family, given) CROSS JOIN LATERAL (
               SELECT person_id FROM patients.search
                WHERE hospital_id = :people.hospital_id AND key >= b.family AND key < b.family || chr(1114111)
                  AND given >= b.given AND given < b.given || chr(1114111)
                LIMIT 21) AS s
        UNION ALL
        SELECT s.person_id
          FROM unnest(:born::date[]) AS b (day) CROSS JOIN LATERAL (
               SELECT person_id FROM patients.search
                WHERE hospital_id = :people.hospital_id AND born_on = b.day LIMIT 40) AS s
        UNION ALL
        SELECT s.person_id
          FROM unnest(:beginnings::text[]) AS b (word) CROSS JOIN LATERAL (
               SELECT person_id FROM patients.search
                WHERE :year_from::date IS NOT NULL AND hospital_id = :people.hospital_id
                  AND key >= b.word AND key < b.word || chr(1114111)
                  AND born_on >= :year_from AND born_on <= :year_to LIMIT 21) AS s
    ), wanted AS (SELECT DISTINCT person_id FROM hit LIMIT 160)
    SELECT p.id, p.network_number, r.mrn, p.family, p.given, p.title, p.known_as, p.sex, p.born_on, p.born_estimated,
           p.deceased_on, p.town, p.photo_file IS NOT NULL, r.last_visit_at, r.last_place, false, 0
      FROM wanted w
      JOIN patients.registration r ON r.hospital_id = :people.hospital_id AND r.person_id = w.person_id
      JOIN patients.person p ON p.id = w.person_id
     LIMIT 160
""")
async def people_by_name_or_birth(
    db: Db,
    people: HospitalPeople,
    beginnings: list[str],
    given: list[str],
    families: list[str],
    givens: list[str],
    born: list[date],
    year_from: date | None,
    year_to: date | None,
) -> list[FoundRow]:
    """Who a typed beginning of a name or a birth date may mean. Indexes: search_key, search_given, search_born."""
    ...
