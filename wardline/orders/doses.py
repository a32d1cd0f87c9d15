"""Dose limits and kidney function of an order. Pure; amounts are compared in one unit or said to be not comparable."""

from collections.abc import Iterator, Sequence

from wardline.orders.drugs import Drug
from wardline.orders.kidney import ADULT_FROM_YEARS, clearance_ml_per_min, egfr_ml_per_min
from wardline.orders.knowledge import Knowledge, Limit, RenalRule
from wardline.orders.models import Alert, Considered, Findings, Kind, Measured, NotChecked, Patient, Tier

# Mass units by their size in milligrams; amounts in any other unit compare only with themselves.
MILLIGRAMS = {"g": 1000.0, "mg": 1.0, "micrograms": 0.001, "nanograms": 0.000001}
MEASURE_WORDS = {"egfr": "eGFR (CKD-EPI 2021)", "clearance": "Creatinine clearance (Cockcroft-Gault)"}
MEASURE_UNITS = {"egfr": "ml/min/1.73 m²", "clearance": "ml/min"}


# Routes that bring a drug where a swallowed one goes.
LIKE_ORAL = frozenset({"nasogastric", "gastrostomy"})


def check(order: Considered, patient: Patient, knowledge: Knowledge, others: Sequence[Considered] = ()) -> Findings:
    """Alerts of dose and kidney, and what is missing to judge them; a day counts `others` of the same ingredient too."""
    others = [other for other in others if other.stopped_at is None]
    findings = Findings()
    for drug in order.drugs:
        if len(order.drugs) == 1:
            _check_limits(drug, order, patient, knowledge, findings, others)
        elif any(limit.drug == drug.name for limit in knowledge.limits):
            findings.not_checked.append(NotChecked("dose", f"how much {drug.name} {order.name} holds is not known"))
        _check_kidney(drug, patient, knowledge, findings)
    return findings


def number(value: float) -> str:
    """`4,000`, `0.5`, `1.25`: with a leading zero and no trailing one."""
    return f"{value:,.4f}".rstrip("0").rstrip(".")


def in_unit(amount: float, unit: str, wanted: str) -> float | None:
    """An amount in another unit, or None where the two do not measure the same."""
    if unit == wanted:
        return amount
    if unit in MILLIGRAMS and wanted in MILLIGRAMS:
        return amount * MILLIGRAMS[unit] / MILLIGRAMS[wanted]
    return None


# --- limits ------------------------------------------------------------------------------------------------------------
def _check_limits(
    drug: Drug,
    order: Considered,
    patient: Patient,
    knowledge: Knowledge,
    findings: Findings,
    others: Sequence[Considered],
) -> None:
    held = [limit for limit in knowledge.limits if limit.drug == drug.name]
    limits = [limit for limit in held if _of_route(limit, order.route)]
    if not limits:
        where = f" by the {order.route} route" if held else ""
        gap = NotChecked("dose", f"the table has no limit of {drug.name}{where}", asks=bool(held))
        findings.not_checked.append(gap)
        return
    if patient.age_years is None:
        findings.not_checked.append(NotChecked("dose", "the date of birth is not known"))
    if patient.weight_kg is None and any(limit.asks_weight for limit in limits):
        findings.not_checked.append(NotChecked("dose for the weight", "the weight is not recorded"))
    by_weight = order.per_kg or any(limit.asks_weight for limit in limits)
    if by_weight and patient.weight_kg is not None:
        findings.not_checked += _too_old("dose for the weight", ("weight_kg",), patient, knowledge)
    applying = [limit for limit in limits if _applies(limit, patient)]
    if not applying and patient.age_years is not None:
        findings.not_checked.append(NotChecked("dose", f"the table has no limit of {drug.name} for this patient"))
    for limit in applying:
        found = list(_over(limit, drug, order, patient, others))
        findings.alerts += [one for one in found if isinstance(one, Alert)][:1]
        gaps = [one for one in found if isinstance(one, NotChecked)]
        findings.not_checked += [gap for gap in dict.fromkeys(gaps) if gap not in findings.not_checked]


def _of_route(limit: Limit, route: str) -> bool:
    return not limit.routes or not route or ("oral" if route in LIKE_ORAL else route) in limit.routes


def _applies(limit: Limit, patient: Patient) -> bool:
    """Whether a limit is for this patient. An unknown weight meets the limit in plain numbers: it bounds the others."""
    age = patient.age_years
    if age is not None and not limit.age_from_years <= age < (limit.age_below_years or age + 1):
        return False
    if patient.weight_kg is None:
        return not limit.per_kg and limit.weight_below_kg is None
    weight = patient.weight_kg.value
    return limit.weight_from_kg <= weight and (limit.weight_below_kg is None or weight < limit.weight_below_kg)


