"""The observations of everybody who is in hospital now, scored by the rules of `vitals`, and the escalations they led to."""

from datetime import datetime, timedelta

from msgspec import Struct

from wardline.demo.book import Book
from wardline.demo.dice import Dice
from wardline.demo.network import SHOWN_HOSPITAL, Staff
from wardline.demo.residents import KNOWN
from wardline.demo.signs import Course, course, signs_at
from wardline.demo.stays import SHOWN_ILL, ZONE, Stay, is_shown
from wardline.encounters.public import Observed
from wardline.vitals import current, rules
from wardline.vitals.models import Signs, SpO2Scale

# Shares of patients: falling ill again in the last hours, ill without settling.
WORSENING_SHARE, ILL_SHARE = 0.03, 0.07
# Nobody has found time for these observations yet.
LATE_SHARE = 0.14
# When the next set is taken, as a share of the time until it is due; some come late.
EARLY_SHARES, COMES_LATE_SHARE, LATE_MINUTES = (0.62, 0.98), 0.08, (10, 60)
CALLING_FAMILY = KNOWN[2][0]
CALLING_WORST, CALLING_BEFORE, CALLING_FALLING_ILL = 0.8, 0.36, timedelta(hours=3)
TRIES_MAX = 100
FIRST_SET_MINUTES = (8, 35)


class TakenSet(Struct):
    """One set with what came of it."""

    taken_at: datetime
    recorded_at: datetime
    nurse: Staff
    signs: Signs
    stands: current.Standing


class ObservedStay(Struct):
    """A stay with all its sets, oldest first, and the row that boards read."""

    stay: Stay
    course: Course
    sets: list[TakenSet]
    seen: Observed
    calls_at: datetime | None


class Rounds:
    """Takes everybody's observations from admission until now."""

    def __init__(self, dice: Dice, now: datetime) -> None:
        self.dice, self.now = dice, now

    def observe(self, stay: Stay, until: datetime | None = None) -> ObservedStay:
        """All sets of a stay, until now or until the discharge."""
        calls_at = self._calls_at(stay) if until is None else None
        until = until or self.now
        illness, sets = self._gone_through(stay, calls_at, until)
        for _ in range(TRIES_MAX):
            if calls_at is None or calls_for_help(sets):
                break
            illness, sets = self._gone_through(stay, calls_at, until)
        history = [(taken.stands.total, taken.taken_at) for taken in sets if taken.stands.total is not None]
        seen = current.observed(
            sets[-1].stands if sets else self._stands_without_any(stay),
            by=sets[-1].nurse.id if sets else None,
            history=[total for total, _ in history],
            history_at=[at for _, at in history],
        )
        return ObservedStay(stay, illness, sets, seen, calls_at)

    def _gone_through(self, stay: Stay, calls_at: datetime | None, until: datetime) -> tuple[Course, list[TakenSet]]:
        """One course that this stay may have taken."""
        worsens_until = calls_at
        if calls_at is None and self.dice.chance(WORSENING_SHARE):
            worsens_until = until - timedelta(minutes=self.dice.whole(30, 400))
        ill_now = calls_at is None and (is_shown_ill(stay) or self.dice.chance(ILL_SHARE))
        illness = course(self.dice, stay.condition, stay.started_at, worsens_until=worsens_until, ill_now=ill_now)
        if calls_at is not None:
            illness.worst, illness.settled, illness.falling_ill = CALLING_WORST, CALLING_BEFORE, CALLING_FALLING_ILL
        return illness, self._sets(stay, illness, calls_at, until)

    def _calls_at(self, stay: Stay) -> datetime | None:
        """The person whom newcomers find calling for a doctor, minutes ago."""
        shown = stay.person.family == CALLING_FAMILY and stay.hospital.plan.code == SHOWN_HOSPITAL and stay.bed
        return whole_minute(self.now - timedelta(minutes=3)) if shown and stay.person.born_on == KNOWN[2][3] else None

    def _sets(self, stay: Stay, illness: Course, calls_at: datetime | None, until: datetime) -> list[TakenSet]:
        latest, sets = rules.NOTHING_YET, list[TakenSet]()
        at = stay.started_at + timedelta(minutes=self.dice.whole(*FIRST_SET_MINUTES))
        last = calls_at or until - timedelta(minutes=1)
        if calls_at is None and self.dice.chance(LATE_SHARE):
            last -= timedelta(minutes=self.dice.whole(20, 60))
        while at <= last:
            signs = signs_at(self.dice, illness, at)
            latest = rules.with_newer(latest, signs, at)
            offered = rules.eligibility(stay.person.born_on, pregnant=False, today=at.date())
            stands = current.standing(latest, offered, at)
            recorded_at = min(until, at + timedelta(seconds=self.dice.whole(20, 150)))
            sets.append(TakenSet(at, recorded_at, self._nurse(stay, at), signs, stands))
            due_at = stands.due_at or at + timedelta(hours=4)
            following = at + (due_at - at) * self.dice.between(*EARLY_SHARES)
            if self.dice.chance(COMES_LATE_SHARE):
                following = due_at + timedelta(minutes=self.dice.whole(*LATE_MINUTES))
            if calls_at is not None and at < calls_at < following:
                following = calls_at
            at = whole_minute(following)
        return sets

    def _stands_without_any(self, stay: Stay) -> current.Standing:
        offered = rules.eligibility(stay.person.born_on, pregnant=False, today=self.now.date())
        return current.standing(rules.NOTHING_YET, offered, self.now)

    def _nurse(self, stay: Stay, at: datetime) -> Staff:
        in_bed = stay.bed is not None and stay.bed_since is not None and at >= stay.bed_since
        nurses = stay.bed.ward.nurses if in_bed and stay.bed else stay.hospital.wards[0].nurses
        # Day and night: the ward's first nurses by day, the others by night.
        half = len(nurses) // 2
        by_day = 8 <= at.astimezone(ZONE).hour < 20
        return self.dice.one_of(nurses[:half] if by_day else nurses[half:])


