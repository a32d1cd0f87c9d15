"""What pages and programs are shown of medicines, put together from rows; used by the routes and by what is pushed."""

from calendar import isleap
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import structs

from wardline.encounters.public import AskedBanner, ask_banner_with_stay
from wardline.identity.public import May
from wardline.orders import cards, checks, doses, entry, external, kidney, knowledge, lines, queries, sets, together
from wardline.orders.doses import number
from wardline.orders.forms import (
    BasketSeen,
    LineSeen,
    Medicine,
    MedicinesPage,
    MedicinesScope,
    Numbers,
    TestSeen,
    Verification,
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
    RecordedProblem,
    Tier,
)
from wardline.orders.queries import Facts, MedicineRow
from wardline.orders.verification import verifications, verifications_of_patient
from wardline.patients.public import PatientScope, ask_banner, today
from wardline.platform import clock
from wardline.platform.alike import Alike
from wardline.platform.batch import Answer, Batch
from wardline.platform.db import Db
from wardline.platform.http import Context

CURRENT = frozenset({"active", "held"})
_current: Alike[Medicine] = Alike(2_500, name=lambda each: each.id)  # about 3 KB each

# What slices above have supplied of these orders, in words. They add to it.
on_shown: list[Callable[[Db, UUID, Sequence[UUID]], Awaitable[dict[UUID, str]]]] = []


class Read(msgspec.Struct):
    """A typed line, as it was read and as it was checked."""

    typed: str
    read: entry.Entry
    findings: Findings


# --- the patient -------------------------------------------------------------------------------------------------------
async def patient_of(db: Db, patient: PatientScope, today: date, now: datetime) -> Patient:
    """What the checks know of the patient at a moment, in one read."""
    batch = Batch(db)
    asked = ask_patient(batch, patient)
    await batch.read()
    return asked.patient(today, now)


class AskedPatient(msgspec.Struct):
    """What the checks know of the patient, asked for together with the rest of a page."""

    facts: Answer[Facts]
    allergies: Answer[list[RecordedAllergy]]

    def patient(self, today: date, now: datetime) -> Patient:
        """The patient as the checks see them, once the batch is read."""
        facts = self.facts.value
        return checked_patient(facts, self.allergies.value if facts.allergy_state == "recorded" else [], today, now)


def ask_patient(batch: Batch, patient: PatientScope) -> AskedPatient:
    """The same as `patient_of`, without a round trip of its own."""
    return AskedPatient(batch.ask(queries.facts, patient), batch.ask(queries.active_allergies, patient))


def age_years(born_on: date, today: date) -> float:
    """Whole years count from the birthday itself, 1 March for one of 29 February; the part of a year is by days."""
    whole = today.year - born_on.year - (today < _birthday(born_on, today.year))
    last, coming = _birthday(born_on, born_on.year + whole), _birthday(born_on, born_on.year + whole + 1)
    return whole + (today - last).days / (coming - last).days


def _birthday(born_on: date, year: int) -> date:
    leap = (born_on.month, born_on.day) == (2, 29) and not isleap(year)
    return date(year, 3, 1) if leap else born_on.replace(year=year)


def checked_patient(facts: Facts, allergies: Sequence[RecordedAllergy], today: date, now: datetime) -> Patient:
    """The recorded facts as the checks take them. A stay that says nothing of pregnancy does not deny it."""
    weight = None if facts.weight_kg is None or facts.weight_at is None else Measured(facts.weight_kg, facts.weight_at)
    creatinine = (
        None
        if facts.creatinine is None or facts.creatinine_at is None
        else Measured(facts.creatinine, facts.creatinine_at, imported=bool(facts.creatinine_imported))
    )
    return Patient(
        signed_knowledge=facts.signed_knowledge or "",
        at=now,
        born_on=facts.born_on,
        inpatient=facts.stay_class != "outpatient",
        age_years=None if facts.born_on is None else age_years(facts.born_on, today),
        female={"female": True, "male": False}.get(facts.sex),
        weight_kg=weight,
        creatinine_umol_per_l=creatinine,
        pregnant=True if facts.pregnant else None,
        allergy_knowledge=AllergyKnowledge(facts.allergy_state),
        allergies=tuple(allergies),
        problems=msgspec.json.decode(facts.problems, type=tuple[RecordedProblem, ...]),
    )


