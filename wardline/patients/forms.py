"""What people and programs send. Texts are bounded; fields that nobody declared are refused where something is written."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from wardline.patients.models import AllergyCategory, Identifier, Severity, Sex
from wardline.platform.http import Input

Name = Annotated[str, Meta(max_length=200)]
Line = Annotated[str, Meta(max_length=200)]
Word = Annotated[str, Meta(max_length=40)]
Reason = Annotated[str, Meta(max_length=500)]


class Search(msgspec.Struct):
    """What was typed: everything in one box, or a birth date, phone or number in a field of its own."""

    q: Annotated[str, Meta(max_length=200)] = ""
    born: Annotated[str, Meta(max_length=40)] = ""
    phone: Annotated[str, Meta(max_length=40)] = ""
    mrn: Annotated[str, Meta(max_length=40)] = ""


class Typed(msgspec.Struct, kw_only=True):
    """The registration form as far as it is filled in; also the query of the matches beside it."""

    family: Name = ""
    given: Name = ""
    title: Word = ""
    known_as: Name = ""
    sex: Sex | None = None
    born_on: date | None = None
    born_day: int | None = None
    born_month: int | None = None
    born_year: int | None = None
    mobile: Word = ""
    email: Line = ""
    address: Line = ""
    town: Line = ""
    postcode: Word = ""
    family_doctor: Line = ""
    network_number: Word = ""


class NewPatient(Typed, kw_only=True, forbid_unknown_fields=True):
    """A person to register. `unknown` with a sex and an age stands for somebody who cannot say who they are."""

    kin_name: Name = ""
    kin_relation: Word = ""
    kin_phone: Word = ""
    identifiers: list[Identifier] = []
    different_person_reason: Reason = ""
    unknown: bool = False
    age_years: Annotated[int, Meta(ge=0, le=130)] | None = None


class UseRecord(Typed, kw_only=True, forbid_unknown_fields=True):
    """Use an existing record: with the token of the matches for somebody who is not registered here yet.

    What was typed is offered as an update afterwards, so it travels along and is never lost.
    """

    token: Annotated[str, Meta(max_length=400)] = ""
    kin_name: Name = ""
    kin_relation: Word = ""
    kin_phone: Word = ""
    different_person_reason: Reason = ""


class PatientChange(Input):
    """Fields to change; what is not sent stays. An empty text empties the field."""

    family: Name | msgspec.UnsetType = msgspec.UNSET
    given: Name | msgspec.UnsetType = msgspec.UNSET
    title: Word | msgspec.UnsetType = msgspec.UNSET
    known_as: Name | msgspec.UnsetType = msgspec.UNSET
    sex: Sex | msgspec.UnsetType = msgspec.UNSET
    born_on: date | msgspec.UnsetType | None = msgspec.UNSET
    born_estimated: bool | msgspec.UnsetType = msgspec.UNSET
    born_day: int | msgspec.UnsetType = msgspec.UNSET
    born_month: int | msgspec.UnsetType = msgspec.UNSET
    born_year: int | msgspec.UnsetType = msgspec.UNSET
    deceased_on: date | msgspec.UnsetType | None = msgspec.UNSET
    mobile: Word | msgspec.UnsetType = msgspec.UNSET
    email: Line | msgspec.UnsetType = msgspec.UNSET
    address: Line | msgspec.UnsetType = msgspec.UNSET
    town: Line | msgspec.UnsetType = msgspec.UNSET
    postcode: Word | msgspec.UnsetType = msgspec.UNSET
    family_doctor: Line | msgspec.UnsetType = msgspec.UNSET
    whole_form: bool = False


class NewIdentifier(Input):
    system: Annotated[str, Meta(min_length=1, max_length=100)]
    value: Annotated[str, Meta(min_length=1, max_length=100)]


class NewContact(Input):
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    relation: Word = ""
    phone: Word = ""


class NewAllergy(Input):
    substance: Annotated[str, Meta(min_length=1, max_length=200)]
    category: AllergyCategory = AllergyCategory.MEDICATION
    reaction: Line = ""
    severity: Severity = Severity.UNKNOWN
    code_system: Line | None = None
    code: Word | None = None
    noted_on: date | None = None
    kind: Literal["allergy", "intolerance"] = "allergy"
    verification: Literal["suspected", "confirmed"] = "confirmed"


class AllergyError(Input):
    """Why a recorded allergy is wrong. It stays on record, struck through."""

    reason: Annotated[str, Meta(min_length=3, max_length=500)]


class AllergyConfirmation(Input):
    """True: the patient has no known allergies. False: the list as it stands is right and complete."""

    none_known: bool


class NewPhoto(Input):
    """The bytes of a JPEG or PNG: a file in a form, Base64 in JSON."""

    photo: bytes
