"""The product's tables as an ORM sees them: the columns that these works need, and how they belong together.

A relationship that no query asked for raises, so that no row is fetched one by one unnoticed.
"""

import uuid
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Numeric,
    SmallInteger,
    Text,
    and_,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, foreign, mapped_column, relationship, remote

OPEN = ("open", "acknowledged")


def today_utc() -> date:
    """The day that a reply is kept on."""
    return datetime.now(UTC).date()


class Base(DeclarativeBase):
    type_annotation_map = {
        datetime: DateTime(timezone=True),
        float: Numeric(asdecimal=False),
        list[str]: ARRAY(Text),
        dict[str, Any]: JSONB,
    }


class Staff(Base):
    __tablename__ = "staff"
    __table_args__ = {"schema": "identity"}
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    family: Mapped[str]
    given: Mapped[str]
    title: Mapped[str]
    post_nominal: Mapped[str]
    active: Mapped[bool]


class Assignment(Base):
    __tablename__ = "assignment"
    __table_args__ = {"schema": "identity"}
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    role: Mapped[str]


class SessionRow(Base):
    __tablename__ = "session"
    __table_args__ = {"schema": "identity"}
    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID]
    hospital_id: Mapped[uuid.UUID]
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Staff.id))
    assignment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Assignment.id))
    ended_at: Mapped[datetime | None]
    staff: Mapped[Staff] = relationship(lazy="raise")
    assignment: Mapped[Assignment] = relationship(lazy="raise")


class AuditEntry(Base):
    __tablename__ = "entry"
    __table_args__ = {"schema": "audit"}
    at: Mapped[datetime] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    hospital_id: Mapped[uuid.UUID]
    actor_id: Mapped[uuid.UUID]
    actor_role: Mapped[str]
    session_id: Mapped[uuid.UUID]
    action: Mapped[str]
    outcome: Mapped[str]
    person_id: Mapped[uuid.UUID | None]
    subject_type: Mapped[str | None]
    subject_id: Mapped[uuid.UUID | None]
    request_id: Mapped[str]
    detail: Mapped[dict[str, Any] | None]


class Ward(Base):
    __tablename__ = "ward"
    __table_args__ = {"schema": "identity"}
    hospital_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    specialty: Mapped[str]
    active: Mapped[bool]


class Room(Base):
    __tablename__ = "room"
    __table_args__ = {"schema": "identity"}
    hospital_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    label: Mapped[str]
    kind: Mapped[str]
    sex: Mapped[str]
    position: Mapped[int]


class Person(Base):
    __tablename__ = "person"
    __table_args__ = {"schema": "patients"}
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    network_number: Mapped[str]
    family: Mapped[str]
    given: Mapped[str]
    title: Mapped[str]
    known_as: Mapped[str]
    sex: Mapped[str]
    born_on: Mapped[date | None]
    born_estimated: Mapped[bool]
    deceased_on: Mapped[date | None]
    town: Mapped[str]
    photo_file: Mapped[str | None]
    allergy_state: Mapped[str]
    version: Mapped[int]
    allergies: Mapped[list["Allergy"]] = relationship(lazy="raise", viewonly=True)


class Allergy(Base):
    __tablename__ = "allergy"
    __table_args__ = {"schema": "patients"}
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Person.id), primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    substance: Mapped[str]
    reaction: Mapped[str]
    severity: Mapped[str]
    state: Mapped[str]


class Registration(Base):
    __tablename__ = "registration"
    __table_args__ = {"schema": "patients"}
    hospital_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Person.id), primary_key=True)
    mrn: Mapped[str]
    last_visit_at: Mapped[datetime | None]
    last_place: Mapped[str]
    person: Mapped[Person] = relationship(lazy="raise", viewonly=True)


class SearchRow(Base):
    __tablename__ = "search"
    __table_args__ = {"schema": "patients"}
    hospital_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    key: Mapped[str]
    given: Mapped[str]


class NameWord(Base):
    __tablename__ = "name_word"
    __table_args__ = {"schema": "patients"}
    word: Mapped[str] = mapped_column(primary_key=True)
    sound: Mapped[str]
    family_count: Mapped[int] = mapped_column(BigInteger)
    given_count: Mapped[int] = mapped_column(BigInteger)


