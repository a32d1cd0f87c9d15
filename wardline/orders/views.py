"""What pages and programs are shown of medicines, put together from rows; used by the routes and by what is pushed."""

from calendar import isleap
from collections.abc import Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from wardline.encounters.public import banner_with_stay, open_stay_of
from wardline.orders import cards, checks, entry, kidney, knowledge, lines, queries
from wardline.orders.doses import number
from wardline.orders.forms import (
    BasketSeen,
    LineSeen,
    Medicine,
    MedicinesPage,
    MedicinesScope,
    Numbers,
)
from wardline.orders.knowledge import Knowledge
from wardline.orders.lines import MedicineLine
from wardline.orders.models import (
    AllergyKnowledge,
    Considered,
    Findings,
    Measured,
    Patient,
    RecordedAllergy,
    Tier,
)
from wardline.orders.queries import Facts, MedicineRow
from wardline.patients.public import PatientScope, today
from wardline.platform import clock
from wardline.platform.db import Db
from wardline.platform.http import Context

CURRENT = frozenset({"active", "held"})


class Read(msgspec.Struct):
    """A typed line, as it was read and as it was checked."""

    typed: str
    read: entry.Entry
    findings: Findings


# --- the patient -------------------------------------------------------------------------------------------------------
async def patient_of(db: Db, patient: PatientScope, today: date) -> Patient:
    """What the checks know of the patient, in two reads."""
    facts = await queries.facts(db, patient)
    allergies = await queries.active_allergies(db, patient) if facts.allergy_state == "recorded" else []
    return checked_patient(facts, allergies, today)


def age_years(born_on: date, today: date) -> float:
    """Whole years count from the birthday itself, 1 March for one of 29 February; the part of a year is by days."""
    whole = today.year - born_on.year - (today < _birthday(born_on, today.year))
    last, coming = _birthday(born_on, born_on.year + whole), _birthday(born_on, born_on.year + whole + 1)
    return whole + (today - last).days / (coming - last).days


def _birthday(born_on: date, year: int) -> date:
    leap = (born_on.month, born_on.day) == (2, 29) and not isleap(year)
    return date(year, 3, 1) if leap else born_on.replace(year=year)


def checked_patient(facts: Facts, allergies: Sequence[RecordedAllergy], today: date) -> Patient:
    """The recorded facts as the checks take them. A stay that says nothing of pregnancy does not deny it."""
    weight = None if facts.weight_kg is None or facts.weight_at is None else Measured(facts.weight_kg, facts.weight_at)
    creatinine = (
        None
        if facts.creatinine is None or facts.creatinine_at is None
        else Measured(facts.creatinine, facts.creatinine_at)
    )
    return Patient(
        age_years=None if facts.born_on is None else age_years(facts.born_on, today),
        female={"female": True, "male": False}.get(facts.sex),
        weight_kg=weight,
        creatinine_umol_per_l=creatinine,
        pregnant=True if facts.pregnant else None,
        allergy_knowledge=AllergyKnowledge(facts.allergy_state),
        allergies=tuple(allergies),
    )


def numbers_of(patient: Patient) -> Numbers:
    """The numbers that dosing rests on, with the kidney function that follows from them."""
    found = Numbers()
    if patient.weight_kg is not None:
        found.weight_kg, found.weight_at = number(patient.weight_kg.value), patient.weight_kg.taken_at
    creatinine, age, female = patient.creatinine_umol_per_l, patient.age_years, patient.female
    if creatinine is None:
        return found
    found.creatinine_umol_per_l, found.creatinine_at = number(creatinine.value), creatinine.taken_at
    if age is None or female is None:
        return found
    egfr = kidney.egfr_ml_per_min(creatinine.value, age, female=female)
    found.egfr = None if egfr is None else round(egfr)
    if patient.weight_kg is not None:
        clearance = kidney.clearance_ml_per_min(creatinine.value, age, patient.weight_kg.value, female=female)
        found.clearance = None if clearance is None else round(clearance)
    return found


# --- orders ------------------------------------------------------------------------------------------------------------
def line_of(row: MedicineRow) -> MedicineLine:
    """The structured line of a stored order."""
    return msgspec.json.decode(row.line, type=MedicineLine)


def medicine_of(row: MedicineRow, *, marks: Sequence[str] = (), rules: Knowledge | None = None) -> Medicine:
    """An order as it is shown; `marks` are the passive ones."""
    line = line_of(row)
    return Medicine(
        id=row.id,
        patient_id=row.person_id,
        encounter_id=row.encounter_id,
        name=row.name,
        tall_man=tall_man(row.name, rules),
        dose=lines.dose_words(line),
        parts=lines.parts(line),
        kind=row.kind,
        route=row.route,
        text=row.text,
        state=row.state,
        state_reason=row.state_reason,
        ends_on=row.ends_on,
        prescribed_at=row.prescribed_at,
        prescribed_by=row.prescribed_by,
        marks=list(marks),
        version=row.version,
    )


def tall_man(name: str, rules: Knowledge | None) -> str:
    """The display name of the table, or the name as it is."""
    drug = rules.table.drugs.get(name) if rules else None
    return drug.tall_man if drug else name


def considered_of(rows: Sequence[MedicineRow], rules: Knowledge | None) -> list[Considered]:
    """Stored orders as the checks see them."""
    return [lines.considered(line_of(row), rules.table if rules else None) for row in rows]


