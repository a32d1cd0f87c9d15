"""Small bundles made by hand: one hospital, one doctor, one patient, one visit, and what a test adds."""

import json
from typing import Any

PATIENT, VISIT, DOCTOR, HOSPITAL = "pat-1", "visit-1", "doc-1", "org-1"
Resource = dict[str, Any]


def coded(code: str, display: str = "", system: str = "http://snomed.info/sct") -> Resource:
    return {"coding": [{"system": system, "code": code, "display": display}]}


def hospital(**more: Any) -> Resource:
    return {"resourceType": "Organization", "id": HOSPITAL, "name": "SAINT ANNE'S HOSPITAL", **more}


def doctor(**more: Any) -> Resource:
    return {
        "resourceType": "Practitioner",
        "id": DOCTOR,
        "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "42"}],
        "name": [{"family": "Dibbert", "given": ["Noe"], "prefix": ["Dr."]}],
        **more,
    }


def patient(**more: Any) -> Resource:
    return {
        "resourceType": "Patient",
        "id": PATIENT,
        "name": [
            {"use": "maiden", "family": "Old", "given": ["María"]},
            {"use": "official", "family": "Laureano", "given": ["María", "Luisa"], "prefix": ["Mrs."]},
        ],
        "gender": "female",
        "birthDate": "1980-02-29",
        **more,
    }


def visit(**more: Any) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": VISIT,
        "status": "finished",
        "class": {"code": "AMB"},
        "type": [coded("185349003", "Check up")],
        "subject": {"reference": f"urn:uuid:{PATIENT}"},
        "participant": [{"individual": {"reference": f"urn:uuid:{DOCTOR}"}}],
        "period": {"start": "2020-03-01T10:00:00+01:00", "end": "2020-03-01T10:30:00+01:00"},
        "serviceProvider": {"reference": f"urn:uuid:{HOSPITAL}"},
        **more,
    }


def observation(identifier: str, loinc: str, value: float | None, unit: str, **more: Any) -> Resource:
    measured = {} if value is None else {"valueQuantity": {"value": value, "unit": unit, "code": unit}}
    return {
        "resourceType": "Observation",
        "id": identifier,
        "status": "final",
        "category": [coded("vital-signs")],
        "code": coded(loinc, system="http://loinc.org"),
        "subject": {"reference": f"urn:uuid:{PATIENT}"},
        "encounter": {"reference": f"urn:uuid:{VISIT}"},
        "effectiveDateTime": "2020-03-01T10:05:00+01:00",
        **measured,
        **more,
    }


def pressure(identifier: str, systolic: float, diastolic: float) -> Resource:
    def part(loinc: str, value: float) -> Resource:
        return {
            "code": coded(loinc, system="http://loinc.org"),
            "valueQuantity": {"value": value, "code": "mm[Hg]"},
        }

    return observation(identifier, "55284-4", None, "", component=[part("8462-4", diastolic), part("8480-6", systolic)])


def allergy(**more: Any) -> Resource:
    return {
        "resourceType": "AllergyIntolerance",
        "id": "allergy-1",
        "clinicalStatus": coded("active"),
        "verificationStatus": coded("confirmed"),
        "category": ["food"],
        "criticality": "low",
        "code": coded("91935009", "Allergy to peanuts"),
        "patient": {"reference": f"urn:uuid:{PATIENT}"},
        "recordedDate": "1999-05-06T00:00:00+00:00",
        **more,
    }


def condition(**more: Any) -> Resource:
    return {
        "resourceType": "Condition",
        "id": "condition-1",
        "clinicalStatus": coded("resolved"),
        "verificationStatus": coded("confirmed"),
        "code": coded("195662009", "Acute viral pharyngitis"),
        "subject": {"reference": f"urn:uuid:{PATIENT}"},
        "encounter": {"reference": f"urn:uuid:{VISIT}"},
        "onsetDateTime": "2020-03-01T23:30:00-05:00",
        "abatementDateTime": "2020-03",
        **more,
    }


def text_of(*resources: Resource) -> bytes:
    """A transaction bundle, indented: one line for each field."""
    entries = [{"fullUrl": f"urn:uuid:{item['id']}", "resource": item} for item in resources]
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}, indent=2).encode()


def usual(*more: Resource) -> bytes:
    return text_of(hospital(), doctor(), patient(), visit(), *more)
