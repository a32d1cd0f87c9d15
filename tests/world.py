"""A small network for tests, written straight into the tables: two hospitals (A and B) with a ward each, staff of every
role at both, patients, and stays. Every build is a new network with new ids, so tests that share a database do not meet.
"""

import itertools
import secrets
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from wardline.identity.sessions import token_hash
from wardline.platform.ids import new_id

ROLES = (
    "network_administrator",
    "regional_administrator",
    "hospital_administrator",
    "hospital_manager",
    "doctor",
    "nurse",
    "pharmacist",
    "laboratory_technician",
    "receptionist",
)
_numbers = itertools.count(1)


class Hospital:
    """One hospital of the world with its ward, beds and people."""

    def __init__(self, letter: str) -> None:
        self.letter = letter
        self.id = new_id()
        self.region_id = new_id()
        self.ward_id = new_id()
        self.bay_id = new_id()
        self.side_id = new_id()
        self.beds: list[UUID] = []
        self.people: list[UUID] = []


class World:
    """Names for what a test needs: `world.a.ward_id`, `await world.patient(world.a)`, staff such as "nurse_a"."""

    def __init__(self, owner_url: str) -> None:
        self.owner_url = owner_url
        self.a, self.b = Hospital("a"), Hospital("b")
        self.staff: dict[str, UUID] = {}
        self._assignments: dict[str, UUID] = {}
        self._tokens: dict[str, str] = {}

    @classmethod
    async def build(cls, owner_url: str) -> "World":
        """A fresh network."""
        world = cls(owner_url)
        async with world.owner() as db:
            for hospital in (world.a, world.b):
                await world._build_hospital(db, hospital)
        return world

    def owner(self) -> Any:
        """A connection that row-level security does not bind, for set-up and for looking."""
        return _Owner(self.owner_url)

    async def _build_hospital(self, db: Any, h: Hospital) -> None:
        mark = secrets.token_hex(4).upper()
        await db.execute("INSERT INTO identity.region (id, code, name) VALUES ($1, $2, $2)", h.region_id, f"R{mark}")
        await db.execute(
            "INSERT INTO identity.hospital (id, region_id, code, name) VALUES ($1, $2, $3, $4)",
            h.id, h.region_id, mark, f"Hospital {h.letter.upper()} {mark}",
        )  # fmt: skip
        department = new_id()
        await db.execute(
            "INSERT INTO identity.department (hospital_id, id, name) VALUES ($1, $2, 'Medicine')", h.id, department
        )
        await db.execute(
            "INSERT INTO identity.ward (hospital_id, id, department_id, code, name, specialty, position)"
            " VALUES ($1, $2, $3, '7', 'Ward 7', 'Respiratory medicine', 1)",
            h.id, h.ward_id, department,
        )  # fmt: skip
        await db.execute(
            "INSERT INTO identity.room (hospital_id, id, ward_id, label, kind, sex, position)"
            " VALUES ($1, $2, $3, 'Bay A', 'bay', 'any', 1), ($1, $4, $3, 'Side rooms', 'side_room', 'any', 2)",
            h.id, h.bay_id, h.ward_id, h.side_id,
        )  # fmt: skip
        for number in range(1, 7):
            bed = new_id()
            h.beds.append(bed)
            room = h.bay_id if number <= 4 else h.side_id
            await db.execute(
                "INSERT INTO beds.bed (hospital_id, id, ward_id, room_id, label, position) VALUES ($1, $2, $3, $4, $5, $6)",
                h.id, bed, h.ward_id, room, f"{number:02}", number,
            )  # fmt: skip
        await db.execute("INSERT INTO patients.mrn_counter (hospital_id) VALUES ($1)", h.id)
        for role in ROLES:
            await self.add_staff(db, f"{role}_{h.letter}", role, h)

    async def add_staff(self, db: Any, name: str, role: str, h: Hospital) -> UUID:
        """One more member of staff; the name is how tests call them."""
        staff, assignment = new_id(), new_id()
        email = f"{name}.{staff.hex[-8:]}@wardline.test"
        await db.execute(
            "INSERT INTO identity.staff (id, email, family, given) VALUES ($1, $2, $3, $4)",
            staff,
            email,
            name.replace("_", " ").title(),
            "Kim",
        )
        hospital = None if role in ("network_administrator", "regional_administrator") else h.id
        region = h.region_id if role == "regional_administrator" else None
        await db.execute(
            "INSERT INTO identity.assignment (id, staff_id, role, hospital_id, region_id) VALUES ($1, $2, $3, $4, $5)",
            assignment, staff, role, hospital, region,
        )  # fmt: skip
        self.staff[name], self._assignments[name] = staff, assignment
        return staff

    async def token(self, name: str) -> str:
        """A session's bearer token for this member of staff, opened on first use."""
        if name not in self._tokens:
            token = secrets.token_urlsafe(24)
            hospital = self.a if name.endswith("_a") else self.b
            async with self.owner() as db:
                await db.execute(
                    "INSERT INTO identity.session (token_hash, id, staff_id, assignment_id, hospital_id, expires_at)"
                    " VALUES ($1, $2, $3, $4, $5, $6)",
                    token_hash(token), new_id(), self.staff[name], self._assignments[name], hospital.id,
                    datetime.now(UTC) + timedelta(hours=12),
                )  # fmt: skip
            self._tokens[name] = token
        return self._tokens[name]

    async def patient(
        self,
        h: Hospital,
        *,
        family: str = "Patel",
        given: str = "Asha",
        born: date = date(1956, 3, 12),
        sex: str = "female",
    ) -> UUID:
        """A registered patient."""
        person = new_id()
        number = f"{secrets.randbelow(10**10):010}"
        async with self.owner() as db:
            await db.execute(
                "INSERT INTO patients.person (id, network_number, family, given, sex, born_on, hospital_ids)"
                " VALUES ($1, $2, $3, $4, $5, $6, ARRAY[$7::uuid])",
                person, number, family, given, sex, born, h.id,
            )  # fmt: skip
            await db.execute(
                "INSERT INTO patients.registration (hospital_id, person_id, mrn) VALUES ($1, $2, $3)",
                h.id,
                person,
                f"T{next(_numbers):07}{secrets.token_hex(2)}",
            )
        h.people.append(person)
        return person

    async def stay(
        self, h: Hospital, person: UUID, *, bed: UUID | None = None, started_at: datetime | None = None
    ) -> UUID:
        """An open inpatient stay, in a bed if one is given."""
        encounter = new_id()
        started = started_at or datetime.now(UTC) - timedelta(days=2)
        async with self.owner() as db:
            await db.execute(
                "INSERT INTO encounters.encounter (hospital_id, id, person_id, class, state, started_at) VALUES ($1, $2, $3, 'inpatient', 'in_progress', $4)",
                h.id, encounter, person, started,
            )  # fmt: skip
            label = None
            if bed is not None:
                label = f"7-{h.beds.index(bed) + 1:02}"
                await db.execute(
                    "INSERT INTO beds.occupancy (hospital_id, id, bed_id, encounter_id, person_id) VALUES ($1, $2, $3, $4, $5)",
                    h.id, new_id(), bed, encounter, person,
                )  # fmt: skip
            await db.execute(
                "INSERT INTO encounters.current (hospital_id, encounter_id, person_id, class, started_at, ward_id, bed_id, bed_label, bed_since)"
                " VALUES ($1, $2, $3, 'inpatient', $4, $5, $6, $7, $8)",
                h.id, encounter, person, started, h.ward_id if bed else None, bed, label, started if bed else None,
            )  # fmt: skip
            # What is written past the product's door raises no version, and boards that are held would not see it.
            await db.execute("SELECT platform.raise_topics(ARRAY['beds:' || $1::uuid], ARRAY[NULL::uuid])", h.id)
        return encounter


class _Owner:
    """One connection for a block."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def __aenter__(self) -> Any:
        self.connection = await asyncpg.connect(self.url)
        return self.connection

    async def __aexit__(self, *unused: object) -> None:
        await self.connection.close()
