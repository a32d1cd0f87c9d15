"""The FHIR R4 resources that are read, with the elements that are used. Unknown elements are skipped, wrong types are not.

Source: HL7 FHIR 4.0.1 (http://hl7.org/fhir/R4). Names are those of the standard, so no element carries its own docstring.
"""

from typing import Annotated, Any

import msgspec

# A date may stop at the year or the month; a dateTime may stop at the day, and has a zone once it has a time.
Date = Annotated[str, msgspec.Meta(pattern=r"^\d{4}(-\d\d(-\d\d)?)?$")]
DateTime = Annotated[
    str,
    msgspec.Meta(pattern=r"^\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?)?)?$"),
]
Instant = DateTime
Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9.-]{1,64}$")]


class Element(msgspec.Struct, rename="camel", kw_only=True):
    """A FHIR element: camelCase in the document."""


class Coding(Element):
    system: str | None = None
    code: str | None = None
    display: str | None = None


class CodeableConcept(Element):
    coding: list[Coding] = []
    text: str | None = None


class Reference(Element):
    reference: str | None = None
    display: str | None = None


class Identifier(Element):
    use: str | None = None
    type: CodeableConcept | None = None
    system: str | None = None
    value: str | None = None


class HumanName(Element):
    use: str | None = None
    text: str | None = None
    family: str | None = None
    given: list[str] = []
    prefix: list[str] = []


class ContactPoint(Element):
    system: str | None = None
    value: str | None = None
    use: str | None = None


class Address(Element):
    use: str | None = None
    line: list[str] = []
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


class Period(Element):
    start: DateTime | None = None
    end: DateTime | None = None


class Quantity(Element):
    value: float | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class Resource(Element):
    id: Id


class Organization(Resource):
    identifier: list[Identifier] = []
    active: bool | None = None
    name: str | None = None
    telecom: list[ContactPoint] = []
    address: list[Address] = []


class Location(Resource):
    identifier: list[Identifier] = []
    name: str | None = None
    managing_organization: Reference | None = None


class Practitioner(Resource):
    identifier: list[Identifier] = []
    active: bool | None = None
    name: list[HumanName] = []
    gender: str | None = None


class PractitionerRole(Resource):
    practitioner: Reference | None = None
    organization: Reference | None = None
    code: list[CodeableConcept] = []


class PatientContact(Element):
    relationship: list[CodeableConcept] = []
    name: HumanName | None = None
    telecom: list[ContactPoint] = []


class Communication(Element):
    language: CodeableConcept
    preferred: bool | None = None


class Patient(Resource):
    identifier: list[Identifier] = []
    active: bool | None = None
    name: list[HumanName] = []
    telecom: list[ContactPoint] = []
    gender: str | None = None
    birth_date: Date | None = None
    deceased_boolean: bool | None = None
    deceased_date_time: DateTime | None = None
    address: list[Address] = []
    contact: list[PatientContact] = []
    communication: list[Communication] = []
    managing_organization: Reference | None = None


class Participant(Element):
    individual: Reference | None = None


class Hospitalization(Element):
    discharge_disposition: CodeableConcept | None = None


class EncounterLocation(Element):
    location: Reference


class Encounter(Resource, kw_only=True):
    status: str
    class_: Coding = msgspec.field(name="class")
    type: list[CodeableConcept] = []
    subject: Reference | None = None
    participant: list[Participant] = []
    period: Period | None = None
    reason_code: list[CodeableConcept] = []
    hospitalization: Hospitalization | None = None
    location: list[EncounterLocation] = []
    service_provider: Reference | None = None


class Component(Element):
    code: CodeableConcept
    value_quantity: Quantity | None = None


class RangeEnd(Element):
    value: float | None = None


class ReferenceRange(Element):
    low: RangeEnd | None = None
    high: RangeEnd | None = None


class Observation(Resource, kw_only=True):
    status: str
    category: list[CodeableConcept] = []
    code: CodeableConcept
    subject: Reference | None = None
    encounter: Reference | None = None
    effective_date_time: DateTime | None = None
    effective_period: Period | None = None
    effective_instant: Instant | None = None
    issued: Instant | None = None
    value_quantity: Quantity | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_string: str | None = None
    interpretation: list[CodeableConcept] = []
    reference_range: list[ReferenceRange] = []
    component: list[Component] = []


class Reaction(Element):
    manifestation: list[CodeableConcept] = []
    severity: str | None = None


class AllergyIntolerance(Resource, kw_only=True):
    clinical_status: CodeableConcept | None = None
    verification_status: CodeableConcept | None = None
    type: str | None = None
    category: list[str] = []
    criticality: str | None = None
    code: CodeableConcept | None = None
    patient: Reference
    encounter: Reference | None = None
    onset_date_time: DateTime | None = None
    recorded_date: DateTime | None = None
    reaction: list[Reaction] = []


class Condition(Resource, kw_only=True):
    clinical_status: CodeableConcept | None = None
    verification_status: CodeableConcept | None = None
    code: CodeableConcept | None = None
    subject: Reference
    encounter: Reference | None = None
    onset_date_time: DateTime | None = None
    abatement_date_time: DateTime | None = None
    recorded_date: DateTime | None = None


class DiagnosticReport(Resource, kw_only=True):
    status: str
    category: list[CodeableConcept] = []
    code: CodeableConcept
    subject: Reference | None = None
    encounter: Reference | None = None
    effective_date_time: DateTime | None = None
    effective_period: Period | None = None
    issued: Instant | None = None
    result: list[Reference] = []


class DoseAndRate(Element):
    dose_quantity: Quantity | None = None


class Repeat(Element):
    frequency: int | None = None
    period: float | None = None
    period_unit: str | None = None
    day_of_week: list[str] = []
    time_of_day: list[str] = []
    bounds_duration: Quantity | None = None


class Timing(Element):
    repeat: Repeat | None = None
    code: CodeableConcept | None = None


class Dosage(Element):
    timing: Timing | None = None
    as_needed_boolean: bool | None = None
    as_needed_codeable_concept: CodeableConcept | None = None
    route: CodeableConcept | None = None
    dose_and_rate: list[DoseAndRate] = []


class Medication(Resource):
    code: CodeableConcept | None = None


class MedicationRequest(Resource, kw_only=True):
    status: str
    status_reason: CodeableConcept | None = None
    intent: str | None = None
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Reference | None = None
    subject: Reference
    encounter: Reference | None = None
    authored_on: DateTime | None = None
    requester: Reference | None = None
    dosage_instruction: list[Dosage] = []


class ProcedurePerformer(Element):
    actor: Reference | None = None


class Procedure(Resource, kw_only=True):
    status: str
    code: CodeableConcept | None = None
    subject: Reference
    encounter: Reference | None = None
    performed_date_time: DateTime | None = None
    performed_period: Period | None = None
    performer: list[ProcedurePerformer] = []
    body_site: list[CodeableConcept] = []


class Immunization(Resource, kw_only=True):
    status: str
    vaccine_code: CodeableConcept
    patient: Reference
    encounter: Reference | None = None
    occurrence_date_time: DateTime | None = None
    lot_number: str | None = None


TAKEN_TYPES: dict[str, type[Resource]] = {
    kind.__name__: kind
    for kind in (
        Organization,
        Location,
        Practitioner,
        PractitionerRole,
        Patient,
        Encounter,
        Observation,
        AllergyIntolerance,
        Condition,
        DiagnosticReport,
        Medication,
        MedicationRequest,
        Procedure,
        Immunization,
    )
}
DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    name: msgspec.json.Decoder(kind) for name, kind in TAKEN_TYPES.items()
}
