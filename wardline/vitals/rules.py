"""NEWS2: points, total, band, response and what must happen next. Pure: no I/O, time passed in.

Source of every threshold: Royal College of Physicians, National Early Warning Score (NEWS) 2, 2017,
ISBN 978-1-86016-682-2. What is this product's own choice says "own".
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from wardline.tasks.public import Priority, Rung
from wardline.vitals.models import SIGNS_TOTAL, Band, Consciousness, RecordedSet, Sign, Signs, SpO2Scale

SIGNS = tuple(Sign)
WINDOW_DEFAULT = timedelta(hours=12)
AGE_LOWEST_YEARS = 16
Value = TypeVar("Value")

Bands = Sequence[tuple[float, int]]
# Each pair is (highest value of the band, points); the last band has no upper edge.
RESPIRATION_BANDS: Bands = ((8, 3), (11, 1), (20, 0), (24, 2), (float("inf"), 3))
SPO2_SCALE_1_BANDS: Bands = ((91, 3), (93, 2), (95, 1), (float("inf"), 0))
SPO2_SCALE_2_BANDS: Bands = ((83, 3), (85, 2), (87, 1), (92, 0), (94, 1), (96, 2), (float("inf"), 3))
SPO2_SCALE_2_NEEDS_OXYGEN_FROM = 93
SYSTOLIC_BANDS: Bands = ((90, 3), (100, 2), (110, 1), (219, 0), (float("inf"), 3))
PULSE_BANDS: Bands = ((40, 3), (50, 1), (90, 0), (110, 1), (130, 2), (float("inf"), 3))
TEMPERATURE_BANDS: Bands = ((35.0, 3), (36.0, 1), (38.0, 0), (39.0, 1), (float("inf"), 2))
OXYGEN_POINTS = 2
NOT_ALERT_POINTS = 3


# --- points of one sign ------------------------------------------------------------------------------------------------
def _points(bands: Bands, value: float) -> int:
    return next(points for highest, points in bands if value <= highest)


def one_decimal(value: float) -> float:
    """The bands are written to one decimal, so a finer reading is rounded half up first (38.05 is 38.1)."""
    return float(Decimal(str(value)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))


def as_recorded(signs: Signs) -> Signs:
    """Temperature and flow to one decimal, as they are stored, shown and scored."""
    temperature, flow = signs.temperature_celsius, signs.oxygen_l_per_min
    return structs.replace(
        signs,
        temperature_celsius=None if temperature is None else one_decimal(temperature),
        oxygen_l_per_min=None if flow is None else one_decimal(flow),
    )


def spo2_points(spo2_percent: int, scale: SpO2Scale, on_oxygen: bool | None) -> int | None:
    """On scale 2 a value of 93 % or more is 0 on air and scored on oxygen; None while that is not known."""
    if scale is SpO2Scale.ONE:
        return _points(SPO2_SCALE_1_BANDS, spo2_percent)
    if spo2_percent < SPO2_SCALE_2_NEEDS_OXYGEN_FROM:
        return _points(SPO2_SCALE_2_BANDS, spo2_percent)
    if on_oxygen is None:
        return None
    return _points(SPO2_SCALE_2_BANDS, spo2_percent) if on_oxygen else 0


def points_of(signs: Signs, sign: Sign, *, oxygen_at_the_time: bool | None) -> int | None:
    """Points of one sign, 0 to 3, or None when it was not taken or cannot be scored yet."""
    match sign:
        case Sign.RESPIRATION:
            return None if signs.respiration_per_min is None else _points(RESPIRATION_BANDS, signs.respiration_per_min)
        case Sign.SPO2:
            if signs.spo2_percent is None:
                return None
            return spo2_points(signs.spo2_percent, signs.spo2_scale, oxygen_at_the_time)
        case Sign.OXYGEN:
            return None if signs.on_oxygen is None else OXYGEN_POINTS * signs.on_oxygen
        case Sign.SYSTOLIC:
            return None if signs.systolic_mmhg is None else _points(SYSTOLIC_BANDS, signs.systolic_mmhg)
        case Sign.PULSE:
            return None if signs.pulse_per_min is None else _points(PULSE_BANDS, signs.pulse_per_min)
        case Sign.CONSCIOUSNESS:
            if signs.consciousness is None:
                return None
            return 0 if signs.consciousness is Consciousness.ALERT else NOT_ALERT_POINTS
        case Sign.TEMPERATURE:
            if signs.temperature_celsius is None:
                return None
            return _points(TEMPERATURE_BANDS, one_decimal(signs.temperature_celsius))


# --- totals ------------------------------------------------------------------------------------------------------------
class Score(Struct, frozen=True, kw_only=True, dict=True):
    """`total` is the score when `complete`, otherwise its lower bound; `stale` signs are older than the window. Its sums are
    asked for some thirty times when a set is saved, so each is worked out once."""

    points: dict[Sign, int | None]
    stale: list[Sign]

    @cached_property
    def total(self) -> int:
        """Sum of all points that are known, stale ones included: time alone never lowers a score."""
        return sum(points for points in self.points.values() if points is not None)

    @cached_property
    def signs_scored(self) -> int:
        """How many of the seven signs have points from within the window."""
        return sum(points is not None and sign not in self.stale for sign, points in self.points.items())

    @property
    def complete(self) -> bool:
        """All seven signs are known and none is older than the window."""
        return self.signs_scored == SIGNS_TOTAL

    @property
    def missing(self) -> list[Sign]:
        """Signs without points or too old, in chart order: what to take next."""
        return [sign for sign in SIGNS if self.points[sign] is None or sign in self.stale]

    @property
    def three_in_one_sign(self) -> bool:
        """One sign alone is worth 3."""
        return any(points == NOT_ALERT_POINTS for points in self.points.values())

    @property
    def label(self) -> str:
        """`6`, or `8+` while signs are missing; empty when nothing is known, which is not a score of 0."""
        if not any(points is not None for points in self.points.values()):
            return ""
        return str(self.total) if self.complete else f"{self.total}+"

    @property
    def completeness(self) -> str:
        """`complete`, or `incomplete (5 of 7)`."""
        return "complete" if self.complete else f"incomplete ({self.signs_scored} of {SIGNS_TOTAL})"


def score_set(signs: Signs) -> Score:
    """Scores one set by itself, as a nurse fills it in: later fields can only add, so its total only rises."""
    points = {sign: points_of(signs, sign, oxygen_at_the_time=signs.on_oxygen) for sign in SIGNS}
    return Score(points=points, stale=[])


class Latest(Struct, frozen=True, kw_only=True):
    """The newest value of each sign over several sets, with its time.

    A saturation keeps the oxygen it was measured under (its own set's, else the one before, else the first after), so
    taking oxygen off without measuring again does not lower the points of a saturation measured on oxygen. With that,
    a new set changes the points of the signs it holds and of no other.
    """

    signs: Signs
    taken_at: dict[Sign, datetime]
    spo2_on_oxygen: bool | None = None

    @property
    def points(self) -> dict[Sign, int | None]:
        """Points of each sign, None where it is not known."""
        return {sign: points_of(self.signs, sign, oxygen_at_the_time=self.spo2_on_oxygen) for sign in SIGNS}


NOTHING_YET = Latest(signs=Signs(), taken_at={})


def latest_of(sets: Iterable[RecordedSet]) -> Latest:
    """Takes each sign from the newest set that holds it (by `taken_at`, then by `recorded_at`)."""
    latest = NOTHING_YET
    for each in sorted(sets, key=lambda each: (each.taken_at, each.recorded_at)):
        latest = with_newer(latest, each.signs, each.taken_at)
    return latest


def with_newer(latest: Latest, signs: Signs, taken_at: datetime) -> Latest:
    """What is known after one more set, none of whose signs is known from later than `taken_at`."""
    held = [sign for sign in SIGNS if signs.has(sign)]
    oxygen_known = latest.signs.on_oxygen if signs.on_oxygen is None else signs.on_oxygen
    unresolved = Sign.SPO2 in held or latest.spo2_on_oxygen is None
    return Latest(
        signs=_merged(latest.signs, signs),
        taken_at=latest.taken_at | dict.fromkeys(held, taken_at),
        spo2_on_oxygen=oxygen_known if unresolved else latest.spo2_on_oxygen,
    )


def is_late(latest: Latest, signs: Signs, taken_at: datetime) -> bool:
    """Whether any sign is already known from a later time than this set: then all sets are read again."""
    return any(latest.taken_at.get(sign, taken_at) > taken_at for sign in Sign)


def _merged(older: Signs, newer: Signs) -> Signs:
    """The newer value of each sign; what belongs to a sign (flow, device, lower pressure, scale) comes with it."""
    spo2 = newer if newer.has(Sign.SPO2) else older
    oxygen = newer if newer.has(Sign.OXYGEN) else older
    pressure = newer if newer.has(Sign.SYSTOLIC) else older
    return Signs(
        respiration_per_min=_newest(newer.respiration_per_min, older.respiration_per_min),
        spo2_percent=spo2.spo2_percent,
        spo2_scale=spo2.spo2_scale,
        on_oxygen=oxygen.on_oxygen,
        oxygen_l_per_min=oxygen.oxygen_l_per_min,
        oxygen_device=oxygen.oxygen_device,
        systolic_mmhg=pressure.systolic_mmhg,
        diastolic_mmhg=pressure.diastolic_mmhg,
        pulse_per_min=_newest(newer.pulse_per_min, older.pulse_per_min),
        consciousness=_newest(newer.consciousness, older.consciousness),
        temperature_celsius=_newest(newer.temperature_celsius, older.temperature_celsius),
    )


def _newest(newer: Value | None, older: Value | None) -> Value | None:
    return older if newer is None else newer


def score_latest(latest: Latest, now: datetime, window: timedelta = WINDOW_DEFAULT) -> Score:
    """Scores the newest values. One older than the window still counts but is marked stale: the score is incomplete."""
    stale = [sign for sign in SIGNS if sign in latest.taken_at and now - latest.taken_at[sign] > window]
    return Score(points=latest.points, stale=stale)


# --- what a score asks for ---------------------------------------------------------------------------------------------
class Response(Struct, frozen=True, kw_only=True):
    """What the score asks for, in words (`act` in the fewest), and how long until the next set at the latest."""

    title: str
    text: str
    act: str
    frequency: str
    due_within: timedelta


NO_RISE = Response(
    title="Low – routine monitoring",
    text="Continue routine monitoring.",
    act="Continue routine monitoring.",
    frequency="At least every 12 hours",
    due_within=timedelta(hours=12),
)
RESPONSES: dict[Band, Response] = {
    Band.LOW: Response(
        title="Low – ward response",
        text="Registered nurse assesses and decides on monitoring and care.",
        act="Registered nurse assesses.",
        frequency="At least every 4 to 6 hours",
        due_within=timedelta(hours=6),
    ),
    Band.THREE_IN_ONE_SIGN: Response(
        title="3 in one sign – urgent ward response",
        text="Nurse informs the medical team, who review and decide on escalation.",
        act="Inform the medical team.",
        frequency="At least every hour",
        due_within=timedelta(hours=1),
    ),
    Band.MEDIUM: Response(
        title="Medium – urgent response",
        text="Nurse informs the medical team at once. Urgent assessment by a clinician competent in acute illness.",
        act="Inform the medical team at once.",
        frequency="At least every hour",
        due_within=timedelta(hours=1),
    ),
    Band.HIGH: Response(
        title="High – emergency response",
        text="Call the registrar now. Emergency assessment by a team at registrar level or above.",
        act="Call the registrar now.",
        frequency="Continuous monitoring",
        # Own: monitoring is continuous, and a set is written down at the latest after this long.
        due_within=timedelta(minutes=30),
    ),
}
# Own: an incomplete score that is still low asks for the missing signs within the short end of "4 to 6 hours".
INCOMPLETE = Response(
    title="Incomplete – record the missing signs",
    text="The score is not known while signs are missing.",
    act="The score is not known yet.",
    frequency="Missing signs within 4 hours",
    due_within=timedelta(hours=4),
)


def band_of(score: Score) -> Band | None:
    """The band by the total, or by a single 3. None while signs are missing and the known ones are low:
    an incomplete score is never called low, but it is called medium or high as soon as no further entry could lower it.
    """
    if score.total >= 7:
        return Band.HIGH
    if score.total >= 5:
        return Band.MEDIUM
    if score.three_in_one_sign:
        return Band.THREE_IN_ONE_SIGN
    return Band.LOW if score.complete else None


def on_bed_board(total: int | None) -> int | None:
    """What the hospital's bed board shows of a total: from 5 on, where somebody has to come."""
    return total if total is not None and total >= 5 else None


def response_to(score: Score) -> Response:
    """The RCP's response to this score; to an incomplete one, the least that it can ask for."""
    band = band_of(score)
    if band is None:
        return INCOMPLETE
    return NO_RISE if band is Band.LOW and score.total == 0 else RESPONSES[band]


def response_line(score: Score) -> str:
    """The whole response in one line, for files and print."""
    response = response_to(score)
    if response is INCOMPLETE:
        return f"{score.completeness}: {response.text} {response.frequency}."
    line = f"{response.title}. {response.text} {response.frequency}."
    return line if score.complete else f"{score.completeness}: {line}"


def next_due_at(taken_at: datetime, score: Score) -> datetime:
    """When the next set is due at the latest."""
    return taken_at + response_to(score).due_within


class Escalation(Struct, frozen=True, kw_only=True):
    """A task to make: on which rung of the ladder it starts and how soon somebody must acknowledge it."""

    band: Band
    rung: Rung
    priority: Priority


ESCALATIONS: dict[Band, Escalation] = {
    Band.THREE_IN_ONE_SIGN: Escalation(
        band=Band.THREE_IN_ONE_SIGN, rung=Rung.NURSE_IN_CHARGE, priority=Priority.URGENT
    ),
    Band.MEDIUM: Escalation(band=Band.MEDIUM, rung=Rung.DOCTOR_ON_CALL, priority=Priority.URGENT),
    Band.HIGH: Escalation(band=Band.HIGH, rung=Rung.REGISTRAR, priority=Priority.CRITICAL),
}


def escalation_for(score: Score) -> Escalation | None:
    """The task that this score asks for; a score of 0 to 4 without a single 3 is handled by the nurse at the bed."""
    band = band_of(score)
    return None if band is None else ESCALATIONS.get(band)


def escalation_reason(score: Score, before: int | None) -> str:
    """`NEWS 8, up from 4`, for whoever is asked."""
    words = f"NEWS {score.label}"
    if before is not None and before < score.total:
        words += f", up from {before}"
    return words if score.complete else f"{words}, {score.completeness}"


# --- when it was taken -------------------------------------------------------------------------------------------------
CLOCK_SKEW_MAX = timedelta(minutes=1)
CLOCK_BACK_MAX = timedelta(hours=12)
BEFORE_STAY_MAX = timedelta(hours=24)  # own: what the ambulance and the emergency department measured


def not_ahead(taken_at: datetime, now: datetime) -> datetime | None:
    """The time as given, kept from running ahead by a clock's skew; None when it is still to come."""
    return None if taken_at > now + CLOCK_SKEW_MAX else min(taken_at, now)


def clock_time(text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The last time a ward's clock showed `14:20`, at most 12 hours ago; None when that is still to come."""
    digits = text.replace(":", "").replace(".", "").zfill(4)
    today = now.astimezone(zone).replace(hour=int(digits[:2]), minute=int(digits[2:]), second=0, microsecond=0)
    for taken_at in (today, today - timedelta(days=1)):
        if now - CLOCK_BACK_MAX <= taken_at <= now + CLOCK_SKEW_MAX:
            return min(taken_at.astimezone(UTC), now)
    return None


# --- who it is for -----------------------------------------------------------------------------------------------------
class Eligibility(Struct, frozen=True):
    """Whether NEWS2 is offered; `reason` is empty when it is, or what the page says instead."""

    offered: bool
    reason: str = ""


def eligibility(born: date | None, *, pregnant: bool, today: date) -> Eligibility:
    """NEWS2 is validated for people of 16 and over who are not pregnant. An unknown age is scored, and said."""
    if pregnant:
        return Eligibility(False, "NEWS2 is not for use in pregnancy: use the maternity early warning chart.")
    if born is not None and age_in_years(born, today) < AGE_LOWEST_YEARS:
        return Eligibility(False, "NEWS2 is not for people under 16: use the paediatric early warning chart.")
    return Eligibility(True, "" if born else "Date of birth not known: NEWS2 is for people of 16 and over.")


def age_in_years(born: date, today: date) -> int:
    """Full years; born on 29 February counts from 1 March in other years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