class Encounter(Base):
    __tablename__ = "encounter"
    __table_args__ = {"schema": "encounters"}
    hospital_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID]
    class_: Mapped[str] = mapped_column("class")
    state: Mapped[str]
    reason: Mapped[str]
    specialty: Mapped[str]
    admitted_from: Mapped[str]
    doctor_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Staff.id))
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    discharged_to: Mapped[str | None]
    created_at: Mapped[datetime]
    doctor: Mapped[Staff | None] = relationship(lazy="raise", viewonly=True)


class Current(Base):
    __tablename__ = "current"
    __table_args__ = {"schema": "encounters"}
    hospital_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    encounter_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Person.id))
    class_: Mapped[str] = mapped_column("class")
    started_at: Mapped[datetime]
    ward_id: Mapped[uuid.UUID | None]
    bed_id: Mapped[uuid.UUID | None]
    bed_label: Mapped[str | None]
    isolation: Mapped[str | None]
    expected_discharge_on: Mapped[date | None]
    ready_to_leave: Mapped[bool]
    needs: Mapped[list[str]]
    pregnant: Mapped[bool]
    spo2_scale: Mapped[int]
    spo2_scale_by: Mapped[uuid.UUID | None]
    spo2_scale_at: Mapped[datetime | None]
    respiration_per_min: Mapped[int | None]
    respiration_at: Mapped[datetime | None]
    spo2_percent: Mapped[int | None]
    spo2_at: Mapped[datetime | None]
    spo2_read_on_scale: Mapped[int | None]
    spo2_on_oxygen: Mapped[bool | None]
    on_oxygen: Mapped[bool | None]
    oxygen_at: Mapped[datetime | None]
    oxygen_l_per_min: Mapped[float | None]
    systolic_mmhg: Mapped[int | None]
    systolic_at: Mapped[datetime | None]
    diastolic_mmhg: Mapped[int | None]
    pulse_per_min: Mapped[int | None]
    pulse_at: Mapped[datetime | None]
    consciousness: Mapped[str | None]
    consciousness_at: Mapped[datetime | None]
    temperature_celsius: Mapped[float | None]
    temperature_at: Mapped[datetime | None]
    news_score: Mapped[int | None]
    news_signs: Mapped[int]
    news_single_three: Mapped[bool]
    news_band: Mapped[str | None]
    news_at: Mapped[datetime | None]
    news_by: Mapped[uuid.UUID | None]
    news_history: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    news_history_at: Mapped[list[datetime]] = mapped_column(ARRAY(DateTime(timezone=True)))
    observations_due_at: Mapped[datetime | None]
    version: Mapped[int]
    person: Mapped[Person] = relationship(lazy="raise", viewonly=True)


class Problem(Base):
    __tablename__ = "problem"
    __table_args__ = {"schema": "encounters"}
    hospital_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID]
    display: Mapped[str]
    onset_on: Mapped[date | None]
    state: Mapped[str]
    verification: Mapped[str]


class Task(Base):
    __tablename__ = "task"
    __table_args__ = {"schema": "tasks"}
    hospital_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject_key: Mapped[str]
    ward_id: Mapped[uuid.UUID | None]
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Person.id))
    encounter_id: Mapped[uuid.UUID | None]
    title: Mapped[str]
    reason: Mapped[str]
    priority: Mapped[str]
    state: Mapped[str]
    owner_role: Mapped[str]
    owner_words: Mapped[str]
    rung: Mapped[int]
    ladder: Mapped[list[str]]
    due_at: Mapped[datetime]
    climbs_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Staff.id))
    created_at: Mapped[datetime]
    created_by: Mapped[uuid.UUID | None]
    version: Mapped[int]
    person: Mapped[Person | None] = relationship(lazy="raise", viewonly=True)
    answerer: Mapped[Staff | None] = relationship(lazy="raise", viewonly=True)


class Step(Base):
    __tablename__ = "step"
    __table_args__ = (
        ForeignKeyConstraint(["hospital_id", "task_id"], [Task.hospital_id, Task.id]),
        {"schema": "tasks"},
    )
    hospital_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    task_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    actor_id: Mapped[uuid.UUID | None]
    owner_words: Mapped[str]
    task: Mapped[Task] = relationship(lazy="raise")


