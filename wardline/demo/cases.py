"""What was done for somebody during a stay: medicines, tests with their results, notes. Written into the book.

Each stay has dice of its own, so that a stay is treated in the same way however many others there are.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from wardline.demo.book import Book
from wardline.demo.conditions import Condition
from wardline.demo.dice import Dice
from wardline.demo.doses import Doses, Ordered
from wardline.demo.remedies import (
    AGAINST_CLOTS,
    BLEEDING,
    FOR_ALL,
    FOR_ILLNESS,
    FOR_LONG,
    FOR_SOME,
    THINNERS,
    Remedy,
    remedy,
)

GROWN_UP_YEARS = 18
STOPPED_SHARE, HELD_SHARE = 0.06, 0.05
# A pharmacist has looked at what stands for longer; the rest waits in the queue.
VERIFIED_AFTER, VERIFIED_AT_LAST, VERIFIED_SHARE = timedelta(hours=3), timedelta(hours=20), 0.9
HELD_BECAUSE = ("Nil by mouth before theatre", "Kidney function is worse", "Blood pressure is low")
STOPPED_BECAUSE = ("Course finished", "Not needed any more", "Side effect: drowsy")
DISCHARGED = "The stay is finished."
PAST_MEDICINES_MAX = 2
# CVX codes of the CDC, from which age on, and how many have had it.
VACCINES = (
    (65, "140", "Influenza, seasonal, injectable, preservative free", 0.7),
    (65, "33", "Pneumococcal polysaccharide vaccine, 23 valent", 0.5),
    (18, "113", "Td (adult) preservative free", 0.4),
)
WEIGHT_KG = {"female": (69, 13), "male": (82, 14)}


class Case(Struct, frozen=True, kw_only=True):
    """A stay as those who treat it know it. `ended_at` is None while it goes on; `severity` is 0 (well) to 1."""

    hospital_id: UUID
    encounter_id: UUID
    person_id: UUID
    sex: str
    born_on: date
    condition: Condition
    long_term: tuple[Condition, ...]
    severity: float
    ward_id: UUID | None
    doctor_id: UUID
    nurse_ids: tuple[UUID, ...]
    scientist_id: UUID
    pharmacist_id: UUID
    started_at: datetime
    ended_at: datetime | None
    name: str = ""  # of who lies there

    @property
    def age_years(self) -> int:
        """At the beginning."""
        day = self.started_at.date()
        return day.year - self.born_on.year - ((day.month, day.day) < (self.born_on.month, self.born_on.day))

    def dice(self, purpose: str) -> Dice:
        """Chance of this stay alone."""
        return Dice(f"{purpose}-{self.encounter_id}")


def medicines(case: Case, dice: Dice) -> list[Remedy]:
    """What the patient is given: for the illness, for what they live with, and what nearly everybody gets."""
    typed = [*FOR_ILLNESS.get(case.condition.code, ())]
    typed += [FOR_LONG[each.code] for each in case.long_term if each.code in FOR_LONG]
    typed += FOR_ALL
    found = {each.name: each for each in reversed([remedy(line) for line in typed])}
    thinned = not THINNERS.isdisjoint(found) or case.condition.code in BLEEDING
    more = [] if thinned or dice.chance(0.4) else [AGAINST_CLOTS]
    more += dice.some_of(FOR_SOME, dice.whole(0, 2))
    for line in more:
        found.setdefault(remedy(line).name, remedy(line))
    return list(found.values())


class Treatment:
    """Writes what was prescribed."""

    def __init__(self, book: Book, now: datetime) -> None:
        self.book, self.now, self.doses = book, now, Doses(book, now)

    def of(self, case: Case) -> None:
        """Medicines of a stay that goes on, or the few that one of the past is remembered by; adults only."""
        if case.age_years < GROWN_UP_YEARS:
            return
        dice = case.dice("medicines")
        given = medicines(case, dice)
        if case.ended_at is not None:
            for each in given[:PAST_MEDICINES_MAX]:
                self._order(
                    case, dice, each, case.started_at + timedelta(minutes=45), "stopped", DISCHARGED, case.ended_at
                )
            return
        for each in given:
            at = min(self.now, case.started_at + timedelta(minutes=dice.whole(25, 150)))
            state, reason = self._state(dice, case)
            self._order(case, dice, each, at, state, reason, dice.moment(at, self.now))
        self._weight(case, dice)

    def _state(self, dice: Dice, case: Case) -> tuple[str, str]:
        if self.now - case.started_at < timedelta(hours=20):
            return "active", ""
        if dice.chance(STOPPED_SHARE):
            return "stopped", dice.one_of(STOPPED_BECAUSE)
        return ("held", dice.one_of(HELD_BECAUSE)) if dice.chance(HELD_SHARE) else ("active", "")

    def _order(
        self, case: Case, dice: Dice, given: Remedy, at: datetime, state: str, reason: str, ended_at: datetime
    ) -> None:
        medicine_id, version = dice.id(at), 1 if state == "active" else 2
        chosen, stands = dice.chance(VERIFIED_SHARE), self.now - at
        verified = state == "active" and stands > VERIFIED_AFTER and (chosen or stands > VERIFIED_AT_LAST)
        self.book.add(
            "orders.medicine",
            hospital_id=case.hospital_id,
            id=medicine_id,
            person_id=case.person_id,
            encounter_id=case.encounter_id,
            name=given.name,
            kind=given.kind,
            route=given.route,
            text=given.text,
            line=given.line,
            state=state,
            state_reason=reason,
            ends_on=given.ends_on(at.date()),
            prescribed_at=at,
            prescribed_by=case.doctor_id,
            version=version,
            settled_version=version if verified else None,
            created_at=at,
            created_by=case.doctor_id,
        )
        if verified:
            self._verification(case, medicine_id, at + timedelta(minutes=dice.whole(10, 170)))
        self._step(case, medicine_id, dice.id(at), at, "prescribed", given.text, "")
        if state != "active":
            self._step(case, medicine_id, dice.id(ended_at), ended_at, state, given.text, reason)
        if case.ended_at is None:
            self._given(case, medicine_id, version, given, at, state, ended_at)

    def _given(
        self, case: Case, medicine_id: UUID, version: int, given: Remedy, at: datetime, state: str, ended_at: datetime
    ) -> None:
        self.doses.of(
            Ordered(
                hospital_id=case.hospital_id,
                person_id=case.person_id,
                encounter_id=case.encounter_id,
                patient=case.name,
                nurse_ids=case.nurse_ids,
                medicine_id=medicine_id,
                version=version,
                remedy=given,
                since=at,
                state=state,
                ended_at=None if state == "active" else ended_at,
            )
        )

    def _verification(self, case: Case, medicine_id: UUID, at: datetime) -> None:
        self.book.add(
            "orders.verification",
            hospital_id=case.hospital_id,
            medicine_id=medicine_id,
            number=1,
            medicine_version=1,
            state="verified",
            words="",
            answer="",
            task_id=None,
            at=at,
            actor_id=case.pharmacist_id,
        )

    def _step(
        self, case: Case, medicine_id: UUID, step_id: UUID, at: datetime, kind: str, text: str, reason: str
    ) -> None:
        self.book.add(
            "orders.step",
            hospital_id=case.hospital_id,
            medicine_id=medicine_id,
            id=step_id,
            at=at,
            kind=kind,
            text=text,
            reason=reason,
            actor_id=case.doctor_id,
        )

    def immunizations(self, case: Case) -> None:
        """What somebody in a bed had before."""
        dice = case.dice("immunizations")
        for from_age, cvx, vaccine, share in VACCINES:
            if case.age_years < from_age or not dice.chance(share):
                continue
            at = case.started_at - timedelta(days=dice.whole(20, 330))
            self.book.add(
                "patients.immunization",
                person_id=case.person_id,
                id=dice.id(at),
                hospital_id=case.hospital_id,
                vaccine=vaccine,
                cvx=cvx,
                given_on=at.date(),
                created_at=at,
                created_by=case.nurse_ids[0],
            )

    def _weight(self, case: Case, dice: Dice) -> None:
        middle, spread = WEIGHT_KG.get(case.sex, WEIGHT_KG["female"])
        at = min(self.now, case.started_at + timedelta(minutes=30))
        write_measure(self.book, case, dice, "weight_kg", round(max(38.0, dice.near(middle, spread)), 1), at)


def write_measure(book: Book, case: Case, dice: Dice, kind: str, value: float, at: datetime) -> None:
    """A number that dosing rests on."""
    book.add(
        "orders.measure",
        hospital_id=case.hospital_id,
        id=dice.id(at),
        person_id=case.person_id,
        kind=kind,
        value=value,
        taken_at=at,
        recorded_by=case.nurse_ids[0],
        created_at=at,
    )
