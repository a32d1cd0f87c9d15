"""Who lies in which bed, who lay there in the last 13 weeks, and who waits for one."""

from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from wardline.demo.book import Book
from wardline.demo.conditions import BY_SPECIALTY, Condition
from wardline.demo.dice import Dice
from wardline.demo.network import SHOWN_HOSPITAL, SHOWN_WARD, TIME_ZONE, Bed, Hospital, Staff, Ward
from wardline.demo.residents import Crowd, Resident

HISTORY = timedelta(weeks=13)
ZONE = ZoneInfo(TIME_ZONE)
STAY_DAYS_MEDIAN, STAY_DAYS_SPREAD, STAY_DAYS_MAX = 5.0, 0.6, 28.0
PRESENT_DAYS_MEDIAN, PRESENT_DAYS_MAX = 2.8, 10.0
EMERGENCY = "Emergency"
EMERGENCY_SHARE = 0.68
EMERGENCY_MINUTES_LIMIT = 240
EMERGENCY_VISITS_OF_DAY = 9
OTHER_WAYS_IN = ("Home, planned", "Clinic", "Family doctor")
PICKS_MAX = 60
BACK_SOON_SHARE = 0.15
GROWN_UP_YEARS, OLD_YEARS = 16, 68
ISOLATIONS = {"contact": 0.5, "droplet": 0.25, "airborne": 0.15, "protective": 0.1}
SIDE_ROOM_ISOLATED_SHARE = 0.75
LEFT_TO = {"home": 0.79, "care_home": 0.11, "other_hospital": 0.05, "against_advice": 0.01, "died": 0.02, "other": 0.02}
# How many beds of a ward are empty, and what the first ones are; the others are ready.
EMPTY_BEDS = {2: 0.26, 3: 0.36, 4: 0.23, 5: 0.15}
CLOSED_SHARE, CLEANING_SHARE = 0.33, 0.75
CLOSED_REASONS = ("Ceiling leak", "Bed frame repair", "Deep clean after infection", "Suction point out of order")
RESERVED_OF_HOSPITAL = 3
# Where those who wait for a bed came from, and how many hours ago.
WAITING = (
    (EMERGENCY, 5.2),
    (EMERGENCY, 4.4),
    (EMERGENCY, 2.1),
    (EMERGENCY, 0.7),
    ("Theatre recovery", 0.6),
    ("Transfer from another hospital", 1.3),
)
# The people whom newcomers meet, by the label of their bed on the shown ward; the last one is expected there.
SHOWN_BEDS = {"04": 0, "14": 1, "19": 2, "02": 3, "01": 4}
SHOWN_ARRIVAL_BED, SHOWN_ARRIVAL = "15", 5
# Whose illness does not settle there.
SHOWN_ILL = ("03", "12", "22")


class Stay(Struct, kw_only=True):
    """A stay as it is made up; `bed_since` is later than `started_at` for who came through emergency."""

    encounter_id: UUID
    person: Resident
    hospital: Hospital
    condition: Condition
    specialty: str
    admitted_from: str
    doctor: Staff
    started_at: datetime
    bed: Bed | None = None
    bed_since: datetime | None = None
    isolation: str | None = None
    expected_discharge_on: date | None = None
    ready_to_leave: bool = False
    needs: list[str] = []

    @property
    def class_(self) -> str:
        return "emergency" if self.admitted_from == EMERGENCY else "inpatient"

    @property
    def place(self) -> str:
        return f"Ward {self.bed.ward.number}" if self.bed else EMERGENCY


class Finished(Struct):
    """A stay of the past: it ended at the time of discharge."""

    stay: Stay
    ended_at: datetime
    discharged_to: str


class Empty(Struct):
    """An empty bed: what state it is in, since when, and when the last patient left."""

    state: str
    since: datetime
    reason: str
    left_at: datetime