def is_shown_ill(stay: Stay) -> bool:
    """Whether this is one of the patients who are ill on the ward that newcomers see first."""
    return stay.bed is not None and is_shown(stay.bed.ward) and stay.bed.label in SHOWN_ILL


def calls_for_help(sets: list[TakenSet]) -> bool:
    """Whether the last set jumped to 7 or more from something that nobody was called for."""
    totals = [taken.stands.total or 0 for taken in sets[-2:]]
    return len(totals) == 2 and totals[0] <= 4 and totals[1] >= 7


def whole_minute(at: datetime) -> datetime:
    """Wards write times to the minute."""
    return at.replace(second=0, microsecond=0)


def write_sets(book: Book, dice: Dice, observed: ObservedStay) -> None:
    """The rows of the sets as they were recorded."""
    stay = observed.stay
    for taken in observed.sets:
        signs, stands = taken.signs, taken.stands
        book.add(
            "vitals.observation_set",
            hospital_id=stay.hospital.id,
            id=dice.id(taken.recorded_at),
            person_id=stay.person.id,
            encounter_id=stay.encounter_id,
            taken_at=taken.taken_at,
            recorded_at=taken.recorded_at,
            recorded_by=taken.nurse.id,
            respiration_per_min=signs.respiration_per_min,
            spo2_percent=signs.spo2_percent,
            spo2_scale=signs.spo2_scale.value,
            on_oxygen=signs.on_oxygen,
            oxygen_l_per_min=signs.oxygen_l_per_min,
            oxygen_device=signs.oxygen_device,
            systolic_mmhg=signs.systolic_mmhg,
            diastolic_mmhg=signs.diastolic_mmhg,
            pulse_per_min=signs.pulse_per_min,
            consciousness=signs.consciousness.value if signs.consciousness else None,
            temperature_celsius=signs.temperature_celsius,
            news_score=stands.total,
            news_signs=stands.signs_scored,
            news_band=stands.band.value if stands.band else None,
            created_at=taken.recorded_at,
            created_by=taken.nurse.id,
        )


def scale_columns(observed: ObservedStay) -> dict[str, object]:
    """The scale in force and who prescribed it, which the database wants for scale 2."""
    prescribed = observed.course.scale is SpO2Scale.TWO
    return {
        "spo2_scale": observed.course.scale.value,
        "spo2_scale_by": observed.stay.doctor.id if prescribed else None,
        "spo2_scale_at": observed.stay.started_at if prescribed else None,
    }
