"""Which code of the standard is which word here. HL7 FHIR 4.0.1 value sets, v3 ActCode, NUBC discharge status."""

import re

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

# An order that came to its end is one that stands no more.
MEDICINE_STATES = {
    "active": "active",
    "on-hold": "held",
    "stopped": "stopped",
    "completed": "stopped",
    "cancelled": "stopped",
}
MEDICINE_ENDS = {"on-hold": "On hold", "completed": "Completed", "cancelled": "Cancelled", "stopped": "Stopped"}

# SNOMED CT: routes of administration.
ROUTES = {
    "26643006": "oral",
    "47625008": "intravenous",
    "78421000": "intramuscular",
    "34206005": "subcutaneous",
    "37161004": "rectal",
    "16857009": "vaginal",
    "37839007": "sublingual",
    "54471007": "buccal",
    "46713006": "nasal",
    "447694001": "inhaled",
    "6064005": "topical",
    "45890007": "transdermal",
}

PROCEDURE_SYSTEMS = {
    "http://snomed.info/sct": "SNOMED-CT",
    "http://www.cms.gov/Medicare/Coding/ICD10": "ICD-10-PCS",
    "http://hl7.org/fhir/sid/icd-10-pcs": "ICD-10-PCS",
}
PROCEDURE_CODES = {"SNOMED-CT": re.compile(r"[0-9]{6,18}"), "ICD-10-PCS": re.compile(r"[0-9A-HJ-NP-Z]{7}")}
CVX = re.compile(r"[0-9]{2,3}")

# HL7 v3 ObservationInterpretation. Critical values of another laboratory call nobody here, so they are only low or high.
FLAGS = {"L": "L", "LL": "L", "N": "N", "H": "H", "HH": "H"}
