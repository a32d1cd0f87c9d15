"""SQL that looks for people: each way of looking is bounded and served by one index.

Ranges are spelled >= and <, because LIKE is not leakproof and a generic plan cannot turn ^@ into a range.
"""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import date

from wardline.identity.public import HospitalScope
from wardline.patients.models import AlikeRow, FoundRow
from wardline.platform.db import Db, query

FOUND = """
    SELECT f.id, f.network_number, f.mrn, f.family, f.given, f.title, f.known_as, f.sex, f.born_on, f.born_estimated,
           f.deceased_on, f.town, f.has_photo, f.last_visit_at, f.last_place, f.by_number, f.family_count
"""


@query(
    FOUND
    + """
      FROM patients.open_search(:hospital.hospital_id, :beginnings, :given, :families, :givens, :alike_families,
                                :alike_givens, :born, :year_from, :year_to) f
     LIMIT 160
""",
    opens=True,
)
async def people_by_beginning(
    db: Db,
    hospital: HospitalScope,
    *,
    beginnings: list[str],
    given: list[str],
    families: list[str],
    givens: list[str],
    alike_families: list[str],
    alike_givens: list[str],
    born: list[date],
    year_from: date | None,
    year_to: date | None,
) -> list[FoundRow]:
    """Whom a typed beginning, a family name that sounds alike, or a birth date may mean, as far as they can be shown.

    Indexes: search_key, search_given, name_word_sound, search_born.
    """


@query("""
    WITH near AS MATERIALIZED (
        SELECT t.place, w.word, w.family_count, w.given_count, max(w.likeness) AS likeness
          FROM unnest(:words::text[]) WITH ORDINALITY AS t (word, place) CROSS JOIN LATERAL (
               (SELECT n.word, n.family_count, n.given_count,
                       similarity(n.word, t.word) - 0.1 * levenshtein(n.word, t.word)
                           + 0.03 * ln(1 + n.family_count + n.given_count) AS likeness
                  FROM patients.name_word n WHERE n.word % t.word ORDER BY likeness DESC LIMIT 12)
               UNION ALL
               (SELECT n.word, n.family_count, n.given_count, 0.4 + 0.03 * ln(1 + n.family_count + n.given_count)
                  FROM patients.name_word n WHERE n.sound = dmetaphone(t.word) AND n.sound <> ''
                 ORDER BY n.family_count + n.given_count DESC LIMIT 8)) AS w
         GROUP BY t.place, w.word, w.family_count, w.given_count LIMIT 120),
    beginning AS MATERIALIZED (
        SELECT f.word || ' ' || g.word AS word, f.family_count, f.likeness + g.likeness AS likeness
          FROM near f JOIN near g ON g.place <> f.place WHERE f.family_count > 0 AND g.given_count > 0
        UNION ALL
        SELECT f.word || ' ', f.family_count, f.likeness FROM near f
         WHERE cardinality(:words::text[]) = 1 AND f.family_count > 0
         ORDER BY likeness DESC LIMIT 160),
    hit AS (
        SELECT s.person_id, max(b.family_count) AS family_count
          FROM beginning b CROSS JOIN LATERAL (
               SELECT person_id FROM patients.search
                WHERE hospital_id = :hospital.hospital_id AND key >= b.word AND key < b.word || chr(1114111)
                ORDER BY key LIMIT 6) AS s
         GROUP BY s.person_id LIMIT 100)
    SELECT p.id, p.network_number, r.mrn, p.family, p.given, p.title, p.known_as, p.sex, p.born_on, p.born_estimated,
           p.deceased_on, p.town, p.photo_file IS NOT NULL, r.last_visit_at, r.last_place, false, h.family_count
      FROM hit h
      JOIN patients.registration r ON r.hospital_id = :hospital.hospital_id AND r.person_id = h.person_id
      JOIN patients.person p ON p.id = h.person_id
     LIMIT 100
""")
async def people_spelt_otherwise(db: Db, hospital: HospitalScope, *, words: list[str]) -> list[FoundRow]:
    """Whom misspelt words may mean: words of the dictionary that look or sound alike, then exact pairs of them.

    Indexes: name_word_alike, name_word_sound, search_key.
    """


@query(
    FOUND
    + """
      FROM patients.open_number(:hospital.hospital_id, :record_number, :as_typed, :network_number, :identifier, :phone) f
     LIMIT 60
""",
    opens=True,
)
async def people_by_number(
    db: Db,
    hospital: HospitalScope,
    *,
    record_number: str,
    as_typed: str,
    network_number: str,
    identifier: str,
    phone: str,
) -> list[FoundRow]:
    """Whom a record number, network number, other identifier or the end of a phone number means here.

    `phone` holds the last digits backwards. Indexes: registration's own, identifier_value, search_phone.
    """


@query("""
    SELECT a.person_id, a.network_number, a.family, a.given, a.title, a.sex, a.born_on, a.born_estimated, a.mobile,
           a.email, a.postcode, a.family_doctor, a.photo_file IS NOT NULL, a.is_ours, a.last_visit_at, a.last_place,
           a.family_share, a.given_share
      FROM patients.people_alike(:hospital.hospital_id, :family, :given, :born, :mobile, :network_number) AS a
     LIMIT 100
""")
async def people_alike(
    db: Db, hospital: HospitalScope, *, family: str, given: str, born: date | None, mobile: str, network_number: str
) -> list[AlikeRow]:
    """Who in the whole network may be the person typed. What leaves the server of other hospitals' people is cut down."""