class Wards:
    """Fills the beds, backwards in time: the present patient first, then whoever lay there before."""

    def __init__(self, book: Book, dice: Dice, crowd: Crowd, now: datetime, *, history: timedelta = HISTORY) -> None:
        self.book, self.dice, self.crowd, self.now, self.history = book, dice, crowd, now, history
        self.present: list[Stay] = []
        self.finished: list[Finished] = []
        self.reserved: list[tuple[Bed, Stay]] = []

    def fill(self, hospital: Hospital) -> None:
        """All beds of a hospital, those who wait for one, and everybody who came through its emergency department."""
        ready: list[Bed] = []
        for ward in hospital.wards:
            empty = self._empty_beds(ward)
            ready += [bed for bed in ward.beds if bed.id in empty and empty[bed.id].state == "ready"]
            for bed in ward.beds:
                self._fill_bed(bed, empty.get(bed.id))
        self._waiting(hospital, ready)
        self._emergency_visits(hospital)

    # --- beds -------------------------------------------------------------------------------------------------------
    def _empty_beds(self, ward: Ward) -> dict[UUID, Empty]:
        shown = is_shown(ward)
        free = [bed for bed in ward.beds if not (shown and bed.label in {*SHOWN_BEDS, *SHOWN_ILL, SHOWN_ARRIVAL_BED})]
        beds = self.dice.some_of(free, self.dice.by_share(EMPTY_BEDS) - shown)
        kinds = ["closed"] * self.dice.chance(CLOSED_SHARE) + ["cleaning"] * self.dice.chance(CLEANING_SHARE)
        empty = {bed.id: self._empty(kind) for bed, kind in zip(beds, [*kinds, *["ready"] * len(beds)], strict=False)}
        if shown:
            empty |= {bed.id: self._empty("ready") for bed in ward.beds if bed.label == SHOWN_ARRIVAL_BED}
        return empty

    def _empty(self, state: str) -> Empty:
        if state == "cleaning":
            since = self.now - timedelta(minutes=self.dice.whole(3, 35))
            return Empty(state, since, "", since)
        since = self.now - timedelta(minutes=self.dice.whole(20, 600))
        reason = self.dice.one_of(CLOSED_REASONS) if state == "closed" else ""
        return Empty(state, since, reason, since - timedelta(minutes=40))

    def _fill_bed(self, bed: Bed, empty: Empty | None) -> None:
        stay = self._present(bed) if empty is None else None
        if stay is None and empty is None:
            empty = self._empty("ready")
        next_start = stay.bed_since if stay else None
        state, since, reason = "ready", next_start or self.now, ""
        if empty is not None:
            next_start, state, since, reason = empty.left_at, empty.state, empty.since, empty.reason
        assert next_start
        self.book.add(
            "beds.bed",
            hospital_id=bed.ward.hospital.id,
            id=bed.id,
            ward_id=bed.ward.id,
            room_id=bed.room_id,
            label=bed.label,
            position=int(bed.label),
            state=state,
            state_since=since,
            state_reason=reason,
            features=bed.features,
            created_at=self.now - timedelta(days=400),
        )
        self._history(bed, next_start, left_just_now=empty is not None)

    # --- who lies there ---------------------------------------------------------------------------------------------
    def _present(self, bed: Bed) -> Stay | None:
        """Somebody in this bed; nobody where the crowd is too small."""
        days = min(PRESENT_DAYS_MAX, self.dice.length(PRESENT_DAYS_MEDIAN, 0.8))
        bed_since = self.now - timedelta(days=days, minutes=30)
        shown = SHOWN_BEDS.get(bed.label) if is_shown(bed.ward) else None
        person = self.crowd.people[shown] if shown is not None else self._somebody(bed, bed_since, self.now)
        if person is None:
            return None
        stay = self._stay(bed.ward, person, bed_since)
        stay = structs.replace(stay, bed=bed, bed_since=bed_since)
        person.visited(stay.started_at, self.now + timedelta(days=30), stay.place)
        self._plan_leaving(stay)
        if bed.room_kind == "side_room" and self.dice.chance(SIDE_ROOM_ISOLATED_SHARE):
            stay.isolation = self.dice.by_share(ISOLATIONS)
            stay.needs = ["side_room"]
        if "monitor" in bed.features and self.dice.chance(0.6):
            stay.needs = [*stay.needs, "monitor"]
        self.present.append(stay)
        return stay

    def _stay(self, ward: Ward, person: Resident, arrives_at: datetime) -> Stay:
        """A stay on this ward: through emergency some hours before, or straight to the bed."""
        through_emergency = self.dice.chance(EMERGENCY_SHARE)
        waited = timedelta(minutes=self._emergency_minutes(ward.hospital)) if through_emergency else timedelta()
        started_at = arrives_at - waited
        return Stay(
            encounter_id=self.dice.id(started_at),
            person=person,
            hospital=ward.hospital,
            condition=self.dice.one_of(BY_SPECIALTY[ward.specialty]),
            specialty=ward.specialty,
            admitted_from=EMERGENCY if through_emergency else self.dice.one_of(OTHER_WAYS_IN),
            doctor=self.dice.one_of([*ward.doctors, *ward.doctors, *ward.hospital.registrars]),
            started_at=started_at,
        )

    def _emergency_minutes(self, hospital: Hospital) -> int:
        if self.dice.chance(hospital.plan.emergency_in_time_share):
            return self.dice.whole(45, EMERGENCY_MINUTES_LIMIT)
        return EMERGENCY_MINUTES_LIMIT + int(self.dice.length(90, 0.6))

    def _plan_leaving(self, stay: Stay) -> None:
        if not self.dice.chance(0.78):
            return
        days = self.dice.by_share({0: 0.13, 1: 0.2, 2: 0.2, 3: 0.16, 4: 0.13, 6: 0.11, 9: 0.07})
        stay.expected_discharge_on = self.now.astimezone(ZONE).date() + timedelta(days=days)
        stay.ready_to_leave = days == 0 and self.dice.chance(0.4)

    def _somebody(self, bed: Bed, start: datetime, end: datetime) -> Resident | None:
        """A grown-up who was in no hospital at that time; bays keep women and men apart."""
        sex = {"women": "female", "men": "male"}.get(bed.sex) or self.dice.one_of(("female", "male"))
        if bed.ward.specialty == "Gynaecology":
            sex = "female"
        youngest = OLD_YEARS if bed.ward.specialty in {"Care of older people", "Stroke"} else GROWN_UP_YEARS
        # Few come back within a month.
        pause = timedelta(days=2 if self.dice.chance(BACK_SOON_SHARE) else 31)
        people = self.crowd.by_hospital_and_sex.get((bed.ward.hospital.id, sex))
        if not people:
            return None
        for pick in range(PICKS_MAX):
            person = self.dice.one_of(people)
            old_enough = person.age_at(start.date()) >= (youngest if pick < PICKS_MAX / 2 else GROWN_UP_YEARS)
            if old_enough and person.is_free(start, end, pause=pause):
                return person
        return None

    # --- who lay there before ---------------------------------------------------------------------------------------
    def _history(self, bed: Bed, next_start: datetime, *, left_just_now: bool) -> None:
        oldest = self.now - self.history
        ended_at = next_start if left_just_now else self._discharge_before(bed.ward.hospital, next_start)
        while ended_at > oldest:
            days = min(STAY_DAYS_MAX, max(0.4, self.dice.length(STAY_DAYS_MEDIAN, STAY_DAYS_SPREAD)))
            started_at = ended_at - timedelta(days=days)
            person = self._somebody(bed, started_at, ended_at)
            if person is not None:
                self._finish(bed, person, started_at, ended_at)
            ended_at = self._discharge_before(bed.ward.hospital, started_at)

    def _discharge_before(self, hospital: Hospital, next_start: datetime) -> datetime:
        """When the patient before was discharged: in the daytime, and the bed was empty for a while."""
        latest = next_start - timedelta(hours=self.dice.length(hospital.plan.empty_hours, 0.5))
        before_noon = self.dice.chance(hospital.plan.before_noon_share)
        hour = self.dice.between(9, 12) if before_noon else self.dice.between(12, 19.5)
        day = latest.astimezone(ZONE).date()
        left_at = datetime.combine(day, time(), ZONE) + timedelta(hours=hour)
        if left_at > latest:
            left_at -= timedelta(days=1)
        return datetime.fromtimestamp(int(left_at.timestamp()), self.now.tzinfo)

    def _finish(self, bed: Bed, person: Resident, bed_since: datetime, ended_at: datetime) -> None:
        stay = structs.replace(self._stay(bed.ward, person, bed_since), bed=bed, bed_since=bed_since)
        left_to = self.dice.by_share(LEFT_TO)
        if left_to == "died":
            if any(start > bed_since for start, _ in person.busy):
                left_to = "home"
            else:
                person.deceased_on = ended_at.astimezone(ZONE).date()
        person.visited(stay.started_at, ended_at, stay.place)
        self.finished.append(Finished(stay, ended_at, left_to))

    # --- who waits, who came and went -------------------------------------------------------------------------------
    def _waiting(self, hospital: Hospital, ready: list[Bed]) -> None:
        free = self.dice.shuffled([bed for bed in ready if not (is_shown(bed.ward) and bed.label == SHOWN_ARRIVAL_BED)])
        for number, (came_from, hours) in enumerate(WAITING):
            arrival = number == 0 and hospital.plan.code == SHOWN_HOSPITAL
            ward = hospital.wards[SHOWN_WARD - 1] if arrival else self.dice.one_of(hospital.wards[1:])
            wanted = next((bed for bed in [*free, *ward.beds] if bed.ward is ward), ward.beds[0])
            if arrival:
                wanted = next(bed for bed in ward.beds if bed.label == SHOWN_ARRIVAL_BED)
            started_at = self.now - timedelta(hours=hours * self.dice.between(0.9, 1.1))
            person = self.crowd.people[SHOWN_ARRIVAL] if arrival else self._somebody(wanted, started_at, self.now)
            if person is None:
                continue
            person.visited(started_at, self.now + timedelta(days=30), EMERGENCY)
            stay = self._stay(wanted.ward if arrival else ward, person, started_at)
            stay = structs.replace(stay, started_at=started_at, admitted_from=came_from)
            if self.dice.chance(0.3):
                stay.needs = ["monitor"]
            self.present.append(stay)
            if number < RESERVED_OF_HOSPITAL and (arrival or wanted in free):
                free = [bed for bed in free if bed is not wanted]
                self.reserved.append((wanted, stay))

    def _emergency_visits(self, hospital: Hospital) -> None:
        """Those who went home from the emergency department, children among them."""
        people = [person for person in self.crowd.people if person.hospital is hospital]
        for _ in range(self.history.days * EMERGENCY_VISITS_OF_DAY):
            started_at = self.dice.moment(self.now - self.history, self.now - timedelta(hours=12))
            ended_at = started_at + timedelta(minutes=self._emergency_minutes(hospital))
            person = self.dice.one_of(people)
            if not person.is_free(started_at, ended_at):
                continue
            ward = hospital.wards[0]
            stay = structs.replace(self._stay(ward, person, started_at), started_at=started_at, admitted_from=EMERGENCY)
            person.visited(started_at, ended_at, EMERGENCY)
            self.finished.append(Finished(stay, ended_at, "home"))


def is_shown(ward: Ward) -> bool:
    """Whether this is the ward that newcomers see first."""
    return (ward.hospital.plan.code, ward.number) == (SHOWN_HOSPITAL, SHOWN_WARD)
