"""Patients and orders for the tests of the checks, in few words."""

from datetime import UTC, datetime

from wardline.orders import knowledge
from wardline.orders.models import AllergyKnowledge, Considered, Measured, Patient, RecordedAllergy, RecordedProblem

WHEN = datetime(2026, 11, 26, 13, 10, tzinfo=UTC)
RULES = knowledge.load()


def order(
    name: str,
    *,
    unit: str = "mg",
    dose: float | None = None,
    day: float | None = None,
    route: str = "",
    stopped_at: datetime | None = None,
) -> Considered:
    """An order by name; a name that the table does not know has no drugs."""
    found = RULES.table.find(name)
    drugs = found.drugs if found else ()
    return Considered(name=name, drugs=drugs, unit=unit, dose=dose, day_total=day, route=route, stopped_at=stopped_at)


def adult(
    *,
    years: float = 70,
    female: bool | None = True,
    kg: float | None = 60,
    creatinine: float | None = 80,
    pregnant: bool | None = False,
) -> Patient:
    """A woman of 70 with 60 kg, a normal creatinine and no known allergy, unless it says otherwise."""
    return Patient(
        at=WHEN,
        age_years=years,
        female=female,
        weight_kg=None if kg is None else Measured(kg, WHEN),
        creatinine_umol_per_l=None if creatinine is None else Measured(creatinine, WHEN),
        pregnant=pregnant,
        allergy_knowledge=AllergyKnowledge.NONE_KNOWN,
        problems=(RecordedProblem(display="Essential hypertension", icd10="I10"),),
    )


def allergic(*allergies: RecordedAllergy) -> Patient:
    """A patient with these allergies."""
    return Patient(
        age_years=50,
        female=False,
        allergy_knowledge=AllergyKnowledge.RECORDED,
        allergies=allergies,
        problems=(RecordedProblem(display="Essential hypertension", icd10="I10"),),
    )