def _over(
    limit: Limit, drug: Drug, order: Considered, patient: Patient, others: Sequence[Considered]
) -> Iterator[Alert | NotChecked]:
    """The bounds that the order breaks, absolute ones first, and every bound whose amount is not known or not comparable."""
    factor = patient.weight_kg.value if limit.per_kg and patient.weight_kg else 1.0
    dose, day = _amount(order.dose, order, limit, patient), _amount(order.day_total, order, limit, patient)
    yield from _not_comparable(limit, order, patient, dose, day)
    if day is not None and _bounds_day(limit):
        more = list(_of_others(limit, drug, patient, others))
        yield from (one for one in more if isinstance(one, NotChecked))
        day += sum(one for one in more if not isinstance(one, NotChecked))
    for amount, bound, what in ((dose, limit.dose_max, "one dose"), (day, limit.day_max, "one day")):
        if amount is not None and bound is not None and amount > bound * factor:
            yield _too_much(limit, drug, patient, amount, bound, what, Tier.INTERRUPTS)
    for amount, bound, what in ((dose, limit.dose_usual_max, "one dose"), (day, limit.day_usual_max, "one day")):
        if amount is not None and bound is not None and amount > bound * factor:
            yield _too_much(limit, drug, patient, amount, bound, what, Tier.BESIDE)
    if day is not None and limit.day_usual_min is not None and day < limit.day_usual_min * factor:
        yield _too_much(limit, drug, patient, day, limit.day_usual_min, "one day", Tier.BESIDE, low=True)


def _bounds_day(limit: Limit) -> bool:
    return any(bound is not None for bound in (limit.day_max, limit.day_usual_max, limit.day_usual_min))


def _not_comparable(
    limit: Limit, order: Considered, patient: Patient, dose: float | None, day: float | None
) -> Iterator[NotChecked]:
    """A bound without an amount to hold against it. An infusion has no single dose: its day is what counts."""
    bounds_dose = limit.dose_max is not None or limit.dose_usual_max is not None
    lost = (order.dose is not None and dose is None) or (order.day_total is not None and day is None)
    if lost or (dose is None and day is None):
        weightless = order.per_kg and patient.weight_kg is None
        units = f"{order.unit or 'the dose'} does not compare with {limit.unit}"
        yield NotChecked("dose", "the weight is not recorded" if weightless else units)
    elif day is None and _bounds_day(limit):
        yield NotChecked("dose", "how much it comes to in one day is not known")
    elif dose is None and bounds_dose and not _bounds_day(limit):
        yield NotChecked("dose", "the size of one dose is not known")


def _of_others(
    limit: Limit, drug: Drug, patient: Patient, others: Sequence[Considered]
) -> Iterator[float | NotChecked]:
    """What the other orders of the same ingredient come to in a day."""
    for other in others:
        if not any(one.name == drug.name for one in other.drugs) or not _of_route(limit, other.route):
            continue
        day = _amount(other.day_total, other, limit, patient) if len(other.drugs) == 1 else None
        yield (
            NotChecked("dose", f"how much {drug.name} {other.name}, also ordered, adds is not known")
            if (day is None)
            else day
        )


def _amount(amount: float | None, order: Considered, limit: Limit, patient: Patient) -> float | None:
    if amount is None:
        return None
    if order.per_kg:
        if patient.weight_kg is None:
            return None
        amount *= patient.weight_kg.value
    return in_unit(amount, order.unit, limit.unit)


def _too_much(
    limit: Limit, drug: Drug, patient: Patient, amount: float, bound: float, what: str, tier: Tier, *, low: bool = False
) -> Alert:
    """`bound` as the table has it; for a limit by weight the sum is shown with the weight and its date."""
    asked = f"{number(amount)} {limit.unit} in {what}"
    if limit.per_kg and patient.weight_kg:
        weight = patient.weight_kg
        allowed = f"{number(bound)} {limit.unit}/kg x {weighed(weight)}"
        allowed += f" = {number(bound * weight.value)} {limit.unit}"
    else:
        allowed = f"{number(bound)} {limit.unit}"
        if limit.asks_weight and patient.weight_kg:
            allowed += f" at {weighed(patient.weight_kg)}"
    absolute = tier is Tier.INTERRUPTS
    words = "under the usual" if low else "over the absolute maximum" if absolute else "over the usual maximum"
    return Alert(
        rule=f"dose_{'absolute' if absolute else 'usual'}",
        kind=Kind.DOSE,
        tier=tier,
        summary=f"{drug.tall_man} {asked}: {words}",
        why=f"{asked}; {'usual from' if low else 'at most'} {allowed}. {limit.note}".strip(),
        advice=f"Lower the dose to at most {allowed} in {what}." if not low else "Check that so little is meant.",
        source=limit.source,
        version=limit.version,
    )


