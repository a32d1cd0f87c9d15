"""What the recorded allergies say about an order: the same ingredient, the same side chain, the same class. Pure."""

import re
from collections.abc import Iterator

from msgspec import structs

from wardline.orders.drugs import Drug, normal
from wardline.orders.knowledge import AllergyClass, Knowledge
from wardline.orders.models import (
    Alert,
    AllergyKnowledge,
    Considered,
    Findings,
    Kind,
    NotChecked,
    Patient,
    RecordedAllergy,
    Tier,
)

SEVERE = "severe"
_BETWEEN = re.compile(r"\s*(?:[/+&,;]|\band\b|\bor\b)\s*", re.IGNORECASE)
ABOUT_DRUGS = frozenset({"medication", "biologic"})
ADVICE_SAME = "Do not give. Choose another drug, or correct the allergy if it is wrong."
ADVICE_CLASS = "Choose a drug of another class, or give it where a reaction can be treated and say why."


def check(order: Considered, patient: Patient, knowledge: Knowledge) -> Findings:
    """Alerts of every recorded allergy; not checked where allergies are not recorded or not understood."""
    if patient.allergy_knowledge is AllergyKnowledge.NOT_RECORDED:
        return Findings(not_checked=[NotChecked("allergies", "they are not recorded for this patient")])
    findings = Findings()
    for allergy in (part for each in patient.allergies for part in _parts(each, knowledge)):
        if allergy.category not in ABOUT_DRUGS and not _understood(allergy, knowledge):
            continue  # food, dust: what names no drug and no class says nothing about one
        found = list(_of_allergy(order, allergy, knowledge))
        if not found and not _understood(allergy, knowledge):
            because = f"the drug table does not know the recorded allergy {allergy.substance!r}"
            findings.not_checked.append(NotChecked("allergies", because))
        findings.alerts += found
    return findings


def _parts(allergy: RecordedAllergy, knowledge: Knowledge) -> list[RecordedAllergy]:
    """`penicillin and codeine`, `codeine and latex`: as if each had a line of its own, where the whole is no class and no name, and a
    part is a class, or is understood while the whole is not.
    """
    if _named_class(allergy, knowledge) is not None or knowledge.table.exact(allergy.substance) is not None:
        return [allergy]
    parts = [structs.replace(allergy, substance=part) for part in _BETWEEN.split(allergy.substance) if part]
    is_list = any(_named_class(part, knowledge) for part in parts) or (
        not _understood(allergy, knowledge) and any(_understood(part, knowledge) for part in parts)
    )
    return parts if is_list else [allergy]


def _understood(allergy: RecordedAllergy, knowledge: Knowledge) -> bool:
    return _named_class(allergy, knowledge) is not None or knowledge.table.find(allergy.substance) is not None


def _named_class(allergy: RecordedAllergy, knowledge: Knowledge) -> AllergyClass | None:
    """The class of which the allergy speaks as a whole, as in "penicillin" or "sulfa drugs"."""
    substance = normal(allergy.substance).removesuffix(" allergy")
    return next((held for held in knowledge.allergies.class_ if substance in map(normal, held.named)), None)


def _of_allergy(order: Considered, allergy: RecordedAllergy, knowledge: Knowledge) -> Iterator[Alert]:
    named = _named_class(allergy, knowledge)
    understood = knowledge.table.find(allergy.substance)
    recorded = () if named or understood is None else understood.drugs
    for drug in order.drugs:
        alert = _to_class(drug, allergy, named, knowledge) if named else _to_drugs(drug, allergy, recorded, knowledge)
        if alert is not None:
            yield alert


