"""What other slices use of encounters: the access check, the open stay, where a patient lies, and what a discharge stops."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from wardline.encounters import queries
from wardline.encounters.bulk import (
    ProblemRecord,
    ProcedureRecord,
    VisitRecord,
    add_problems,
    add_procedures,
    add_visits,
)
from wardline.encounters.models import (
    CLASS_WORDS,
    DISCHARGED_WORDS,
    ISOLATION_WORDS,
    CurrentStay,
    Encounter,
    EncounterScope,
)
from wardline.encounters.observed import (
    KEEP,
    OBSERVED_ROW,
    Observed,
    ObservedStay,
    keep_observed,
    observed_encounter_locked,
    observed_stay,
    observed_stay_locked,
    set_spo2_scale,
)
from wardline.encounters.problem_models import Problem
from wardline.encounters.problem_queries import problems
from wardline.encounters.queries import encounters_of
from wardline.encounters.timeline import TIMELINE
from wardline.identity.public import seal
from wardline.patients.public import Alert, Banner, BannerRow, PatientScope, ask_banner, banner_of, on_banner, settled
from wardline.platform.batch import Answer, Batch
from wardline.platform.db import Db
from wardline.platform.errors import NotFound
from wardline.platform.http import Context

# What must happen in the transaction of a discharge, before the stay leaves the boards. Slices above add to it.
on_discharge: list[Callable[[Context, EncounterScope], Awaitable[None]]] = []


async def access_encounter(ctx: Context, encounter_id: UUID) -> EncounterScope:
    """An encounter of the caller's hospital; NotFound otherwise. Records that it was opened."""
    found = await queries.whose(ctx.db, hospital_id=ctx.caller.tenant_id, encounter_id=encounter_id)
    if found is None:
        raise NotFound("There is no such stay here.")
    ctx.saw("encounter", encounter_id, found.person_id)
    return EncounterScope(
        hospital_id=ctx.caller.tenant_id, id=encounter_id, person_id=found.person_id, state=found.state, seal=seal()
    )


def patient_of(scope: EncounterScope) -> PatientScope:
    """The patient of an encounter that the caller may open."""
    return PatientScope(hospital_id=scope.hospital_id, person_id=scope.person_id, seal=seal())


async def banner_with_stay(db: Db, patient: PatientScope) -> Banner:
    """The patient's banner with the bed and what whoever comes near must know."""
    batch = Batch(db)
    asked = ask_banner_with_stay(batch, patient)
    await batch.read()
    return asked.banner()


class AskedBanner(NamedTuple):
    """A banner and the open stay (or open visit), asked for together with the rest of a page."""

    patient: PatientScope
    row: Answer[BannerRow]
    stay: Answer[CurrentStay | None]

    def banner(self) -> Banner:
        """The patient's banner with the bed and what whoever comes near must know, once the batch is read."""
        banner = banner_of(self.row.value)
        _put_on(banner, self.stay.value)
        return settled(self.patient, banner)


def ask_banner_with_stay(batch: Batch, patient: PatientScope) -> AskedBanner:
    """The same as `banner_with_stay`, without a round trip of its own."""
    return AskedBanner(patient, ask_banner(batch, patient), batch.ask(queries.current_stay, patient))


async def add_stay(db: Db, patient: PatientScope, banner: Banner) -> bool:
    """Put the open stay, if there is one, on a banner."""
    return _put_on(banner, await queries.current_stay(db, patient))


def _put_on(banner: Banner, stay: CurrentStay | None) -> bool:
    if stay is None or stay.class_ == "outpatient":
        return False
    show_stay(banner, bed_label=stay.bed_label, isolation=stay.isolation, pregnant=stay.pregnant)
    return True


on_banner.append(add_stay)


def show_stay(banner: Banner, *, bed_label: str | None, isolation: str | None, pregnant: bool) -> None:
    """Put a stay's place and warnings on a banner."""
    banner.bed_label = bed_label
    if isolation:
        banner.alerts.append(Alert("iso", "shield-alert", f"{ISOLATION_WORDS[isolation]} isolation"))
    if pregnant:
        banner.alerts.append(Alert("info", "info", "Pregnant"))


async def open_stay_of(ctx: Context, patient: PatientScope) -> CurrentStay | None:
    """The patient's open stay (or open visit) here."""
    return await queries.current_stay(ctx.db, patient)


async def place(
    ctx: Context,
    scope: EncounterScope,
    *,
    ward_id: UUID | None,
    bed_id: UUID | None,
    bed_label: str | None,
    since: datetime | None,
) -> None:
    """Note on the stay's row where the patient lies now, in the caller's transaction (all None: no bed)."""
    await queries.place(ctx.db, scope, ward_id=ward_id, bed_id=bed_id, bed_label=bed_label, since=since)


__all__ = [
    "CLASS_WORDS",
    "DISCHARGED_WORDS",
    "ISOLATION_WORDS",
    "KEEP",
    "OBSERVED_ROW",
    "TIMELINE",
    "AskedBanner",
    "CurrentStay",
    "Encounter",
    "EncounterScope",
    "Observed",
    "ObservedStay",
    "Problem",
    "ProblemRecord",
    "ProcedureRecord",
    "VisitRecord",
    "access_encounter",
    "add_problems",
    "add_procedures",
    "add_visits",
    "ask_banner_with_stay",
    "banner_with_stay",
    "encounters_of",
    "keep_observed",
    "observed_encounter_locked",
    "observed_stay",
    "observed_stay_locked",
    "on_discharge",
    "open_stay_of",
    "patient_of",
    "place",
    "problems",
    "set_spo2_scale",
    "show_stay",
]
