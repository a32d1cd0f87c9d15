"""The checks of an order against the patient and the other orders. Pure: values in, findings out.

Whatever cannot be looked at is in `not_checked`; an empty list of alerts alone never means that nothing is wrong.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from msgspec import structs

from wardline.orders import allergies, diseases, doses
from wardline.orders.drugs import Drug
from wardline.orders.knowledge import Caution, Knowledge, PairRule, Washout
from wardline.orders.models import SECONDS_PER_DAY, Alert, Considered, Findings, Kind, NotChecked, Patient, Tier

NO_KNOWLEDGE = "the knowledge base is not available"
EVERYTHING = "interactions, allergies, duplicates, dose, kidney, diseases, pregnancy and age"


def check(order: Considered, patient: Patient, others: Sequence[Considered], knowledge: Knowledge | None) -> Findings:
    """Everything that speaks against an order, and everything that could not be looked at."""
    if knowledge is None:
        return Findings(not_checked=[NotChecked(EVERYTHING, NO_KNOWLEDGE)])
    if not order.drugs:
        return Findings(not_checked=[NotChecked(EVERYTHING, f"the drug table does not know {order.name!r}")])
    stopped = [other for other in others if other.stopped_at is not None]
    others = [other for other in others if other.stopped_at is None]
    alerts = [*_against_others(order, others, knowledge), *_still_acting(order, stopped, patient, knowledge)]
    alerts += [*_cautions(order, patient, knowledge), *diseases.check(order, patient, knowledge)]
    missing = [*_unknown_others(others), *_unknown_cautions(order, patient, knowledge)]
    missing += diseases.not_checked(order, patient, knowledge)
    for part in (allergies.check(order, patient, knowledge), doses.check(order, patient, knowledge, others)):
        alerts += part.alerts
        missing += part.not_checked
    signed = patient.signed_knowledge == knowledge.digest
    return Findings(alerts=strongest_first(alerts), not_checked=list(dict.fromkeys(missing)), signed=signed)


def strongest_first(alerts: Iterable[Alert]) -> list[Alert]:
    """Each alert once, tier 1 before 2 before 3, in the order found within a tier."""
    return sorted(dict.fromkeys(alerts), key=lambda alert: alert.tier)


# --- other drugs -------------------------------------------------------------------------------------------------------
def _against_others(order: Considered, others: Sequence[Considered], knowledge: Knowledge) -> Iterator[Alert]:
    for other in others:
        for alert in interactions(order.drugs, other.drugs, knowledge):
            yield _by_route(alert, order, other, knowledge)
        yield from _duplicates(order, other, knowledge)


LITTLE = "By this route little of it reaches the blood."


def _by_route(alert: Alert, order: Considered, other: Considered, knowledge: Knowledge) -> Alert:
    """The alert as it stands for how both are given: a pair with a cream or eye drops does not interrupt."""
    if alert.tier is Tier.PASSIVE or not knowledge.hardly_by(alert.rule, (order.route, other.route)):
        return alert
    return structs.replace(alert, tier=Tier.PASSIVE, why=f"{LITTLE} {alert.why}")


def interactions(ones: Iterable[Drug], others: Iterable[Drug], knowledge: Knowledge) -> Iterator[Alert]:
    """Every rule that fires between two groups of ingredients, whichever way round they are named."""
    for one, other in product(ones, others):
        for rule in knowledge.between(one.name, other.name):
            yield _interaction(rule, one, other)


def _interaction(rule: PairRule, one: Drug, other: Drug) -> Alert:
    return Alert(
        rule=rule.key,
        kind=Kind.INTERACTION,
        tier=Tier(rule.tier),
        summary=f"{one.tall_man} with {other.tall_man}: {rule.title[0].lower()}{rule.title[1:]}"
        if not rule.title[:2].isupper()
        else f"{one.tall_man} with {other.tall_man}: {rule.title}",
        why=rule.why,
        advice=rule.advice,
        source=rule.source,
        version=rule.version,
        about=other.name,
    )


def _still_acting(
    order: Considered, stopped: Sequence[Considered], patient: Patient, knowledge: Knowledge
) -> Iterator[Alert]:
    """The rules that fire against a drug that was stopped, while its washout lasts; the tier is the rule's own."""
    for other in stopped:
        for drug in other.drugs:
            washout = knowledge.washout(drug.name)
            days = _days_since(other, patient)
            if washout is None or days >= washout.days:
                continue
            for alert in interactions(order.drugs, [drug], knowledge):
                if alert.tier is not Tier.PASSIVE and (not washout.rules or alert.rule in washout.rules):
                    yield _after_stop(alert, drug, other, washout, days)


def _days_since(other: Considered, patient: Patient) -> float:
    """Days since the stop; none of them is over where the moment of the check is not known."""
    assert other.stopped_at is not None
    if patient.at is None:
        return 0.0
    return max((patient.at - other.stopped_at).total_seconds() / SECONDS_PER_DAY, 0.0)


