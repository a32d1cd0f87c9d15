"""NEWS2: points, total, band, response and what must happen next. Pure: no I/O, time passed in.

Source of every threshold: Royal College of Physicians, National Early Warning Score (NEWS) 2, 2017,
ISBN 978-1-86016-682-2. What is this product's own choice says "own".
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from msgspec import Struct

from wardline.vitals.models import SIGNS_TOTAL, Band, Consciousness, RecordedSet, Sign, Signs, SpO2Scale

WINDOW_DEFAULT = timedelta(hours=12)
AGE_LOWEST_YEARS = 16

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


def one_decimal(temperature_celsius: float) -> float:
    """The bands are written to one decimal, so a finer reading is rounded half up first (38.05 is 38.1)."""
    return float(Decimal(str(temperature_celsius)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))


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
class Score(Struct, frozen=True, kw_only=True):
    """`total` is the score when `complete`, otherwise its lower bound; `stale` signs are older than the window."""

    points: dict[Sign, int | None]
    stale: list[Sign]

    @property
    def total(self) -> int:
        """Sum of all points that are known, stale ones included: time alone never lowers a score."""
        return sum(points for points in self.points.values() if points is not None)

    @property
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
        return [sign for sign in Sign if self.points[sign] is None or sign in self.stale]

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
    points = {sign: points_of(signs, sign, oxygen_at_the_time=signs.on_oxygen) for sign in Sign}
    return Score(points=points, stale=[])


class Latest(Struct, frozen=True, kw_only=True):
    """The newest value of each sign over several sets, each with its time and points."""

    signs: Signs
    points: dict[Sign, int | None]
    taken_at: dict[Sign, datetime]


def latest_of(sets: Iterable[RecordedSet]) -> Latest:
    """Takes each sign from the newest set that holds it (by `taken_at`, then by `recorded_at`).

    SpO2 keeps the oxygen it was measured under (its own set's, else the one before, else the first after), so that
    taking oxygen off without measuring again does not lower the points of a saturation measured on oxygen. With that,
    a new set changes the points of the signs it holds and of no other.
    """
    ordered = sorted(sets, key=lambda each: (each.taken_at, each.recorded_at))
    newest = {sign: each for each in ordered for sign in Sign if each.signs.has(sign)}
    points: dict[Sign, int | None] = {}
    for sign in Sign:
        source = newest.get(sign)
        oxygen = None if source is None else _oxygen_when(source, ordered)
        points[sign] = None if source is None else points_of(source.signs, sign, oxygen_at_the_time=oxygen)
    return Latest(signs=_merged(newest), points=points, taken_at={sign: each.taken_at for sign, each in newest.items()})


def _oxygen_when(source: RecordedSet, ordered: Sequence[RecordedSet]) -> bool | None:
    if source.signs.on_oxygen is not None:
        return source.signs.on_oxygen
    place = ordered.index(source)
    nearest_first = [*reversed(ordered[:place]), *ordered[place + 1 :]]
    return next((each.signs.on_oxygen for each in nearest_first if each.signs.on_oxygen is not None), None)


def _merged(newest: Mapping[Sign, RecordedSet]) -> Signs:
    """One set made of the newest values; what belongs to a sign (flow, device, lower pressure) comes with it."""
    nothing = Signs()
    respiration, spo2, oxygen, systolic, pulse, consciousness, temperature = (
        newest[sign].signs if sign in newest else nothing for sign in Sign
    )
    return Signs(
        respiration_per_min=respiration.respiration_per_min,
        spo2_percent=spo2.spo2_percent,
        spo2_scale=spo2.spo2_scale,
        on_oxygen=oxygen.on_oxygen,
        oxygen_l_per_min=oxygen.oxygen_l_per_min,
        oxygen_device=oxygen.oxygen_device,
        systolic_mmhg=systolic.systolic_mmhg,
        diastolic_mmhg=systolic.diastolic_mmhg,
        pulse_per_min=pulse.pulse_per_min,
        consciousness=consciousness.consciousness,
        temperature_celsius=temperature.temperature_celsius,
    )


def score_latest(latest: Latest, now: datetime, window: timedelta = WINDOW_DEFAULT) -> Score:
    """Scores the newest values. One older than the window still counts but is marked stale: the score is incomplete."""
    stale = [sign for sign in Sign if sign in latest.taken_at and now - latest.taken_at[sign] > window]
    return Score(points=latest.points, stale=stale)


# --- what a score asks for ---------------------------------------------------------------------------------------------
class Response(Struct, frozen=True, kw_only=True):
    """What the score asks for, in words, and how long until the next set at the latest."""

    title: str
    text: str
    frequency: str
    due_within: timedelta


NO_RISE = Response(
    title="Low – routine monitoring",
    text="Continue routine monitoring.",
    frequency="At least every 12 hours",
    due_within=timedelta(hours=12),
)
RESPONSES: dict[Band, Response] = {
    Band.LOW: Response(
        title="Low – ward response",
        text="Registered nurse assesses and decides on monitoring and care.",
        frequency="At least every 4 to 6 hours",
        due_within=timedelta(hours=6),
    ),
    Band.THREE_IN_ONE_SIGN: Response(
        title="3 in one sign – urgent ward response",
        text="Nurse informs the medical team, who review and decide on escalation.",
        frequency="At least every hour",
        due_within=timedelta(hours=1),
    ),
    Band.MEDIUM: Response(
        title="Medium – urgent response",
        text="Nurse informs the medical team at once. Urgent assessment by a clinician competent in acute illness.",
        frequency="At least every hour",
        due_within=timedelta(hours=1),
    ),
    Band.HIGH: Response(
        title="High – emergency response",
        text="Call the registrar now. Emergency assessment by a team at registrar level or above.",
        frequency="Continuous monitoring",
        # Own: monitoring is continuous, and a set is written down at the latest after this long.
        due_within=timedelta(minutes=30),
    ),
}
# Own: an incomplete score that is still low asks for the missing signs within the short end of "4 to 6 hours".
INCOMPLETE = Response(
    title="Incomplete – record the missing signs",
    text="The score is not known while signs are missing.",
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


def response_to(score: Score) -> Response:
    """The RCP's response to this score; to an incomplete one, the least that it can ask for."""
    band = band_of(score)
    if band is None:
        return INCOMPLETE
    return NO_RISE if band is Band.LOW and score.total == 0 else RESPONSES[band]


def response_line(score: Score) -> str:
    """The whole response in one line, for files and print."""
    response = response_to(score)
    line = f"{response.title}. {response.text} {response.frequency}."
    return line if score.complete else f"{score.completeness}: {line}"


def next_due_at(taken_at: datetime, score: Score) -> datetime:
    """When the next set is due at the latest."""
    return taken_at + response_to(score).due_within


class Escalation(Struct, frozen=True, kw_only=True):
    """A task to make: who owns it first, and after how many minutes without acknowledgement it climbs."""

    band: Band
    owner: str
    acknowledge_within: timedelta


LADDER = ("nurse_in_charge", "doctor_on_call", "registrar", "outreach_team")
# Own, a hospital sets them: the RCP says "informs", "immediately informs" and "emergency", without minutes.
ESCALATIONS: dict[Band, Escalation] = {
    Band.THREE_IN_ONE_SIGN: Escalation(
        band=Band.THREE_IN_ONE_SIGN, owner="nurse_in_charge", acknowledge_within=timedelta(minutes=60)
    ),
    Band.MEDIUM: Escalation(band=Band.MEDIUM, owner="doctor_on_call", acknowledge_within=timedelta(minutes=30)),
    Band.HIGH: Escalation(band=Band.HIGH, owner="registrar", acknowledge_within=timedelta(minutes=15)),
}


def escalation_for(score: Score) -> Escalation | None:
    """The task that this score asks for; a score of 0 to 4 without a single 3 is handled by the nurse at the bed."""
    band = band_of(score)
    return None if band is None else ESCALATIONS.get(band)


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