class Occupancy(Base):
    __tablename__ = "occupancy"
    __table_args__ = {"schema": "beds"}
    hospital_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    bed_id: Mapped[uuid.UUID]
    encounter_id: Mapped[uuid.UUID]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Person.id))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    person: Mapped[Person] = relationship(lazy="raise", viewonly=True)
    current: Mapped[Current | None] = relationship(
        lazy="raise",
        viewonly=True,
        primaryjoin=lambda: and_(
            foreign(Occupancy.hospital_id) == remote(Current.hospital_id),
            foreign(Occupancy.encounter_id) == remote(Current.encounter_id),
        ),
    )


class Reservation(Base):
    __tablename__ = "reservation"
    __table_args__ = {"schema": "beds"}
    hospital_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    bed_id: Mapped[uuid.UUID]
    encounter_id: Mapped[uuid.UUID]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Person.id))
    from_place: Mapped[str]
    due_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    person: Mapped[Person] = relationship(lazy="raise", viewonly=True)


class Bed(Base):
    __tablename__ = "bed"
    __table_args__ = {"schema": "beds"}
    hospital_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    ward_id: Mapped[uuid.UUID]
    room_id: Mapped[uuid.UUID]
    label: Mapped[str]
    position: Mapped[int]
    state: Mapped[str]
    state_since: Mapped[datetime]
    state_reason: Mapped[str]
    features: Mapped[list[str]]
    active: Mapped[bool]
    version: Mapped[int]
    room: Mapped[Room] = relationship(
        lazy="raise",
        viewonly=True,
        primaryjoin=lambda: and_(
            foreign(Bed.hospital_id) == remote(Room.hospital_id), foreign(Bed.room_id) == remote(Room.id)
        ),
    )
    occupancy: Mapped[Occupancy | None] = relationship(
        lazy="raise",
        viewonly=True,
        uselist=False,
        primaryjoin=lambda: and_(
            Bed.hospital_id == foreign(Occupancy.hospital_id),
            Bed.id == foreign(Occupancy.bed_id),
            Occupancy.ended_at.is_(None),
        ),
    )
    reservation: Mapped[Reservation | None] = relationship(
        lazy="raise",
        viewonly=True,
        uselist=False,
        primaryjoin=lambda: and_(
            Bed.hospital_id == foreign(Reservation.hospital_id),
            Bed.id == foreign(Reservation.bed_id),
            Reservation.ended_at.is_(None),
        ),
    )


class ObservationSet(Base):
    __tablename__ = "observation_set"
    __table_args__ = {"schema": "vitals"}
    hospital_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    taken_at: Mapped[datetime] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID]
    encounter_id: Mapped[uuid.UUID]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Staff.id))
    respiration_per_min: Mapped[int | None]
    spo2_percent: Mapped[int | None]
    spo2_scale: Mapped[int]
    on_oxygen: Mapped[bool | None]
    systolic_mmhg: Mapped[int | None]
    diastolic_mmhg: Mapped[int | None]
    pulse_per_min: Mapped[int | None]
    consciousness: Mapped[str | None]
    temperature_celsius: Mapped[float | None]
    news_score: Mapped[int | None]
    news_signs: Mapped[int]
    news_band: Mapped[str | None]
    confirmed: Mapped[list[str]]
    state: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[uuid.UUID | None]
    nurse: Mapped[Staff | None] = relationship(lazy="raise", viewonly=True)


class Topic(Base):
    __tablename__ = "topic"
    __table_args__ = {"schema": "platform"}
    topic: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    touched_at: Mapped[datetime]


class Outbox(Base):
    __tablename__ = "outbox"
    __table_args__ = {"schema": "platform"}
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tenant_id: Mapped[uuid.UUID]
    name: Mapped[str]
    payload: Mapped[dict[str, Any]]


class Reply(Base):
    __tablename__ = "reply"
    __table_args__ = {"schema": "platform"}
    kept_on: Mapped[date] = mapped_column(Date, primary_key=True, default=today_utc)
    caller_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    route: Mapped[str]
    body_hash: Mapped[bytes]
    status: Mapped[int | None]
    body: Mapped[bytes | None]
