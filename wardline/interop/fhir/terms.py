"""Which code of the standard is which word here. HL7 FHIR 4.0.1 value sets, v3 ActCode, NUBC discharge status."""

from wardline.interop.fhir.models import VisitClass, VisitState

VISIT_CLASSES = {
    "AMB": VisitClass.OUTPATIENT,
    "VR": VisitClass.OUTPATIENT,
    "HH": VisitClass.OUTPATIENT,
    "FLD": VisitClass.OUTPATIENT,
    "EMER": VisitClass.EMERGENCY,
    "SS": VisitClass.DAY_CASE,
    "IMP": VisitClass.INPATIENT,
    "ACUTE": VisitClass.INPATIENT,
    "NONAC": VisitClass.INPATIENT,
    "OBSENC": VisitClass.INPATIENT,
}

# Planned, cancelled and mistaken visits are no history.
VISIT_STATES = {
    "finished": VisitState.FINISHED,
    "arrived": VisitState.IN_PROGRESS,
    "triaged": VisitState.IN_PROGRESS,
    "in-progress": VisitState.IN_PROGRESS,
    "onleave": VisitState.IN_PROGRESS,
}

DISCHARGES = {
    "home": "home",
    "01": "home",
    "06": "home",
    "other-hcf": "other_hospital",
    "hosp": "other_hospital",
    "02": "other_hospital",
    "long": "care_home",
    "snf": "care_home",
    "alt-home": "care_home",
    "03": "care_home",
    "04": "care_home",
    "aadvice": "against_advice",
    "07": "against_advice",
    "exp": "died",
    "20": "died",
}

# SNOMED CT: no known allergy; no known drug allergy says less, so it is kept out.
NO_KNOWN_ALLERGY = ("716186003",)

ALLERGY_CATEGORIES = {
    "medication": "medication",
    "food": "food",
    "environment": "environment",
    "biologic": "biologic",
}

PROBLEM_STATES = {
    "active": "active",
    "recurrence": "active",
    "relapse": "active",
    "inactive": "resolved",
    "remission": "resolved",
    "resolved": "resolved",
}

VERIFICATIONS = {
    "unconfirmed": "provisional",
    "provisional": "provisional",
    "differential": "provisional",
    "confirmed": "confirmed",
    "refuted": "refuted",
}