def _after_stop(alert: Alert, drug: Drug, other: Considered, washout: Washout, days: float) -> Alert:
    assert other.stopped_at is not None
    ago = "today" if days < 1 else "yesterday" if days < 2 else f"{int(days)} days ago"
    lasts = "1 day" if washout.days == 1 else f"{washout.days:g} days"
    return structs.replace(
        alert,
        summary=f"{alert.summary} ({drug.tall_man} was stopped {ago})",
        why=f"{drug.tall_man} was stopped on {other.stopped_at:%d-%b-%Y} and acts for {lasts} more. {washout.why} {alert.why}",
        source=f"{alert.source}; {washout.source}",
    )


def _duplicates(order: Considered, other: Considered, knowledge: Knowledge) -> Iterator[Alert]:
    for one, two in product(order.drugs, other.drugs):
        if _said_by_a_rule(one, two, knowledge):
            continue
        shared = _shared(one, two, knowledge)
        if shared is not None:
            yield Alert(
                rule="duplicate",
                kind=Kind.DUPLICATE,
                tier=Tier.BESIDE,
                summary=f"{one.tall_man} and {two.tall_man}: {shared}",
                why=f"{other.name} is already ordered.",
                advice="Stop one of them, or say why both are meant.",
                source="Pharmacological classes of the drug table",
                about=two.name,
            )


def _said_by_a_rule(one: Drug, two: Drug, knowledge: Knowledge) -> bool:
    """Whether a rule about two drugs of one group already says that they are two."""
    return any(rule.left == rule.right for rule in knowledge.between(one.name, two.name))


def _shared(one: Drug, two: Drug, knowledge: Knowledge) -> str | None:
    """How two ingredients double each other: the same one, or the narrowest class of which two are too many."""
    if one.name == two.name:
        return "the same ingredient twice"
    classes = [knowledge.table.classes[key] for key in one.classes & two.classes]
    doubled = sorted(
        (held for held in classes if held.duplicate),
        key=lambda held: (len(knowledge.table.members(held.key)), held.key),
    )
    return f"two drugs of one class ({doubled[0].words})" if doubled else None


def _unknown_others(others: Sequence[Considered]) -> Iterator[NotChecked]:
    for other in others:
        if not other.drugs:
            yield NotChecked(
                "interactions and duplicates", f"the drug table does not know {other.name!r}, also ordered"
            )


# --- pregnancy and age -------------------------------------------------------------------------------------------------
def _cautions(order: Considered, patient: Patient, knowledge: Knowledge) -> Iterator[Alert]:
    because = _pregnant_because(patient, knowledge)
    for drug in order.drugs:
        if because:
            for rule in knowledge.pregnancy:
                if _cautions_by(rule, drug, order, knowledge):
                    yield _caution(rule, drug, Kind.PREGNANCY, "in pregnancy", because)
        if patient.age_years is not None:
            for rule in knowledge.ages:
                if _cautions_by(rule, drug, order, knowledge) and _of_age(rule, patient.age_years):
                    years = f"{int(patient.age_years)} years"
                    yield _caution(rule, drug, Kind.AGE, f"at {years}", f"The patient is {years} old.")


def _pregnant_because(patient: Patient, knowledge: Knowledge) -> str:
    """Why the patient counts as pregnant: the stay says so, or an open problem; empty where nothing does."""
    if patient.pregnant:
        return "The patient is pregnant."
    problem = diseases.pregnancy(patient, knowledge)
    return f"The patient is pregnant, by the problem list: {diseases.words(problem)}." if problem else ""


def _cautions_by(rule: Caution, drug: Drug, order: Considered, knowledge: Knowledge) -> bool:
    return drug.name in knowledge.cautioned(rule) and order.route not in rule.not_by


def _of_age(rule: Caution, age_years: float) -> bool:
    return rule.from_years <= age_years and (rule.below_years is None or age_years < rule.below_years)


def _caution(rule: Caution, drug: Drug, kind: Kind, when: str, because: str) -> Alert:
    return Alert(
        rule=rule.key,
        kind=kind,
        tier=Tier.BESIDE,
        summary=f"{drug.tall_man} {when}",
        why=f"{because} {rule.why}",
        advice=rule.advice,
        source=rule.source,
        version=rule.version,
    )


CAN_BE_PREGNANT_FROM_YEARS, CAN_BE_PREGNANT_BELOW_YEARS = 12, 56  # own: whose pregnancy is asked for


def _unknown_cautions(order: Considered, patient: Patient, knowledge: Knowledge) -> Iterator[NotChecked]:
    speak = [
        [rule for rule in rules for drug in order.drugs if _cautions_by(rule, drug, order, knowledge)]
        for rules in (knowledge.ages, knowledge.pregnancy)
    ]
    of_age, of_pregnancy = speak
    if of_age and patient.age_years is None:
        yield NotChecked("age", "the date of birth is not known")
    known = patient.pregnant is not None or diseases.pregnancy(patient, knowledge) is not None
    if of_pregnancy and not known and _may_be_pregnant(patient):
        asks = any(rule.asks for rule in of_pregnancy)
        yield NotChecked("pregnancy", "it is not recorded whether the patient is pregnant", asks=asks)


def _may_be_pregnant(patient: Patient) -> bool:
    if patient.female is False:
        return False
    years = patient.age_years
    return years is None or CAN_BE_PREGNANT_FROM_YEARS <= years < CAN_BE_PREGNANT_BELOW_YEARS