def current(rows: Sequence[MedicineRow], *, without: UUID | None = None) -> list[MedicineRow]:
    """The orders that stand, but for the one that is about to change."""
    return [row for row in rows if row.state in CURRENT and row.id != without]


async def current_medicines(db: Db, patient: PatientScope, *, limit: int) -> list[Medicine]:
    """The orders that stand, newest first."""
    rows = await queries.medicines_of(db, patient, limit=limit)
    return [medicine_of(row, rules=knowledge.current()) for row in current(rows)]


# --- reading and checking typed lines ----------------------------------------------------------------------------------
def read_lines(
    typed: Sequence[str], patient: Patient, others: Sequence[Considered], rules: Knowledge | None
) -> list[Read]:
    """Each line read, and checked against the patient, the orders that stand and the other lines of the basket."""
    if rules is None:
        return [_unread(line) for line in typed]
    entries = [(line, entry.read(line, rules.table)) for line in typed]
    seen = [lines.considered(read.line, rules.table) for _, read in entries]
    return [
        Read(line, read, checks.check(seen[at], patient, [*others, *seen[:at], *seen[at + 1 :]], rules))
        for at, (line, read) in enumerate(entries)
    ]


def _unread(typed: str) -> Read:
    """Without the knowledge base nothing can be read or checked, and nothing can be signed."""
    question = entry.Question("name", "The drug table is not available: nothing can be prescribed here now.")
    gap = checks.check(Considered(name=typed, drugs=()), Patient(), [], None)
    return Read(
        typed, entry.Entry(line=MedicineLine(name=typed), known=False, assumptions=[], questions=[question]), gap
    )


def basket_of(
    reads: Sequence[Read], *, patient_id: UUID, family: str, given: str, rules: Knowledge | None
) -> BasketSeen:
    """The basket as it would be signed now."""
    return BasketSeen(
        patient_id=patient_id,
        family=family,
        given=given,
        lines=[_line_seen(read, rules) for read in reads],
        complete=sum(read.read.complete for read in reads),
        stops=any(read.findings.stops for read in reads),
        asks=any(gap.asks for read in reads for gap in read.findings.not_checked),
        checks=rules is not None,
        reasons=cards.reasons(),
    )


def _line_seen(read: Read, rules: Knowledge | None) -> LineSeen:
    line = read.read.line
    return LineSeen(
        typed=read.typed,
        name=line.name,
        tall_man=tall_man(line.name, rules),
        dose=lines.dose_words(line),
        parts=lines.parts(line),
        kind=line.kind.value,
        complete=read.read.complete,
        assumptions=read.read.assumptions,
        questions=read.read.questions,
        cards=cards.cards(read.findings, line.name),
        stops=bool(read.findings.stops),
        asks=any(gap.asks for gap in read.findings.not_checked),
    )


# --- the page ----------------------------------------------------------------------------------------------------------
async def medicines_page(ctx: Context, patient: PatientScope, basket: Sequence[str]) -> MedicinesPage:
    """The patient's medicines and, where lines were typed, the basket."""
    page = await _page(ctx.db, patient, today(ctx))
    page.has_stay = await open_stay_of(ctx, patient) is not None
    if basket:
        page.basket = await seen_basket(ctx, patient, basket)
    return page


async def _page(db: Db, patient: PatientScope, day: date) -> MedicinesPage:
    rules = knowledge.current()
    async with db.one_connection() as one:
        banner = await banner_with_stay(one, patient)
        rows = await queries.medicines_of(one, patient, limit=queries.MEDICINES_MAX)
        person = await patient_of(one, patient, day)
    stand = current(rows)
    return MedicinesPage(
        banner=banner,
        patient_id=patient.person_id,
        has_stay=True,
        current=marked(stand, rules),
        past=[medicine_of(row, rules=rules) for row in rows if row.state not in CURRENT],
        numbers=numbers_of(person),
        basket=None,
        checks=rules is not None,
    )


def marked(rows: Sequence[MedicineRow], rules: Knowledge | None) -> list[Medicine]:
    """The orders that stand, each with a passive mark for every tier-3 pair among them."""
    seen = considered_of(rows, rules)
    shown: list[Medicine] = []
    for at, row in enumerate(rows):
        others = [drug for other in (*seen[:at], *seen[at + 1 :]) for drug in other.drugs]
        found = [] if rules is None else checks.interactions(seen[at].drugs, others, rules)
        marks = dict.fromkeys(alert.summary for alert in found if alert.tier is Tier.PASSIVE)
        shown.append(medicine_of(row, marks=list(marks), rules=rules))
    return shown


async def seen_basket(
    ctx: Context, patient: PatientScope, typed: Sequence[str], *, without: UUID | None = None
) -> BasketSeen:
    """The typed lines, read and checked against everything that stands, but for the order that they replace."""
    rules = knowledge.current()
    async with ctx.db.one_connection() as one:
        banner = await banner_with_stay(one, patient)
        person = await patient_of(one, patient, today(ctx))
        stand = current(await queries.medicines_of(one, patient, limit=queries.MEDICINES_MAX), without=without)
    reads = read_lines([line for line in typed if line.strip()], person, considered_of(stand, rules), rules)
    seen = basket_of(reads, patient_id=patient.person_id, family=banner.family, given=banner.given, rules=rules)
    seen.changes = without is not None
    return seen


async def live_medicines(db: Db, scope: MedicinesScope) -> MedicinesPage:
    """The lists, as the page shows them."""
    return await _page(db, scope.patient, clock.now().astimezone(ZoneInfo(scope.zone)).date())