def _to_class(drug: Drug, allergy: RecordedAllergy, named: AllergyClass, knowledge: Knowledge) -> Alert | None:
    if named.key in drug.classes and named.without not in drug.classes:
        return _alert(drug, allergy, Tier.INTERRUPTS, f"{drug.tall_man} is one of them.", knowledge, named.key)
    chains = {
        chain.key for chain in knowledge.allergies.side_chain if _holds_both(chain.members, drug, named, knowledge)
    }
    if chains:
        why = f"{drug.tall_man} shares a side chain with some of them, and it is not recorded which one was meant."
        return _alert(drug, allergy, _tier_of_chain(allergy), why, knowledge, "side_chain")
    return _weak(drug, allergy, frozenset({named.key}), knowledge)


def _holds_both(members: tuple[str, ...], drug: Drug, named: AllergyClass, knowledge: Knowledge) -> bool:
    return drug.name in members and any(named.key in knowledge.table.drugs[member].classes for member in members)


def _to_drugs(drug: Drug, allergy: RecordedAllergy, recorded: tuple[Drug, ...], knowledge: Knowledge) -> Alert | None:
    """The strongest link between a drug and the ingredients that somebody reacted to."""
    for other in recorded:
        if other.name == drug.name:
            return _alert(drug, allergy, Tier.INTERRUPTS, "It is the recorded substance itself.", knowledge, "same")
    for other in recorded:
        chain = _same_side_chain(drug, other, knowledge)
        if chain is not None:
            why = f"{drug.tall_man} and {other.tall_man} have the same side chain (group {chain})."
            return _alert(drug, allergy, _tier_of_chain(allergy), why, knowledge, "side_chain")
    for other in recorded:
        shared = _same_class(drug, other, knowledge)
        if shared is not None:
            why = f"{other.tall_man} is of the same class. {shared.why}"
            return _alert(drug, allergy, Tier.BESIDE, why, knowledge, shared.key)
    for other in recorded:
        if any({drug.name, other.name} <= set(close.members) for close in knowledge.allergies.related):
            why = f"{other.tall_man} is the same active substance or a close relative."
            return _alert(drug, allergy, Tier.BESIDE, why, knowledge, "related")
    return _weak(drug, allergy, frozenset().union(*(other.classes for other in recorded)), knowledge)


def _tier_of_chain(allergy: RecordedAllergy) -> Tier:
    return Tier.INTERRUPTS if allergy.severity == SEVERE else Tier.BESIDE


def _same_side_chain(one: Drug, other: Drug, knowledge: Knowledge) -> str | None:
    chains = knowledge.allergies.side_chain
    return next((chain.key for chain in chains if one.name in chain.members and other.name in chain.members), None)


def _same_class(one: Drug, other: Drug, knowledge: Knowledge) -> AllergyClass | None:
    for held in knowledge.allergies.class_:
        outside = held.without in one.classes or held.without in other.classes
        if held.members_react and not outside and held.key in one.classes and held.key in other.classes:
            return held
    return None


def _weak(drug: Drug, allergy: RecordedAllergy, classes: frozenset[str], knowledge: Knowledge) -> Alert | None:
    for link in knowledge.allergies.weak:
        if link.recorded in classes and link.drug in drug.classes:
            return _alert(drug, allergy, Tier.PASSIVE, link.why, knowledge, "weak")
    return None


def _alert(drug: Drug, allergy: RecordedAllergy, tier: Tier, why: str, knowledge: Knowledge, rule: str) -> Alert:
    source = knowledge.allergies.source
    return Alert(
        rule=f"allergy_{rule}",
        kind=Kind.ALLERGY,
        tier=tier,
        summary=f"{drug.tall_man}: allergy to {allergy.substance}",
        why=f"Recorded: {allergy.words}. {why}",
        advice=ADVICE_SAME
        if tier is Tier.INTERRUPTS
        else ADVICE_CLASS
        if tier is Tier.BESIDE
        else "Watch the first dose.",
        source=source.beta_lactams
        if rule in {"side_chain", "weak"}
        else "The patient's record and the drug table's classes",
        version=source.version if rule in {"side_chain", "weak"} else "",
    )
