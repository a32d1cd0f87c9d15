"""What the slice reads and hands out. Structs of rows are filled in the order of the selected columns."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from wardline.identity.public import Scope


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


class AllergyState(StrEnum):
    """Three different things: something is recorded, somebody confirmed that there is none, nobody has asked."""

    NOT_RECORDED = "not_recorded"
    NONE_KNOWN = "none_known"
    RECORDED = "recorded"


class AllergyCategory(StrEnum):
    MEDICATION = "medication"
    FOOD = "food"
    ENVIRONMENT = "environment"
    BIOLOGIC = "biologic"
    OTHER = "other"


class Severity(StrEnum):
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"
    UNKNOWN = "unknown"


class PatientScope(Scope, frozen=True, kw_only=True):
    """A person registered at the caller's hospital. Made by `access_patient`, which also reports the read."""

    person_id: UUID


# --- The patient's own data ------------------------------------------------------------------------------------------


class Person(msgspec.Struct, rename={"person_id": "id"}):
    """A person as one hospital sees them: network-wide details and this hospital's record number."""

    person_id: UUID
    network_number: str
    mrn: str
    family: str
    given: str
    title: str
    known_as: str
    sex: Sex
    born_on: date | None
    born_estimated: bool
    deceased_on: date | None
    name_known: bool
    mobile: str
    email: str
    address: str
    town: str
    postcode: str
    family_doctor: str
    has_photo: bool
    allergy_state: AllergyState
    allergies_confirmed_at: datetime | None
    allergies_confirmed_by: str | None
    last_visit_at: datetime | None
    last_place: str
    version: int


class PersonValues(msgspec.Struct, kw_only=True):
    """The details of a person as they are written."""

    person_id: UUID
    family: str
    given: str = ""
    title: str = ""
    known_as: str = ""
    sex: Sex = Sex.UNKNOWN
    born_on: date | None = None
    born_estimated: bool = False
    deceased_on: date | None = None
    name_known: bool = True
    mobile: str = ""
    email: str = ""
    address: str = ""
    town: str = ""
    postcode: str = ""
    family_doctor: str = ""


class OpenedPatient(msgspec.Struct):
    """What the access check finds: the version of the page's topic, if anything has touched it yet."""

    topic_version: int | None


class Numbers(msgspec.Struct):
    """What a new person is known by."""

    mrn: str
    network_number: str


class Identifier(msgspec.Struct):
    system: str
    value: str


class Contact(msgspec.Struct):
    contact_id: UUID
    name: str
    relation: str
    phone: str
    version: int


class Allergy(msgspec.Struct):
    allergy_id: UUID
    substance: str
    code_system: str | None
    code: str | None
    category: AllergyCategory
    reaction: str
    severity: Severity
    state: str
    error_reason: str | None
    noted_on: date | None
    recorded_at: datetime
    recorded_by: str | None
    version: int
    kind: str = "allergy"
    verification: str = "confirmed"


class Alert(msgspec.Struct):
    """A chip of the banner: kind is the colour's name, and icon and text say the same without it."""

    kind: str
    icon: str
    text: str


class BannerRow(msgspec.Struct):
    """What the banner is made of, in one row; allergies are those in force, each in words."""

    person_id: UUID
    network_number: str
    mrn: str
    family: str
    given: str
    title: str
    sex: str
    born_on: date | None
    born_estimated: bool
    deceased_on: date | None
    name_known: bool
    has_photo: bool
    allergy_state: str
    allergies: list[str]
    allergies_confirmed_at: datetime | None
    allergies_confirmed_by: str | None
    version: int


class Banner(msgspec.Struct, kw_only=True):
    """Who this page is about. Bed and ward are filled in by the slices that know them."""

    person_id: UUID
    family: str
    given: str
    title: str
    sex: Sex
    born: date | None
    born_estimated: bool
    deceased_on: date | None
    identifier: str
    mrn: str
    photo_href: str | None
    allergy_state: AllergyState
    allergies: list[str]
    allergy_confirmed: str
    alerts: list[Alert] = []
    bed_label: str | None = None
    ward_label: str | None = None
    version: int = 1


class Immunization(msgspec.Struct, frozen=True):
    """A vaccine that was given; `cvx` is its code (CDC)."""

    vaccine: str
    cvx: str | None
    given_on: date
    lot: str


