"""Encounters, problems and what people send about them."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from wardline.identity.public import Scope
from wardline.patients.public import Banner
from wardline.platform.http import Input

EncounterClass = Literal["inpatient", "emergency", "day_case", "outpatient"]
Isolation = Literal["contact", "droplet", "airborne", "protective"]
DischargedTo = Literal["home", "care_home", "other_hospital", "against_advice", "died", "other"]
Need = Literal["monitor", "side_room", "oxygen", "bariatric"]
Line = Annotated[str, Meta(max_length=200)]

CLASS_WORDS = {
    "inpatient": "Inpatient stay",
    "emergency": "Emergency",
    "day_case": "Day case",
    "outpatient": "Outpatient visit",
    "other": "Other visit",
}
DISCHARGED_WORDS = {
    "home": "Home",
    "care_home": "Care home",
    "other_hospital": "Another hospital",
    "against_advice": "Left against advice",
    "died": "Died",
    "other": "Elsewhere",
}
ISOLATION_WORDS = {"contact": "Contact", "droplet": "Droplet", "airborne": "Airborne", "protective": "Protective"}


class EncounterScope(Scope, frozen=True, kw_only=True):
    """One encounter of the caller's hospital; the read is recorded."""

    id: UUID
    person_id: UUID
    state: str


class Encounter(msgspec.Struct):
    """An encounter as pages and programs see it (FHIR: Encounter)."""

    id: UUID
    patient_id: UUID
    class_: str = msgspec.field(name="class")
    state: str = ""
    reason: str = ""
    specialty: str = ""
    admitted_from: str = ""
    doctor_id: UUID | None = None
    doctor: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    discharged_to: str | None = None
    ward_id: UUID | None = None
    bed_id: UUID | None = None
    bed_label: str | None = None
    isolation: str | None = None
    expected_discharge_on: date | None = None
    ready_to_leave: bool | None = None
    needs: list[str] | None = None
    pregnant: bool | None = None
    version: int = 1


class StayPlace(msgspec.Struct):
    """Where somebody who stays stands on the boards."""

    encounter_id: UUID
    ward_id: UUID | None
    bed_id: UUID | None


class Admission(Input, kw_only=True):
    """What starts a stay."""

    class_: EncounterClass = msgspec.field(default="inpatient", name="class")
    reason: Annotated[str, Meta(min_length=2, max_length=200)]
    specialty: Line = ""
    admitted_from: Line = ""
    doctor_id: UUID | None = None
    expected_discharge_on: date | None = None
    isolation: Isolation | None = None
    needs: list[Need] = []
    pregnant: bool = False


class StayChange(Input):
    """What may change during a stay; a field that is not sent stays as it is."""

    expected_discharge_on: date | None | msgspec.UnsetType = msgspec.UNSET
    isolation: Isolation | Literal["none"] | None | msgspec.UnsetType = msgspec.UNSET
    ready_to_leave: bool | msgspec.UnsetType = msgspec.UNSET
    needs: list[Need] | msgspec.UnsetType = msgspec.UNSET
    pregnant: bool | msgspec.UnsetType = msgspec.UNSET
    reason: Line | msgspec.UnsetType = msgspec.UNSET
    specialty: Line | msgspec.UnsetType = msgspec.UNSET


class Discharge(Input):
    """How a stay ends."""

    discharged_to: DischargedTo = "home"


class CurrentStay(msgspec.Struct):
    """The open stay of a patient, in short."""

    encounter_id: UUID
    class_: str
    started_at: datetime
    ward_id: UUID | None
    bed_id: UUID | None
    bed_label: str | None
    isolation: str | None
    expected_discharge_on: date | None
    ready_to_leave: bool
    pregnant: bool
    reason: str
    specialty: str
    encounter_version: int


class Whose(msgspec.Struct):
    person_id: UUID
    state: str


class Doctor(msgspec.Struct):
    id: UUID
    name: str


class AdmissionPage(msgspec.Struct):
    """The form of an admission."""

    banner: Banner
    doctors: list[Doctor]
    stay: CurrentStay | None


class StayPage(msgspec.Struct):
    """The forms that change or end a stay."""

    banner: Banner
    stay: Encounter


class VisitsPage(msgspec.Struct):
    """All visits of a patient, for people."""

    banner: Banner
    items: list[Encounter]
    next: str | None
