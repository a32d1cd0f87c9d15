"""What the figures are measured on: a region of hospitals with registered people, and wards full of observed patients."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from wardline.demo.population import Particulars, People, people
from wardline.identity.sessions import token_hash
from wardline.platform.ids import new_id

HOSPITALS = 8
WARDS_EACH = 2
WARDS = HOSPITALS * WARDS_EACH
NURSES_EACH = 4  # of a ward
NAMES_EACH = 200
BEDS = 28
SETS_A_DAY = 6
DAYS = 3
ROOMS = (("Bay A", "bay", 8), ("Bay B", "bay", 8), ("Bay C", "bay", 8), ("Side rooms", "side_room", 4))
PERSON = (
    "id", "network_number", "family", "given", "title", "sex", "born_on", "deceased_on", "mobile", "address", "town",
    "postcode", "family_doctor", "hospital_ids",
)  # fmt: skip
SET = (
    "hospital_id", "id", "person_id", "encounter_id", "taken_at", "recorded_by", "respiration_per_min", "spo2_percent",
    "on_oxygen", "systolic_mmhg", "diastolic_mmhg", "pulse_per_min", "consciousness", "temperature_celsius", "news_score",
    "news_signs", "news_band",
)  # fmt: skip
LATEST = """
    UPDATE encounters.current c
       SET respiration_per_min = s.respiration_per_min, respiration_at = s.taken_at, spo2_percent = s.spo2_percent,
           spo2_at = s.taken_at, spo2_read_on_scale = 1, spo2_on_oxygen = false, on_oxygen = false, oxygen_at = s.taken_at,
           systolic_mmhg = s.systolic_mmhg, systolic_at = s.taken_at, diastolic_mmhg = s.diastolic_mmhg,
           pulse_per_min = s.pulse_per_min, pulse_at = s.taken_at, consciousness = s.consciousness,
           consciousness_at = s.taken_at, temperature_celsius = s.temperature_celsius, temperature_at = s.taken_at,
           news_score = s.news_score, news_signs = 7, news_band = s.news_band, news_at = s.taken_at, news_by = s.recorded_by,
           news_history = h.scores, news_history_at = h.times, observations_due_at = s.taken_at + interval '4 hours'
      FROM (SELECT DISTINCT ON (encounter_id) * FROM vitals.observation_set ORDER BY encounter_id, taken_at DESC) s,
           (SELECT encounter_id, array_agg(news_score ORDER BY taken_at) AS scores,
                   array_agg(taken_at ORDER BY taken_at) AS times
              FROM vitals.observation_set GROUP BY encounter_id) h
     WHERE c.encounter_id = s.encounter_id AND h.encounter_id = s.encounter_id
