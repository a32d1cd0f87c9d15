"""Which code of the standard is which word here. HL7 FHIR 4.0.1 value sets, v3 ActCode, NUBC discharge status."""

VISIT_CLASSES = {
    "AMB": "outpatient",
    "VR": "outpatient",
    "HH": "outpatient",
    "FLD": "outpatient",
    "EMER": "emergency",
    "SS": "day_case",
    "IMP": "inpatient",
    "ACUTE": "inpatient",
    "NONAC": "inpatient",
    "OBSENC": "inpatient",
}

# Planned, cancelled and mistaken visits are no history.
VISIT_STATES = {
    "finished": "finished",
    "arrived": "in_progress",
    "triaged": "in_progress",
    "in-progress": "in_progress",
    "onleave": "in_progress",
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

# The names by which the tables call the code systems; any other system keeps its address.
CODE_SYSTEMS = {
    "http://snomed.info/sct": "SNOMED-CT",
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD-10-CM",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
    "http://loinc.org": "LOINC",
}
