"""The people of the demo network: who they are, where they are registered, what is known of their allergies."""

from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Protocol
from uuid import UUID

from msgspec import Struct, field

from wardline.demo.book import Book
from wardline.demo.conditions import ALLERGIES, RELATIONS
from wardline.demo.dice import Dice
from wardline.demo.naming import person_name
from wardline.demo.network import Hospital
from wardline.patients.rules import network_number

PEOPLE = 8000
SECOND_HOSPITAL_SHARE = 0.08
# Share of people in each band of ten years of age: a town with more older people, as hospitals know it.
AGE_SHARES = (5, 6, 10, 11, 12, 13, 15, 15, 10, 3)
NONE_KNOWN_SHARE, ALLERGY_SHARE = 0.52, 0.28
TOWNS = (
    ("Northgate", "NG1 2"),
    ("Kinbrae", "KB4 7"),
    ("Ashford Glen", "NG5 1"),
    ("Dunmere", "KB9 3"),
    ("Port Ellis", "PE1 4"),
    ("Marshhaven", "PE6 8"),
    ("Carrowby", "NG8 6"),
    ("Elderstead", "KB2 5"),
)
STREETS = (
    "Harbour Row",
    "Mill Lane",
    "Station Road",
    "Orchard Close",
    "Castle Street",
    "Priory Gardens",
    "Heather Way",
)
FAMILY_DOCTORS = ("Dr Muir", "Dr Okafor", "Dr Lane", "Dr Patel", "Dr Brandt", "Dr Silva", "Dr Novak", "Dr Haddad")
# People whom newcomers meet: two of one name in one bay, a name that is easily misspelt.
KNOWN = (
    ("Patel", "Asha", "female", date(1956, 3, 12)),
    ("Patel", "Anjali", "female", date(1959, 8, 2)),
    ("Doyle", "Francis", "male", date(1960, 5, 30)),
    ("Abdi", "Sahra", "female", date(1992, 1, 17)),
    ("Whittaker", "Jean", "female", date(1945, 2, 8)),
    ("Nowak", "Irena", "female", date(1954, 6, 21)),
)


class Resident(Struct):
    """Somebody who is registered at one or two of the hospitals; `busy` is when they were in hospital."""

    id: UUID
    family: str
    given: str
    sex: str
    born_on: date
    hospital: Hospital
    hospitals: list[Hospital]
    registered_at: datetime
    busy: list[tuple[datetime, datetime]] = field(default_factory=list[tuple[datetime, datetime]])
    last_visit_at: datetime | None = None
    last_place: str = ""
    deceased_on: date | None = None

    def age_at(self, day: date) -> int:
        return day.year - self.born_on.year - ((day.month, day.day) < (self.born_on.month, self.born_on.day))

    def is_free(self, start: datetime, end: datetime, *, pause: timedelta = timedelta(days=2)) -> bool:
        """Whether the time, with a pause around it, meets no other stay."""
        if self.deceased_on is not None and end.date() >= self.deceased_on:
            return False
        return all(end + pause < other_start or other_end + pause < start for other_start, other_end in self.busy)

    def visited(self, start: datetime, end: datetime, place: str) -> None:
        self.busy.append((start, end))
        if self.last_visit_at is None or start > self.last_visit_at:
            self.last_visit_at, self.last_place = start, place


class Crowd(Protocol):
    """People to choose patients from."""

    people: list[Resident]
    by_hospital_and_sex: dict[tuple[UUID, str], list[Resident]]