# --- how old a number is -------------------------------------------------------------------------------------------------
USED_ALL_THE_SAME = "It was used all the same, and may not be true any more: measure again."
NUMBER_WORDS = {"weight_kg": ("weight", "kg"), "creatinine_umol_per_l": ("creatinine", "µmol/l")}


def too_old(measure: str, patient: Patient, knowledge: Knowledge) -> str | None:
    """`creatinine is 40 days old (80 µmol/l on 17-Oct-2026); it counts for 7 days in a stay`; None while it counts."""
    measured: Measured | None = getattr(patient, measure)
    if measured is None:
        return None
    limit = knowledge.measure_age(measure, inpatient=patient.inpatient, age_years=patient.age_years)
    what, unit = NUMBER_WORDS[measure]
    shown = f"{number(measured.value)} {unit} on {measured.taken_at:%d-%b-%Y}"
    if patient.at is None:
        return f"how old the {what} is, is not known ({shown})"
    days = int(measured.age_days(patient.at))
    if days <= limit.days:
        return None
    where = "" if limit.inpatient is None else " in a stay" if limit.inpatient else " for an outpatient"
    return f"{what} is {days} days old ({shown}); it counts for {limit.days:g} days{where}"


def _too_old(what: str, measures: Sequence[str], patient: Patient, knowledge: Knowledge) -> list[NotChecked]:
    """What rests on a number that is too old: it is used, and asks."""
    words = [each for measure in measures if (each := too_old(measure, patient, knowledge)) is not None]
    return [NotChecked(what, " and ".join(words), so=USED_ALL_THE_SAME)] if words else []


def weighed(weight: Measured) -> str:
    """`70 kg (26-Nov-2026)`."""
    return f"{number(weight.value)} kg ({weight.taken_at:%d-%b-%Y})"


# --- kidney ------------------------------------------------------------------------------------------------------------
def _check_kidney(drug: Drug, patient: Patient, knowledge: Knowledge, findings: Findings) -> None:
    rules = sorted((rule for rule in knowledge.renal if rule.drug == drug.name), key=lambda rule: rule.below)
    if not rules:
        return
    if patient.age_years is not None and patient.age_years < ADULT_FROM_YEARS:
        findings.not_checked.append(NotChecked("kidney", "the formulas are for adults"))
        return
    missing = _missing_for_kidney(rules, patient)
    if missing:
        findings.not_checked.append(NotChecked("kidney", f"{missing} not recorded"))
    measures = ("creatinine_umol_per_l", "weight_kg")[: 1 + any(rule.measure == "clearance" for rule in rules)]
    findings.not_checked += _too_old("kidney", measures, patient, knowledge)
    for rule in rules:
        function = kidney_function(rule.measure, patient)
        if function is not None and function < rule.below:
            findings.alerts.append(_renal(rule, drug, patient, function))
            return


def _missing_for_kidney(rules: list[RenalRule], patient: Patient) -> str:
    missing: list[str] = []
    if patient.creatinine_umol_per_l is None:
        missing.append("creatinine")
    if patient.weight_kg is None and any(rule.measure == "clearance" for rule in rules):
        missing.append("weight")
    if patient.age_years is None:
        missing.append("date of birth")
    if patient.female is None:
        missing.append("sex")
    words = " and ".join(missing)
    return f"{words} {'are' if len(missing) > 1 else 'is'}" if words else ""


def kidney_function(measure: str, patient: Patient) -> float | None:
    """The patient's function by a rule's formula, or None where a number for it is not known."""
    creatinine, age, female = patient.creatinine_umol_per_l, patient.age_years, patient.female
    if creatinine is None or age is None or female is None:
        return None
    if measure == "egfr":
        return egfr_ml_per_min(creatinine.value, age, female=female)
    if patient.weight_kg is None:
        return None
    return clearance_ml_per_min(creatinine.value, age, patient.weight_kg.value, female=female)


def _renal(rule: RenalRule, drug: Drug, patient: Patient, function: float) -> Alert:
    creatinine = patient.creatinine_umol_per_l
    assert creatinine is not None
    where = ", imported from another laboratory" if creatinine.imported else ""
    measured = f"{number(creatinine.value)} µmol/l on {creatinine.taken_at:%d-%b-%Y %H:%M}{where}"
    if rule.measure == "clearance" and patient.weight_kg is not None:
        measured += f" and weight {weighed(patient.weight_kg)}"
    known = f"{MEASURE_WORDS[rule.measure]} {function:.0f} {MEASURE_UNITS[rule.measure]} from creatinine {measured}"
    return Alert(
        rule=f"renal_{rule.drug.replace(' ', '_')}_{number(rule.below)}",
        kind=Kind.RENAL,
        tier=Tier.BESIDE,
        summary=f"{drug.tall_man}: kidney function below {number(rule.below)} {MEASURE_UNITS[rule.measure]}",
        why=f"{known}. {rule.why}",
        advice=rule.advice,
        source=rule.source,
        version=rule.version,
    )