def numbers_of(patient: Patient, rules: Knowledge | None) -> Numbers:
    """The numbers that dosing rests on, with the kidney function that follows from them, and what is too old to rest on."""
    found = Numbers()
    if rules is not None:
        found.weight_old = doses.too_old("weight_kg", patient, rules) or ""
        found.creatinine_old = doses.too_old("creatinine_umol_per_l", patient, rules) or ""
    if patient.weight_kg is not None:
        found.weight_kg, found.weight_at = number(patient.weight_kg.value), patient.weight_kg.taken_at
    creatinine, age, female = patient.creatinine_umol_per_l, patient.age_years, patient.female
    if creatinine is None:
        return found
    found.creatinine_umol_per_l, found.creatinine_at = number(creatinine.value), creatinine.taken_at
    found.creatinine_imported = creatinine.imported
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


def others_of(
    rows: Sequence[MedicineRow], rules: Knowledge | None, now: datetime, *, without: UUID | None = None
) -> list[Considered]:
    """What an order is checked against: the orders that stand, and those that were stopped but may still act.

    The order `without`, which is about to change, counts as stopped now: what it gave so far does not leave with its line.
    """
    stand = considered_of(current(rows, without=without), rules)
    if rules is None:
        return stand
    since = now - timedelta(days=rules.washout_days_max)
    ended = [(row, row.stopped_at) for row in rows if row.stopped_at is not None and row.stopped_at > since]
    ended += [(row, now) for row in rows if row.id == without]
    seen = considered_of([row for row, _ in ended], rules)
    return stand + [structs.replace(one, stopped_at=at) for one, (_, at) in zip(seen, ended, strict=True)]


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
    for _, read in entries:
        read.assumptions += _by_weight(read.line, patient)
    seen = [lines.considered(read.line, rules.table) for _, read in entries]
    return [
        Read(line, read, checks.check(seen[at], patient, [*others, *seen[:at], *seen[at + 1 :]], rules))
        for at, (line, read) in enumerate(entries)
    ]


def _by_weight(line: MedicineLine, patient: Patient) -> list[str]:
    """`5 mg/kg x 61 kg (26-Nov-2026) = 305 mg`: the sum of a dose by weight, with the weight and its day."""
    weight, amount = patient.weight_kg, line.amount_to or line.amount
    if not line.per_kg or amount is None or weight is None:
        return []
    total = f"{number(float(amount.value) * weight.value)} {amount.unit}"
    rate = f"/{line.rate}" if line.rate else ""
    return [f"{amount.words}/kg{rate} x {doses.weighed(weight)} = {total}{rate}"]


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
        signed=bool(reads) and all(read.findings.signed for read in reads),
    )


def add_external(seen: BasketSeen, said: Findings) -> None:
    """What another program says of the basket as a whole, beside the cards of its lines."""
    seen.external = cards.cards(said, external.name())
    seen.stops = seen.stops or bool(said.stops)
    seen.asks = seen.asks or any(gap.asks for gap in said.not_checked)


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
class AskedPage(msgspec.Struct):
    """The rows of the page, asked for in one statement."""

    banner: AskedBanner
    rows: Answer[list[MedicineRow]]
    patient: AskedPatient
    decided: Answer[list[Verification]]


def ask_page(batch: Batch, patient: PatientScope) -> AskedPage:
    """Ask for all that the page of a patient's medicines shows."""
    return AskedPage(
        banner=ask_banner_with_stay(batch, patient),
        rows=batch.ask(queries.medicines_of, patient, limit=queries.MEDICINES_MAX),
        patient=ask_patient(batch, patient),
        decided=batch.ask(verifications_of_patient, patient),
    )