class PatientDetails(msgspec.Struct, kw_only=True):
    """Everything on the details page; the chart's JSON carries it whole."""

    banner: Banner
    person: Person
    identifiers: list[Identifier]
    contacts: list[Contact]
    allergies: list[Allergy]
    immunizations: list[Immunization]
    is_staying: bool
    version: int


# --- Search ----------------------------------------------------------------------------------------------------------


class FoundRow(msgspec.Struct):
    """A row of the search, before it is ranked."""

    person_id: UUID
    network_number: str
    mrn: str
    family: str
    given: str
    title: str
    known_as: str
    sex: Sex
    born_on: date | None
    born_estimated: bool
    deceased_on: date | None
    town: str
    has_photo: bool
    last_visit_at: datetime | None
    last_place: str
    by_number: bool
    family_count: int


class Marked(msgspec.Struct):
    """A shown word with the part that was typed."""

    before: str
    hit: str
    after: str


class FoundPatient(msgspec.Struct, rename={"person_id": "id"}):
    """A person found, as the list shows them."""

    person_id: UUID
    network_number: str
    mrn: str
    family: str
    given: str
    title: str
    known_as: str
    sex: Sex
    born_on: date | None
    born_estimated: bool
    deceased_on: date | None
    town: str
    photo_href: str | None
    last_visit_at: datetime | None
    last_place: str
    similar_names: int
    family_marked: Marked
    given_marked: Marked


class SearchPage(msgspec.Struct, kw_only=True):
    """People found, this hospital's first, best first. `next` is always null: who is not among them types more."""

    items: list[FoundPatient]
    next: str | None = None
    q: str
    typed: str
    understood: str


# --- Registering -----------------------------------------------------------------------------------------------------


class AlikeRow(msgspec.Struct):
    """Somebody of the network who may be the person typed, before the comparison."""

    person_id: UUID
    network_number: str
    family: str
    given: str
    title: str
    sex: Sex
    born_on: date | None
    born_estimated: bool
    mobile: str
    email: str
    postcode: str
    family_doctor: str
    has_photo: bool
    is_ours: bool
    last_visit_at: datetime | None
    last_place: str
    family_share: float
    given_share: float


class MatchField(msgspec.Struct):
    """One line of the comparison: what was typed, what is on record, and a word for how they compare."""

    field: str
    label: str
    typed: str
    record: str
    word: str
    is_equal: bool
    is_known: bool


class Tick(msgspec.Struct):
    """A field of the comparison in a word or two, for the small cards."""

    is_equal: bool
    words: str


class MatchedPatient(msgspec.Struct, kw_only=True, rename={"person_id": "id"}):
    """A likely match. Somebody of another hospital comes with a `token` in place of an open record."""

    person_id: UUID
    network_number: str
    family: str
    given: str
    title: str
    likeness: str
    likeness_words: str
    is_ours: bool
    photo_href: str | None
    last_visit_at: datetime | None
    last_place: str
    fields: list[MatchField]
    ticks: list[Tick]
    token: str


class MatchPage(msgspec.Struct, kw_only=True):
    """Likely matches, the likeliest first."""

    items: list[MatchedPatient]
    next: str | None = None
    very_likely: bool
    enough_typed: bool


class Registered(msgspec.Struct, kw_only=True, rename={"person_id": "id"}):
    """The person as registered here; `offers` are details that were typed and differ from the record that is used."""

    person_id: UUID
    network_number: str
    mrn: str
    family: str
    given: str
    version: int
    is_new: bool
    offers: list["Offer"] = []
    banner: Banner | None = None


class Offer(msgspec.Struct):
    """A detail that was typed and is not what the record says: `name` and `value` are those of a change."""

    name: str
    label: str
    value: str
    typed: str
    record: str


# --- Answers to changes ---------------------------------------------------------------------------------------------


class ChangedPatient(msgspec.Struct, kw_only=True, rename={"person_id": "id"}):
    """The answer to a change: whose record, and its version now."""

    person_id: UUID
    version: int


class AllergyRecorded(msgspec.Struct, kw_only=True):
    person_id: UUID
    allergy_id: UUID | None
    allergy_state: AllergyState
    version: int
