"""What a bundle says comes out in Wardline's words, is counted, and gets the same ids every time."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.interop import small_bundles as small
from wardline.interop.fhir import bundle
from wardline.interop.fhir.elements import hospital_code
from wardline.interop.fhir.errors import Wrong, dotted
from wardline.interop.fhir.identify import Directory, Identity
from wardline.interop.fhir.mapping import translate
from wardline.interop.fhir.models import Translation
from wardline.interop.fhir.words import calm, clean


def translated(*more: dict[str, Any], text: bytes | None = None) -> Translation:
    return translate(bundle.parse(text or small.usual(*more)), Identity("test"), Directory())


def wrong(text: bytes) -> Wrong:
    with pytest.raises(Wrong) as caught:
        translated(text=text)
    return caught.value


def test_the_person_takes_the_official_name() -> None:
    person = translated().people[0]
    assert (person.family, person.given, person.title) == ("Laureano", "María Luisa", "Mrs.")
    assert (person.sex, person.born_on, person.born_estimated) == ("female", date(1980, 2, 29), False)


def test_a_birth_year_alone_is_marked_as_estimated() -> None:
    text = small.text_of(small.hospital(), small.doctor(), small.patient(birthDate="1931"), small.visit())
    person = translated(text=text).people[0]
    assert (person.born_on, person.born_estimated) == (date(1931, 1, 1), True)


def test_staff_and_hospital_are_named() -> None:
    result = translated()
    staff = result.staff[0].record
    assert (staff.family, staff.title) == ("Dibbert", "Dr.")
    assert staff.external_identifier == "http://hl7.org/fhir/sid/us-npi|42"
    assert result.hospitals[0].record.name == "Saint Anne's Hospital"
    assert "Organization/org-1" in result.hospitals[0].references


def test_a_visit_keeps_its_hospital_doctor_class_and_times() -> None:
    result = translated()
    visit = result.visits[0]
    assert visit.visit_class == "outpatient"
    assert visit.state == "finished"
    assert visit.started_at == datetime(2020, 3, 1, 9, 0, tzinfo=UTC)
    assert visit.doctor_id == result.staff[0].record.id
    assert visit.hospital_id == result.hospitals[0].record.id
    assert visit.reason == "Check up"
    assert result.registrations[0].person_id == visit.person_id


@pytest.mark.parametrize(
    ("status", "class_code", "taken"),
    [
        ("in-progress", "IMP", True),
        ("arrived", "EMER", True),
        ("finished", "SS", True),
        ("planned", "IMP", False),
        ("cancelled", "AMB", False),
        ("entered-in-error", "AMB", False),
        ("finished", "XYZ", False),
    ],
)
def test_only_visits_that_happened_are_taken(status: str, class_code: str, taken: bool) -> None:
    other = small.visit(id="visit-2", status=status, **{"class": {"code": class_code}})
    result = translated(other)
    assert len(result.visits) == 1 + taken
    assert sum(result.report.of("Encounter").left.values()) == 1 - taken


def test_signs_of_one_moment_are_one_set() -> None:
    result = translated(
        small.pressure("o1", 121.6, 79.2),
        small.observation("o2", "8867-4", 72.4, "/min"),
        small.observation("o3", "9279-1", 16, "/min"),
        small.observation("o4", "8310-5", 98.6, "[degF]"),
        small.observation("o5", "59408-5", 97, "%"),
        small.observation("o6", "8331-1", 37.46, "Cel", effectiveDateTime="2020-03-01T10:20:00+01:00"),
    )
    first, second = result.observation_sets
    assert (first.systolic_mmhg, first.diastolic_mmhg, first.pulse_per_min) == (122, 79, 72)
    assert (first.respiration_per_min, first.spo2_percent) == (16, 97)
    assert first.temperature_celsius == Decimal("37.0")
    assert second.temperature_celsius == Decimal("37.5")
    assert second.systolic_mmhg is None
    assert result.report.of("Observation").taken == 6


@pytest.mark.parametrize(
    ("observation", "reason"),
    [
        (small.observation("o", "8302-2", 170, "cm"), "height"),
        (small.observation("o", "2339-0", 90, "mg/dL", category=[small.coded("survey")]), "questionnaires"),
        (small.observation("o", "8867-4", 72, "furlong"), "unit"),
        (small.observation("o", "8867-4", 7200, "/min"), "outside"),
        (small.observation("o", "8867-4", None, "/min"), "no value"),
        (small.observation("o", "8867-4", 72, "/min", status="entered-in-error"), "status"),
        (small.observation("o", "8867-4", 72, "/min", encounter=None), "no visit"),
        (small.observation("o", "8867-4", 72, "/min", effectiveDateTime=None), "when"),
        (small.pressure("o", 70, 90), "above systolic"),
        (small.observation("o", "8867-4", 72, "/min", subject=None), "no patient"),
        (
            small.observation("o", "8867-4", 72, "/min", subject={"reference": f"urn:uuid:{small.HOSPITAL}"}),
            "no patient",
        ),
    ],
)
def test_what_is_left_is_counted_with_its_reason(observation: dict[str, Any], reason: str) -> None:
    tally = translated(observation).report.of("Observation")
    assert tally.taken == 0
    assert [reason in words for words in tally.left] == [True]


def test_the_same_sign_twice_at_one_moment_is_left_once() -> None:
    pulse = [small.observation(name, "8867-4", value, "/min") for name, value in (("a", 60), ("b", 90))]
    result = translated(*pulse)
    assert result.observation_sets[0].pulse_per_min == 60
    assert sum(result.report.of("Observation").left.values()) == 1


def test_an_allergy_keeps_its_code_and_its_worst_reaction() -> None:
    reactions = [
        {"manifestation": [small.coded("271807003", "Rash")], "severity": "mild"},
        {"manifestation": [small.coded("39579001", "Anaphylaxis")], "severity": "severe"},
    ]
    allergy = translated(small.allergy(reaction=reactions)).allergies[0]
    assert (allergy.substance, allergy.code) == ("Peanuts", "91935009")
    assert (allergy.category, allergy.state, allergy.severity) == ("food", "active", "severe")
    assert allergy.reaction == "Rash, Anaphylaxis"
    assert allergy.noted_on == date(1999, 5, 6)


@pytest.mark.parametrize(
    ("words", "substance"),
    [
        ("Allergy to bee venom", "Bee venom"),
        ("Dander (animal) allergy", "Dander (animal)"),
        ("Penicillin G", "Penicillin G"),
        ("Allergy to penicillin (finding)", "Penicillin"),
        ("Allergy", "Allergy"),
    ],
)
def test_an_allergy_is_named_by_its_substance(words: str, substance: str) -> None:
    assert translated(small.allergy(code=small.coded("1", words))).allergies[0].substance == substance


def test_no_known_allergy_is_a_statement_and_silence_is_none() -> None:
    stated = translated(small.allergy(code=small.coded("716186003", "No known allergy")))
    assert (stated.without_allergies, stated.allergies) == ([stated.people[0].id], [])
    assert translated().without_allergies == []
    refuted = translated(small.allergy(verificationStatus=small.coded("refuted")))
    assert (refuted.without_allergies, refuted.allergies) == ([], [])


def test_a_problem_keeps_the_dates_as_they_were_written() -> None:
    problem = translated(small.condition()).problems[0]
    assert (problem.display, problem.code_system, problem.code) == ("Acute viral pharyngitis", "SNOMED-CT", "195662009")
    assert (problem.state, problem.verification) == ("resolved", "confirmed")
    assert (problem.onset_on, problem.abated_on) == (date(2020, 3, 1), date(2020, 3, 1))


def test_a_problem_entered_in_error_is_left() -> None:
    result = translated(small.condition(verificationStatus=small.coded("entered-in-error")))
    assert result.problems == []
    assert result.report.of("Condition").total == 1


@pytest.mark.parametrize(
    ("resource", "where"),
    [
        (small.condition(subject={"reference": "urn:uuid:nobody"}), "entry[4].resource.subject.reference"),
        (small.condition(encounter={"reference": "urn:uuid:never"}), "entry[4].resource.encounter.reference"),
        (small.condition(subject={"reference": f"urn:uuid:{small.DOCTOR}"}), "entry[4].resource.subject.reference"),
        (
            small.visit(id="v2", serviceProvider={"reference": "Organization/9"}),
            "entry[4].resource.serviceProvider.reference",
        ),
        (
            small.visit(id="v2", participant=[{"individual": {"reference": "Practitioner/9"}}]),
            "entry[4].resource.participant[0].individual.reference",
        ),
        (
            small.visit(id="v2", period={"start": "2020-03-01T10:00:00Z", "end": "2020-03-01T09:00:00Z"}),
            "entry[4].resource.period.end",
        ),
        (small.condition(onsetDateTime="2021-02-30"), "entry[4].resource.onsetDateTime"),
    ],
)
def test_what_contradicts_itself_refuses_the_bundle(resource: dict[str, Any], where: str) -> None:
    text = small.usual(resource)
    error = wrong(text)
    assert dotted(error.path) == where
    line = bundle.located(text, error).line
    field = where.rsplit(".", 1)[1]
    assert line is not None
    assert f'"{field}"' in text.decode().splitlines()[line - 1]


@pytest.mark.parametrize("make", [small.condition, lambda **more: small.observation("o", "8867-4", 70, "/min", **more)])
def test_nothing_is_filed_under_another_patients_visit(make: Callable[..., dict[str, Any]]) -> None:
    stranger = small.patient(id="pat-2", managingOrganization={"reference": f"urn:uuid:{small.HOSPITAL}"})
    error = wrong(small.usual(stranger, make(subject={"reference": "urn:uuid:pat-2"})))
    assert "another" in error.reason


def test_hospitals_and_staff_may_come_from_an_earlier_bundle() -> None:
    identity, directory = Identity("test"), Directory()
    numbered = small.hospital(identifier=[{"system": "urn:numbers", "value": "7"}])
    translate(bundle.parse(small.text_of(numbered, small.doctor())), identity, directory)
    visit = small.visit(
        serviceProvider={"reference": "Organization?identifier=urn:numbers|7"},
        participant=[{"individual": {"reference": "Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|42"}}],
    )
    result = translate(bundle.parse(small.text_of(small.patient(), visit)), identity, directory)
    assert result.visits[0].hospital_id == identity.of("Organization", small.HOSPITAL)
    assert result.visits[0].doctor_id == identity.of("Practitioner", small.DOCTOR)


def test_one_hospital_can_stand_for_all() -> None:
    chosen = UUID(int=7)
    result = translate(bundle.parse(small.usual(small.allergy())), Identity("test"), Directory(chosen))
    assert result.visits[0].hospital_id == result.allergies[0].hospital_id == chosen


def test_ids_stay_the_same_and_differ_between_sources() -> None:
    text = small.usual(small.condition(), small.pressure("o", 120, 80))
    parsed = bundle.parse(text)
    first, second = (translate(parsed, Identity("a"), Directory()) for _ in range(2))
    other = translate(parsed, Identity("b"), Directory())
    assert first == second
    assert first.people[0].id != other.people[0].id
    assert first.people[0].id.version == 5


def test_every_resource_is_counted_once() -> None:
    result = translated(small.allergy(), small.condition(), {"resourceType": "Claim", "id": "c"})
    assert sum(tally.total for tally in result.report.by_type.values()) == 7


def test_words_are_cleaned() -> None:
    problem = translated(small.condition(code=small.coded("64859006", "Osteoporosis (disorder)"))).problems[0]
    assert problem.display == "Osteoporosis"
    assert clean("Mass/\u200bvolume\n  in\tBlood ") == "Mass/volume in Blood"
    assert clean("Zoe\u0308") == "Zo\u00eb"
    assert clean("\u202e \u200b") is None
    assert calm("BRIGHAM AND WOMEN'S HOSPITAL") == "Brigham And Women's Hospital"
    assert calm("McLean Hospital") == "McLean Hospital"


@given(st.text(max_size=60), st.uuids())
def test_hospital_codes_always_fit(name: str, hospital_id: UUID) -> None:
    code = hospital_code(name, hospital_id)
    assert 2 <= len(code) <= 12
    assert code.isascii()
    assert code.isalnum()
    assert code == code.upper()