async def medicines_page(ctx: Context, patient: PatientScope, asked: AskedPage) -> MedicinesPage:
    """The patient's medicines, and whether something may be prescribed. 1 query of each slice that supplies."""
    page = await _page(ctx.db, patient, asked, today(ctx), ctx.now)
    if page.has_stay and ctx.may(May.PRESCRIBE):
        page.offered = await sets.page_for(ctx)
    return page


async def _page(db: Db, patient: PatientScope, asked: AskedPage, day: date, now: datetime) -> MedicinesPage:
    rules = knowledge.current()
    rows = asked.rows.value
    stand = marked(current(rows), rules)
    await _add_pharmacy(db, patient.hospital_id, stand, asked.decided.value)
    return MedicinesPage(
        banner=asked.banner.banner(),
        patient_id=patient.person_id,
        has_stay=asked.banner.stay.value is not None,
        current=_current.rows((patient.hospital_id, patient.person_id), stand),
        past=[medicine_of(row, rules=rules) for row in rows if row.state not in CURRENT],
        numbers=numbers_of(asked.patient.patient(day, now), rules),
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


async def with_pharmacy(db: Db, hospital_id: UUID, medicines: Sequence[Medicine]) -> list[Medicine]:
    """The orders with what the pharmacy has decided and supplied: one query, and one of each slice that supplies."""
    ids = [each.id for each in medicines]
    if ids:
        decided = await verifications(db, hospital_id=hospital_id, medicine_ids=ids)
        await _add_pharmacy(db, hospital_id, medicines, decided)
    return list(medicines)


async def _add_pharmacy(
    db: Db, hospital_id: UUID, medicines: Sequence[Medicine], verified: Sequence[Verification]
) -> None:
    ids = [each.id for each in medicines]
    decided = {each.medicine_id: each for each in verified}
    supplied: dict[UUID, str] = {}
    for told in on_shown if ids else ():
        supplied |= await told(db, hospital_id, ids)
    for each in medicines:
        each.verification, each.supply = decided.get(each.id), supplied.get(each.id, "")


async def seen_basket(
    ctx: Context, patient: PatientScope, typed: Sequence[str], *, tests: Sequence[str] = (), without: UUID | None = None
) -> BasketSeen:
    """The typed lines, read and checked against everything that stands, but for the order that they replace."""
    rules = knowledge.current()
    batch = Batch(ctx.db)
    asked_banner, asked_patient = ask_banner(batch, patient), ask_patient(batch, patient)
    asked_rows = batch.ask(queries.medicines_of, patient, limit=queries.MEDICINES_MAX)
    await batch.read()
    banner, person, rows = asked_banner.value, asked_patient.patient(today(ctx), ctx.now), asked_rows.value
    others = others_of(rows, rules, ctx.now, without=without)
    reads = read_lines([line for line in typed if line.strip()], person, others, rules)
    seen = basket_of(reads, patient_id=patient.person_id, family=banner.family, given=banner.given, rules=rules)
    asked_of = external.Asked(
        patient_id=patient.person_id,
        user_id=ctx.caller.id,
        patient=person,
        drafts=[read.read.line for read in reads],
        standing=others,
    )
    said = external.said_of(asked_of, hook_of(reads), ctx.ahead) if reads else None
    if said is not None:
        add_external(seen, said)
    seen.changes = without is not None
    seen.tests = [TestSeen(code, name) for code, name in (await together.names_of(ctx, list(tests))).items()]
    return seen


def hook_of(reads: Sequence[Read]) -> external.Hook:
    """By which hook another program is asked: of lines that could be signed as they are, or of some that are still chosen."""
    return "order-sign" if all(read.read.complete for read in reads) else "order-select"


async def live_medicines(db: Db, scope: MedicinesScope) -> MedicinesPage:
    """The lists, as the page shows them."""
    now = clock.now()
    async with db.one_connection() as one:
        batch = Batch(one)
        asked = ask_page(batch, scope.patient)
        await batch.read()
        return await _page(one, scope.patient, asked, now.astimezone(ZoneInfo(scope.zone)).date(), now)
