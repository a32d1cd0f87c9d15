"""Who lies in the beds of a large network now, with everything that boards and charts show."""

from datetime import timedelta
from uuid import UUID

import psycopg

from wardline.demo.book import Book, write
from wardline.demo.care import Care
from wardline.demo.dice import Dice
from wardline.demo.escalations import Escalations
from wardline.demo.network import Hospital
from wardline.demo.observations import Rounds, write_sets
from wardline.demo.records import Records
from wardline.demo.residents import Resident
from wardline.demo.samples import Catalogue
from wardline.demo.sheets import sign
from wardline.demo.source import FOUNDED_AGO, SEED, Source
from wardline.demo.stays import Wards
from wardline.demo.visits import DAYS_BACK_MIN

CANDIDATES = 1200
# Of the past of masses only the last days are remembered by more than visits: 16,000 stays of ten million people.
REMEMBERED_DAYS = 2
CANDIDATES_OF = """
    SELECT p.id, p.family, p.given, p.sex, p.born_on FROM patients.registration r
      JOIN patients.person p ON p.id = r.person_id WHERE r.hospital_id = %s AND p.deceased_on IS NULL
       AND p.hospital_ids[1] = r.hospital_id ORDER BY r.mrn LIMIT %s
"""
LAST_SEEN = """
    UPDATE patients.registration r SET last_visit_at = c.started_at,
           last_place = coalesce('Ward ' || split_part(c.bed_label, '-', 1), 'Emergency')
      FROM encounters.current c
     WHERE c.hospital_id = %s AND r.hospital_id = c.hospital_id AND r.person_id = c.person_id
"""


class Crowd:
    """The people of one hospital to choose patients from."""

    def __init__(self, people: list[Resident]) -> None:
        self.people = people
        self.by_hospital_and_sex: dict[tuple[UUID, str], list[Resident]] = {}
        for person in people:
            self.by_hospital_and_sex.setdefault((person.hospital.id, person.sex), []).append(person)


def present(connection: psycopg.Connection, source: Source, hospital: Hospital) -> None:
    """Fills the beds of a hospital, in one transaction; nothing when the beds are there."""
    if connection.execute("SELECT 1 FROM beds.bed WHERE hospital_id = %s LIMIT 1", (hospital.id,)).fetchone():
        return
    dice, book, now = Dice(f"{SEED}-{hospital.plan.code}"), Book(), source.now
    wards = Wards(book, dice, _crowd(connection, source, hospital), now, history=timedelta())
    wards.fill(hospital)
    records, escalations, rounds = Records(book, dice, now), Escalations(book, dice, now), Rounds(dice, now)
    care = Care(book, Catalogue.read(connection), now)
    care.seen_lately(connection, hospital, now - timedelta(days=DAYS_BACK_MIN + REMEMBERED_DAYS))
    for stay in wards.present:
        observed = rounds.observe(stay)
        care.going_on(observed, records.going_on(observed))
        write_sets(book, dice, observed)
        escalations.of_stay(observed)
    for bed, stay in wards.reserved:
        records.reserved(bed, stay)
    with connection.transaction():
        write(book, connection)
        sign(connection, book)
        connection.execute(LAST_SEEN, (hospital.id,))


def _crowd(connection: psycopg.Connection, source: Source, hospital: Hospital) -> Crowd:
    registered_at = source.now - FOUNDED_AGO
    rows = connection.execute(CANDIDATES_OF, (hospital.id, CANDIDATES)).fetchall()
    return Crowd(
        [
            Resident(person_id, family, given, sex, born_on, hospital, [hospital], registered_at)
            for person_id, family, given, sex, born_on in rows
        ]
    )
