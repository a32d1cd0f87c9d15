"""Regions, hospitals, wards, rooms, beds and staff of the demo network."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct, field

from wardline.demo.book import Book
from wardline.demo.dice import Dice
from wardline.demo.naming import person_name
from wardline.demo.places import BAY_BEDS, HOSPITALS, REGIONS, SIDE_ROOM_BEDS, HospitalPlan, WardPlan

TIME_ZONE = "Europe/London"
# Registrars, who belong to no ward.
REGISTRARS = 4
OF_HOSPITAL = {
    "hospital_administrator": ("administrator", 1),
    "hospital_manager": ("manager", 2),
    "pharmacist": ("pharmacist", 2),
    "laboratory_technician": ("laboratory", 2),
    "receptionist": ("reception", 3),
}
NURSES_OF_WARD = 2
# The ward that newcomers are shown first, with a nurse for each bay.
SHOWN_HOSPITAL, SHOWN_WARD = "NGH", 7
NAMED = {
    "nurse7@northgate.example": ("Okafor", "Ruth"),
    "nurse7b@northgate.example": ("Byrne", "Tess"),
    "doctor7@northgate.example": ("Adeyinka", "Tunde"),
    "registrar1@northgate.example": ("Petrov", "Daria"),
    "manager@northgate.example": ("Andersen", "Kirsten"),
    "network1@wardline.example": ("Lindgren", "Anna"),
}


class Bed(Struct):
    """A bed; `label` is what is painted on the wall, `name` what boards say (7-04)."""

    id: UUID
    ward: "Ward"
    room_id: UUID
    room_kind: str
    sex: str  # women, men, any
    label: str
    features: list[str]

    @property
    def name(self) -> str:
        return f"{self.ward.number}-{self.label}"


class Staff(Struct):
    """Somebody who works in the network."""

    id: UUID
    role: str
    email: str


class Ward(Struct):
    """A ward with its beds and who works there."""

    id: UUID
    hospital: "Hospital"
    number: int
    specialty: str
    beds: list[Bed] = field(default_factory=list[Bed])
    nurses: list[Staff] = field(default_factory=list[Staff])
    doctors: list[Staff] = field(default_factory=list[Staff])


class Hospital(Struct):
    """A hospital with its wards and the staff that belong to no ward."""

    id: UUID
    plan: HospitalPlan
    wards: list[Ward] = field(default_factory=list[Ward])
    registrars: list[Staff] = field(default_factory=list[Staff])
    receptionists: list[Staff] = field(default_factory=list[Staff])
    pharmacists: list[Staff] = field(default_factory=list[Staff])
    scientists: list[Staff] = field(default_factory=list[Staff])

    @property
    def beds(self) -> list[Bed]:
        return [bed for ward in self.wards for bed in ward.beds]


class Builder:
    """Builds the network into a book. `password_hash` is shared: hashing one for each account takes seconds."""

    def __init__(self, book: Book, dice: Dice, founded: datetime, password_hash: str) -> None:
        self.book, self.dice, self.founded, self.password_hash = book, dice, founded, password_hash
        self.names_taken: set[tuple[str, str]] = set(NAMED.values())

    def build_demo(self) -> list[Hospital]:
        """The demo network with those who run it, the shown hospital first."""
        regions, hospitals = self.build(REGIONS, HOSPITALS)
        for number in (1, 2):
            self._staff(f"network{number}@wardline.example", "network_administrator")
        for number, region in enumerate(regions.values(), start=1):
            self._staff(f"region{number}@wardline.example", "regional_administrator", region_id=region)
        return hospitals

    def build(self, names: dict[str, str], plans: Sequence[HospitalPlan]) -> tuple[dict[str, UUID], list[Hospital]]:
        """Regions and hospitals with their places and staff."""
        regions = {code: self.dice.id(self.founded) for code in names}
        for code, name in names.items():
            self.book.add("identity.region", id=regions[code], code=code, name=name, created_at=self.founded)
        hospitals = [self._hospital(plan, regions[plan.region]) for plan in plans]
        for hospital in hospitals:
            self._staff_of(hospital)
        return regions, hospitals

    def _hospital(self, plan: HospitalPlan, region_id: UUID) -> Hospital:
        hospital = Hospital(self.dice.id(self.founded), plan)
        self.book.add(
            "identity.hospital",
            id=hospital.id,
            region_id=region_id,
            code=plan.code,
            name=plan.name,
            time_zone=TIME_ZONE,
            created_at=self.founded,
        )
        departments: dict[str, UUID] = {}
        for number, ward_plan in enumerate(plan.wards, start=1):
            if ward_plan.department not in departments:
                departments[ward_plan.department] = self._department(hospital, ward_plan.department)
            self._ward(hospital, ward_plan, number, departments[ward_plan.department])
        return hospital

    def _department(self, hospital: Hospital, name: str) -> UUID:
        department = self.dice.id(self.founded)
        self.book.add("identity.department", hospital_id=hospital.id, id=department, name=name, created_at=self.founded)
        return department

    def _ward(self, hospital: Hospital, plan: WardPlan, number: int, department_id: UUID) -> None:
        ward = Ward(self.dice.id(self.founded), hospital, number, plan.specialty)
        hospital.wards.append(ward)
        self.book.add(
            "identity.ward",
            hospital_id=hospital.id,
            id=ward.id,
            department_id=department_id,
            code=str(number),
            name=f"Ward {number}",
            specialty=plan.specialty,
            position=number,
            created_at=self.founded,
        )
        self._room(ward, plan, 1, "Side rooms", "any", SIDE_ROOM_BEDS)
        for position, (letter, sex) in enumerate(zip("ABC", plan.bays, strict=True), start=2):
            self._room(ward, plan, position, f"Bay {letter}", sex, BAY_BEDS)

    def _room(self, ward: Ward, plan: WardPlan, position: int, label: str, sex: str, beds: int) -> None:
        room = self.dice.id(self.founded)
        kind = "side_room" if position == 1 else "bay"
        self.book.add(
            "identity.room",
            hospital_id=ward.hospital.id,
            id=room,
            ward_id=ward.id,
            label=label,
            kind=kind,
            sex=sex,
            position=position,
            created_at=self.founded,
        )
        for _ in range(beds):
            number = len(ward.beds) + 1
            features = bed_features(plan, kind, number)
            ward.beds.append(Bed(self.dice.id(self.founded), ward, room, kind, sex, f"{number:02}", features))

    def _staff_of(self, hospital: Hospital) -> None:
        domain = hospital.plan.domain
        for ward in hospital.wards:
            shown = (hospital.plan.code, ward.number) == (SHOWN_HOSPITAL, SHOWN_WARD)
            for letter in ("", "b", "c", "d")[: 4 if shown else NURSES_OF_WARD]:
                email = f"nurse{ward.number}{letter}@{domain}"
                ward.nurses.append(self._staff(email, "nurse", hospital_id=hospital.id, ward_id=ward.id))
            email = f"doctor{ward.number}@{domain}"
            ward.doctors.append(self._staff(email, "doctor", hospital_id=hospital.id, ward_id=ward.id))
        for number in range(1, REGISTRARS + 1):
            email = f"registrar{number}@{domain}"
            hospital.registrars.append(self._staff(email, "doctor", hospital_id=hospital.id))
        for role, (local, count) in OF_HOSPITAL.items():
            for number in range(1, count + 1):
                email = f"{local}{number if number > 1 else ''}@{domain}"
                staff = self._staff(email, role, hospital_id=hospital.id)
                if role == "receptionist":
                    hospital.receptionists.append(staff)
                elif role == "pharmacist":
                    hospital.pharmacists.append(staff)
                elif role == "laboratory_technician":
                    hospital.scientists.append(staff)

    def _staff(
        self,
        email: str,
        role: str,
        *,
        hospital_id: UUID | None = None,
        region_id: UUID | None = None,
        ward_id: UUID | None = None,
    ) -> Staff:
        family, given = self._name(email)
        staff = Staff(self.dice.id(self.founded), role, email)
        self.book.add(
            "identity.staff",
            id=staff.id,
            email=email,
            family=family,
            given=given,
            title="Dr" if role == "doctor" else "",
            post_nominal="RN" if role == "nurse" else "",
            password_hash=self.password_hash,
            password_changed_at=self.founded,
            created_at=self.founded,
        )
        self.book.add(
            "identity.assignment",
            id=self.dice.id(self.founded),
            staff_id=staff.id,
            role=role,
            hospital_id=hospital_id,
            region_id=region_id,
            ward_id=ward_id,
            created_at=self.founded,
        )
        return staff

    def _name(self, email: str) -> tuple[str, str]:
        """A name that nobody else on the staff has, so that "J. Smith" is one person."""
        if email in NAMED:
            return NAMED[email]
        while True:
            family, given = person_name(self.dice, self.dice.one_of(("female", "male")))
            name = (family, given.partition(" ")[0])
            if name not in self.names_taken:
                self.names_taken.add(name)
                return name


def bed_features(plan: WardPlan, kind: str, number: int) -> list[str]:
    """What stands at the bed: monitors from the first bay on, oxygen where it is needed, one wide bed a ward."""
    features = ["oxygen"] if "medicine" in plan.specialty.lower() or plan.specialty == "Cardiology" else []
    if (kind == "bay" and number <= SIDE_ROOM_BEDS + plan.monitors) or (number == 1 and plan.monitors > 2):
        features.append("monitor")
    if number == SIDE_ROOM_BEDS:
        features.append("bariatric")
    return features
