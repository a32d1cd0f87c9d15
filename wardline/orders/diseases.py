"""Drugs that a problem of the patient's list speaks against, by the problem's code. Pure.

A problem list is never complete, and problems without a code cannot be compared: where a rule speaks of a drug, what of the
list could not be looked at is said.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from wardline.orders.drugs import Drug
from wardline.orders.knowledge import Codes, DiseaseRule, Knowledge
from wardline.orders.models import Alert, Considered, Kind, NotChecked, Patient, RecordedProblem, Tier

NAMED_MAX = 3
LOOKED_AT_ALL_THE_SAME = "What is coded was looked at."


def check(order: Considered, patient: Patient, knowledge: Knowledge) -> Iterator[Alert]:
    """One alert for each rule that a problem of the list meets."""
    for drug in order.drugs:
        for rule in _rules_of(drug, order, knowledge):
            found = [problem for problem in patient.problems if _meets(problem, rule)]
            if found:
                yield _alert(rule, drug, found)


def not_checked(order: Considered, patient: Patient, knowledge: Knowledge) -> Iterator[NotChecked]:
    """What of the problem list could not be compared, where some rule speaks of the drug. It is said and asks nothing."""
    if not any(True for drug in order.drugs for _ in _rules_of(drug, order, knowledge)):
        return
    if not patient.problems:
        yield NotChecked("diseases", "no problem is recorded for this patient", asks=False)
        return
    unread = [problem.display for problem in patient.problems if not _read(problem, knowledge)]
    if unread:
        named = ", ".join(unread[:NAMED_MAX]) + (f" and {len(unread) - NAMED_MAX} more" if unread[NAMED_MAX:] else "")
        yield NotChecked("diseases", f"without an ICD-10 code: {named}", asks=False, so=LOOKED_AT_ALL_THE_SAME)


def pregnancy(patient: Patient, knowledge: Knowledge) -> RecordedProblem | None:
    """The open problem that says that she is pregnant now; one from so long ago that the child is born does not."""
    if patient.female is False:
        return None
    codes = knowledge.pregnancy_codes
    now = [problem for problem in patient.problems if problem.active and coded(problem, codes)]
    return next((problem for problem in now if _within(problem, patient, codes.days)), None)


def _within(problem: RecordedProblem, patient: Patient, days: float) -> bool:
    since = problem.onset_on or problem.recorded_on
    return patient.at is None or since is None or (patient.at.date() - since).days <= days


def coded(problem: RecordedProblem, codes: Codes) -> bool:
    """Whether the problem's code is one of these."""
    code = problem.icd10.replace(".", "").upper()
    named = bool(code) and code.startswith(codes.icd10) and not code.startswith(codes.icd10_not)
    return named or problem.snomed in codes.snomed


def _rules_of(drug: Drug, order: Considered, knowledge: Knowledge) -> Iterator[DiseaseRule]:
    for rule in knowledge.diseases:
        if drug.name in knowledge.against(rule) and order.route not in rule.not_by:
            yield rule


def _meets(problem: RecordedProblem, rule: DiseaseRule) -> bool:
    return (problem.active or rule.history) and coded(problem, rule)


def _read(problem: RecordedProblem, knowledge: Knowledge) -> bool:
    """Whether the rules can tell what it is: by ICD-10 whatever it is, by SNOMED CT only what they name."""
    return bool(problem.icd10) or problem.snomed in knowledge.known_concepts


def _alert(rule: DiseaseRule, drug: Drug, found: Sequence[RecordedProblem]) -> Alert:
    listed = "; ".join(words(problem) for problem in found[:NAMED_MAX])
    return Alert(
        rule=rule.key,
        kind=Kind.DISEASE,
        tier=Tier(rule.tier),
        summary=f"{drug.tall_man}: {rule.title[0].lower() if not rule.title[:2].isupper() else rule.title[0]}{rule.title[1:]}",
        why=f"On the problem list: {listed}. {rule.why}",
        advice=rule.advice,
        source=rule.source,
        version=rule.version,
        about=found[0].display,
    )


def words(problem: RecordedProblem) -> str:
    """`Asthma (J45.909), since 03-Oct-2019`, `Bulimia nervosa (F50.2), resolved, recorded on 03-Oct-2019`."""
    code = problem.icd10 or problem.snomed
    parts = [f"{problem.display} ({code})"]
    parts += [] if problem.active else ["resolved"]
    parts += ["provisional"] if problem.provisional else []
    parts += [_when(problem.onset_on, problem.recorded_on)]
    return ", ".join(part for part in parts if part)


def _when(onset_on: date | None, recorded_on: date | None) -> str:
    if onset_on is not None:
        return f"since {onset_on:%d-%b-%Y}"
    return f"recorded on {recorded_on:%d-%b-%Y}" if recorded_on else ""