"""


class Ward(msgspec.Struct):
    """A ward and the tokens of its nurses."""

    hospital_id: UUID
    id: UUID
    tokens: list[str] = []


class Patient(msgspec.Struct):
    """Somebody in a bed."""

    hospital_id: UUID
    person_id: UUID
    encounter_id: UUID
    ward_id: UUID
    bed_id: UUID


class Seeded(msgspec.Struct):
    """What the measurements need to know of what was made."""

    wards: list[Ward] = []
    patients: list[Patient] = []
    names: list[tuple[UUID, str, str]] = []  # of the hospital: family, given


class Seeder:
    """Fills a migrated, empty database over one connection of its owner."""

    def __init__(self, db: asyncpg.Connection, seed: int = 1) -> None:
        self._db = db
        self._random = random.Random(seed)
        self._now = datetime.now(UTC)
        self._hospitals = [new_id() for _ in range(HOSPITALS)]
        self.seeded = Seeded()

    async def run(self, count: int) -> Seeded:
        """Everything, then what the planner must know."""
        await self._places()
        await self._staff()
        await self._people(count)
        await self._patients()
        await self._db.execute("VACUUM ANALYZE")
        return self.seeded

    async def _copy(self, table: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
        schema, _, name = table.partition(".")
        await self._db.copy_records_to_table(name, schema_name=schema, columns=columns, records=rows)

    async def _places(self) -> None:
        region = new_id()
        await self._copy("identity.region", ("id", "code", "name"), [(region, "R1", "Region 1")])
        places = [(h, region, f"H{n}", f"Hospital {n}") for n, h in enumerate(self._hospitals)]
        await self._copy("identity.hospital", ("id", "region_id", "code", "name"), places)
        await self._copy("patients.mrn_counter", ("hospital_id",), [(h,) for h in self._hospitals])
        departments = [(h, new_id(), "Medicine") for h in self._hospitals]
        await self._copy("identity.department", ("hospital_id", "id", "name"), departments)
        self.seeded.wards = [Ward(h, new_id()) for h in self._hospitals for _ in range(WARDS_EACH)]
        of = {hospital: department for hospital, department, _ in departments}
        await self._copy(
            "identity.ward",
            ("hospital_id", "id", "department_id", "code", "name", "specialty", "position"),
            [
                (w.hospital_id, w.id, of[w.hospital_id], str(n), f"Ward {n}", "Medicine", n)
                for n, w in enumerate(self.seeded.wards, 1)
            ],
        )
        await self._beds_of_wards()

    async def _beds_of_wards(self) -> None:
        rooms = [
            (w.hospital_id, new_id(), w.id, label, kind, n)
            for w in self.seeded.wards
            for n, (label, kind, _) in enumerate(ROOMS)
        ]
        await self._copy("identity.room", ("hospital_id", "id", "ward_id", "label", "kind", "position"), rooms)
        self._beds: list[tuple[Any, ...]] = []
        for number, room in enumerate(rooms):
            for place in range(ROOMS[number % len(ROOMS)][2]):
                label = f"{number % len(ROOMS) * 8 + place + 1:02}"
                self._beds.append((room[0], new_id(), room[2], room[1], label, int(label)))
        columns = ("hospital_id", "id", "ward_id", "room_id", "label", "position")
        await self._copy("beds.bed", columns, self._beds)

    async def _staff(self) -> None:
        staff: list[tuple[Any, ...]] = []
        assignments: list[tuple[Any, ...]] = []
        sessions: list[tuple[Any, ...]] = []
        expires = self._now + timedelta(hours=12)
        for ward in self.seeded.wards:
            for _ in range(NURSES_EACH):
                person, assignment, token = new_id(), new_id(), f"bench-{self._random.getrandbits(160):040x}"
                staff.append((person, f"nurse{len(staff)}@bench.example", f"Nurse{len(staff)}", "Kim"))
                assignments.append((assignment, person, "nurse", ward.hospital_id, ward.id))
                sessions.append((token_hash(token), new_id(), person, assignment, ward.hospital_id, expires))
                ward.tokens.append(token)
        self._nurse = staff[0][0]
        await self._copy("identity.staff", ("id", "email", "family", "given"), staff)
        await self._copy("identity.assignment", ("id", "staff_id", "role", "hospital_id", "ward_id"), assignments)
        columns = ("token_hash", "id", "staff_id", "assignment_id", "hospital_id", "expires_at")
        await self._copy("identity.session", columns, sessions)

    async def _people(self, count: int) -> None:
        """People and registrations without their row triggers; search is filled at once afterwards."""
        tables = ("patients.person", "patients.registration")
        for table in tables:
            await self._db.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        self._grown: dict[UUID, list[UUID]] = {hospital: [] for hospital in self._hospitals}
        names: dict[UUID, list[tuple[UUID, str, str]]] = {hospital: [] for hospital in self._hospitals}
        serial = 0
        for batch, particulars in people(count, hospitals=HOSPITALS):
            rows = list(self._rows(batch, particulars))
            await self._copy("patients.person", PERSON, rows)
            registrations = [
                (hospital, row[0], f"H{hospital.hex[-2:]}{serial + n:08}")
                for n, row in enumerate(rows)
                for hospital in row[13]
            ]
            serial += len(rows)
            await self._copy("patients.registration", ("hospital_id", "person_id", "mrn"), registrations)
            oldest = self._now.date() - timedelta(days=365 * 18)
            for row in rows:
                home = row[13][0]
                if row[7] is None and row[6] < oldest:
                    self._grown[home].append(row[0])
                    if len(names[home]) < NAMES_EACH:
                        names[home].append((home, row[2], row[3]))
        self.seeded.names = [name for found in names.values() for name in found]
        for table in tables:
            await self._db.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        await self._db.execute("SELECT patients.rebuild_search()")

    def _rows(self, batch: People, its: Particulars) -> Iterator[tuple[Any, ...]]:
        before = [column.texts() for column in (its.network_number, its.family, its.given, its.title, its.sex)]
        born, deceased = batch.born_on.tolist(), batch.deceased_on.tolist()
        behind = [column.texts() for column in (its.mobile, its.address, its.town, its.postcode, its.family_doctor)]
        columns = [*before, born, deceased, *behind]
        first, second = batch.hospital.tolist(), batch.second_hospital.tolist()
        for n, octets in enumerate(batch.id):
            at = [self._hospitals[first[n]]]
            if second[n] >= 0 and second[n] != first[n]:
                at.append(self._hospitals[second[n]])
            yield (UUID(bytes=octets.tobytes()), *(column[n] for column in columns), at)

    async def _patients(self) -> None:
        """Somebody in every bed, with three days of observations."""
        number = {ward.id: n for n, ward in enumerate(self.seeded.wards, 1)}
        for people_here in self._grown.values():
            self._random.shuffle(people_here)
        since = self._now - timedelta(days=DAYS)
        stays: list[tuple[Any, ...]] = []
        lying: list[tuple[Any, ...]] = []
        current: list[tuple[Any, ...]] = []
        for home, bed, ward, _, label, _ in self._beds:
            patient = Patient(home, self._grown[home].pop(), new_id(), ward, bed)
            self.seeded.patients.append(patient)
            person, stay = patient.person_id, patient.encounter_id
            stays.append((home, stay, person, "inpatient", "in_progress", "Pneumonia", "Medicine", since))
            lying.append((home, new_id(), bed, stay, person, since))
            current.append((home, stay, person, "inpatient", since, ward, bed, f"{number[ward]}-{label}", since))
        columns = ("hospital_id", "id", "person_id", "class", "state", "reason", "specialty", "started_at")
        await self._copy("encounters.encounter", columns, stays)
        columns = ("hospital_id", "id", "bed_id", "encounter_id", "person_id", "started_at")
        await self._copy("beds.occupancy", columns, lying)
        columns = (
            "hospital_id", "encounter_id", "person_id", "class", "started_at", "ward_id", "bed_id", "bed_label", "bed_since",
        )  # fmt: skip
        await self._copy("encounters.current", columns, current)
        await self._copy("vitals.observation_set", SET, [row for p in self.seeded.patients for row in self._sets(p)])
        await self._db.execute(LATEST)
        await self._around()

    def _sets(self, patient: Patient) -> Iterator[tuple[Any, ...]]:
        hours = 24 / SETS_A_DAY
        for number in range(DAYS * SETS_A_DAY):
            at = self._now - timedelta(hours=0.5 + number * hours, minutes=self._random.randrange(60))
            score = self._random.choice((0, 1, 1, 2, 3, 4, 6))
            band = "medium" if score > 4 else "low"
            values = (18, 96, False, 126, 74, 84, "A", 36.8, score, 7, band)
            yield (
                patient.hospital_id,
                new_id(),
                patient.person_id,
                patient.encounter_id,
                at,
                self._nurse,
                *values,
            )

    async def _around(self) -> None:
        """Problems, allergies, an earlier visit, and a task for every seventh patient."""
        patients = self.seeded.patients
        problems = [
            (p.hospital_id, new_id(), p.person_id, name)
            for p in patients
            for name in ("Asthma", "Hypertension", "Gout")
        ]
        await self._copy("encounters.problem", ("hospital_id", "id", "person_id", "display"), problems)
        half = [(p.person_id, new_id(), p.hospital_id, "Penicillin") for p in patients[::2]]
        await self._copy("patients.allergy", ("person_id", "id", "hospital_id", "substance"), half)
        await self._db.execute(
            "UPDATE patients.person SET allergy_state = 'recorded' WHERE id = ANY ($1)",
            [p.person_id for p in patients[::2]],
        )
        ended = self._now - timedelta(days=200)
        visits = [
            (p.hospital_id, new_id(), p.person_id, "inpatient", "finished", ended, ended + timedelta(days=3))
            for p in patients
        ]
        columns = ("hospital_id", "id", "person_id", "class", "state", "started_at", "ended_at")
        await self._copy("encounters.encounter", columns, visits)
        due = self._now + timedelta(minutes=30)
        tasks = [
            (p.hospital_id, new_id(), "escalation", str(p.encounter_id), p.ward_id, p.person_id, p.encounter_id, "Urgent review",
             "NEWS2 6", "urgent", "doctor", "Registrar", due)
            for p in patients[::7]
        ]  # fmt: skip
        columns = (
            "hospital_id", "id", "kind", "subject_key", "ward_id", "person_id", "encounter_id", "title", "reason", "priority",
            "owner_role", "owner_words", "due_at",
        )  # fmt: skip
        await self._copy("tasks.task", columns, tasks)