class Registry:
    """Makes the people; they are written at the end, when their last visits are known."""

    def __init__(self, book: Book, dice: Dice, hospitals: list[Hospital], now: datetime, first_serial: int = 0) -> None:
        self.book, self.dice, self.now = book, dice, now
        self.next_serial = first_serial
        self.people: list[Resident] = []
        self.by_hospital_and_sex: dict[tuple[UUID, str], list[Resident]] = {}
        # Their beds are given to them by name, so nobody picks them by chance for another bed before.
        self.people += [self._resident(hospitals[0], hospitals, *known) for known in KNOWN]
        while len(self.people) < PEOPLE:
            sex = "female" if dice.chance(0.515) else "male"
            family, given = person_name(dice, sex)
            person = self._resident(dice.one_of(hospitals), hospitals, family, given, sex, self._born())
            self.people.append(person)
            self.by_hospital_and_sex.setdefault((person.hospital.id, sex), []).append(person)

    def _born(self) -> date:
        band = self.dice.weighted(range(len(AGE_SHARES)), list(accumulate(AGE_SHARES)))
        return self.now.date() - timedelta(days=int(self.dice.between(band, band + 1) * 3652.5))

    def _resident(
        self, home: Hospital, hospitals: list[Hospital], family: str, given: str, sex: str, born_on: date
    ) -> Resident:
        registered_at = self.dice.moment(self.now - timedelta(days=390), self.now - timedelta(days=120))
        at = [home]
        if self.dice.chance(SECOND_HOSPITAL_SHARE):
            at.append(self.dice.one_of([each for each in hospitals if each is not home]))
        return Resident(self.dice.id(registered_at), family, given, sex, born_on, home, at, registered_at)

    def write(self, *, clinicians: dict[UUID, UUID]) -> None:
        """Persons, registrations, contacts and allergies; `clinicians` is who asks about allergies, by hospital."""
        counters = dict.fromkeys((hospital.id for person in self.people for hospital in person.hospitals), 0)
        for person in self.people:
            confirmed_by = clinicians[person.hospital.id]
            self._person(person, self._allergies(person, confirmed_by), confirmed_by)
            for hospital in person.hospitals:
                counters[hospital.id] += 1
                self.book.add(
                    "patients.registration",
                    hospital_id=hospital.id,
                    person_id=person.id,
                    mrn=f"{hospital.plan.code}{counters[hospital.id]:07}",
                    last_visit_at=person.last_visit_at if hospital is person.hospital else None,
                    last_place=person.last_place if hospital is person.hospital else "",
                    created_at=person.registered_at,
                )
            if self.dice.chance(0.65):
                self._contact(person)
        for hospital_id, last_number in counters.items():
            self.book.add("patients.mrn_counter", hospital_id=hospital_id, last_number=last_number)

    def _person(self, person: Resident, allergy_state: str, confirmed_by: UUID) -> None:
        town, postcode = self.dice.one_of(TOWNS)
        confirmed = allergy_state != "not_recorded"
        self.book.add(
            "patients.person",
            id=person.id,
            network_number=self._network_number(),
            family=person.family,
            given=person.given,
            title=self._title(person),
            sex=person.sex,
            born_on=person.born_on,
            deceased_on=person.deceased_on,
            mobile=f"07700 9{self.dice.whole(0, 99999):05}" if self.dice.chance(0.88) else "",
            address=f"{self.dice.whole(1, 180)} {self.dice.one_of(STREETS)}",
            town=town,
            postcode=f"{postcode}{self.dice.one_of('ABDEFGHJ')}{self.dice.one_of('LNPQRSTU')}",
            family_doctor=self.dice.one_of(FAMILY_DOCTORS),
            allergy_state=allergy_state,
            allergies_confirmed_at=person.registered_at if confirmed else None,
            allergies_confirmed_by=confirmed_by if confirmed else None,
            hospital_ids=[hospital.id for hospital in person.hospitals],
            created_at=person.registered_at,
        )

    def _network_number(self) -> str:
        while True:
            number = network_number(self.next_serial)
            self.next_serial += 1
            if number is not None:
                return number

    def _title(self, person: Resident) -> str:
        if person.age_at(self.now.date()) < 18:
            return ""
        return self.dice.one_of(("Mrs", "Ms", "Miss", "Mrs") if person.sex == "female" else ("Mr", "Mr", "Mr", "Dr"))

    def _allergies(self, person: Resident, recorded_by: UUID) -> str:
        """Records them, if any, and says which of the three states the person is in. Who was ill was asked more."""
        asked = 1.2 if person.busy else 0.85
        if self.dice.chance(ALLERGY_SHARE * asked):
            for substance, reaction, severity, category in self._substances():
                self.book.add(
                    "patients.allergy",
                    person_id=person.id,
                    id=self.dice.id(person.registered_at),
                    hospital_id=person.hospital.id,
                    substance=substance,
                    category=category,
                    reaction=reaction,
                    severity=severity,
                    noted_on=person.registered_at.astimezone(UTC).date(),
                    created_at=person.registered_at,
                    created_by=recorded_by,
                )
            return "recorded"
        return "none_known" if self.dice.chance(NONE_KNOWN_SHARE * asked / (1 - ALLERGY_SHARE)) else "not_recorded"

    def _substances(self) -> list[tuple[str, str, str, str]]:
        chosen = self.dice.some_of(ALLERGIES, self.dice.by_share({1: 0.75, 2: 0.2, 3: 0.05}))
        return list({each[0]: each for each in chosen}.values())

    def _contact(self, person: Resident) -> None:
        family, given = person_name(self.dice, self.dice.one_of(("female", "male")))
        self.book.add(
            "patients.contact",
            person_id=person.id,
            id=self.dice.id(person.registered_at),
            name=f"{given.partition(' ')[0]} {person.family if self.dice.chance(0.7) else family}",
            relation=self.dice.one_of(RELATIONS),
            phone=f"07700 9{self.dice.whole(0, 99999):05}",
            created_at=person.registered_at,
        )
