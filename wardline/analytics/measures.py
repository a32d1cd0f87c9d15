"""What is measured, against which target, and how weeks of several hospitals become one number. Pure."""

from typing import Literal

import msgspec

from wardline.analytics.counting import CLEANING_BUCKET_MINUTES, STAY_BUCKET_HOURS

WEEKS = 13


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """A question with its target. `kind`: percent = numerator of denominator; mean = numerator by denominator, added over
    hospitals; median = from the buckets, each `bucket` wide. `near`: how far off is still just off."""

    key: str
    question: str
    kind: Literal["percent", "mean", "median"]
    unit: str
    low: float
    high: float
    axis_low: float
    axis_high: float
    near: float
    worst: Literal["highest", "lowest"]
    worst_words: str
    of_words: str
    decimals: int = 1
    bucket: float = 1.0
    each: bool = False  # the target is for each hospital: for several it is as many times as high
    href: str = "/wards"


MEASURES = (
    Measure(key="full", question="How full are we?", kind="percent", unit="%", low=85, high=92, axis_low=75, axis_high=100,
            near=2, worst="highest", worst_words="Fullest", of_words="of {beds} beds", href="/beds"),
    Measure(key="emergency", question="Emergency: out within 4 h?", kind="percent", unit="%", low=78, high=100, axis_low=50,
            axis_high=100, near=3, worst="lowest", worst_words="Lowest", of_words="{n} left", href="/beds"),
    Measure(key="noon", question="Discharged before noon?", kind="percent", unit="%", low=33, high=50, axis_low=0,
            axis_high=60, near=3, worst="lowest", worst_words="Lowest", of_words="{n} left", href="/wards"),
    Measure(key="news", question="NEWS 7+ seen in 30 min?", kind="percent", unit="%", low=90, high=100, axis_low=60,
            axis_high=100, near=3, worst="lowest", worst_words="Lowest", of_words="{n} calls", href="/tasks"),
    Measure(key="urgent", question="NEWS 5 to 6 seen in 1 h?", kind="percent", unit="%", low=90, high=100, axis_low=60,
            axis_high=100, near=3, worst="lowest", worst_words="Lowest", of_words="{n} calls", href="/tasks"),
    Measure(key="observations", question="Observations on time?", kind="percent", unit="%", low=90, high=100, axis_low=50,
            axis_high=100, near=3, worst="lowest", worst_words="Lowest", of_words="{n} fell due", href="/wards"),
    Measure(key="stay", question="How long do they stay?", kind="median", unit="days, median", low=0, high=5, axis_low=0,
            axis_high=10, near=0.5, worst="highest", worst_words="Longest", of_words="{n} left",
            bucket=STAY_BUCKET_HOURS / 24, href="/beds"),
    Measure(key="cleaning", question="How fast is a bed clean?", kind="median", unit="min, median", low=0, high=45,
            axis_low=0, axis_high=120, near=5, worst="highest", worst_words="Slowest", of_words="{n} beds", decimals=0,
            bucket=CLEANING_BUCKET_MINUTES, href="/beds"),
    Measure(key="waiting", question="How many wait for a bed?", kind="mean", unit="now", low=0, high=3, axis_low=0,
            axis_high=10, near=1, worst="highest", worst_words="Most", of_words="{long} over 4 h", decimals=0, each=True,
            href="/beds"),
)  # fmt: skip


class Fact(msgspec.Struct):
    """What is stored of one measure in one week at one hospital, or added over several."""

    numerator: float = 0
    denominator: float = 0
    buckets: list[int] = []
    mean: float = 0  # of kind "mean": numerators by denominators, added
    counted: bool = False

    def add(self, other: "Fact") -> None:
        """Take another hospital's fact in."""
        self.numerator += other.numerator
        self.denominator += other.denominator
        self.mean += other.numerator / other.denominator if other.denominator else 0
        self.counted = self.counted or other.counted
        longer = max(len(self.buckets), len(other.buckets))
        self.buckets = [sum(b[i] for b in (self.buckets, other.buckets) if i < len(b)) for i in range(longer)]


def value_of(measure: Measure, fact: Fact) -> float | None:
    """The number of a week; None without a case."""
    if measure.kind == "median":
        return median(fact.buckets, measure.bucket)
    if measure.kind == "mean":
        return fact.mean if fact.counted else None
    return 100 * fact.numerator / fact.denominator if fact.denominator else None


def median(buckets: list[int], width: float) -> float | None:
    """The middle case, taken as evenly spread within its bucket; the last bucket is open and counts as its beginning."""
    half = sum(buckets) / 2
    if half == 0:
        return None
    before = 0
    for number, cases in enumerate(buckets):
        if cases and before + cases >= half:
            within = 0 if number == len(buckets) - 1 else (half - before) / cases
            return (number + within) * width
        before += cases
    return None


State = Literal["on", "near", "off", "none"]


def state_of(measure: Measure, value: float | None, hospitals: int) -> State:
    """On target, just off, off, or nothing to say."""
    if value is None:
        return "none"
    low, high, near = target(measure, hospitals)
    shown = round(value, measure.decimals)
    if low <= shown <= high:
        return "on"
    return "near" if low - near <= shown <= high + near else "off"


def target(measure: Measure, hospitals: int) -> tuple[float, float, float]:
    """Low, high and what is just off, for so many hospitals."""
    times = max(hospitals, 1) if measure.each else 1
    return measure.low * times, measure.high * times, measure.near * times


def words(measure: Measure, value: float | None) -> str:
    """94.1, 5, 1,204."""
    return "–" if value is None else f"{value:,.{measure.decimals}f}"


def change_words(measure: Measure, now: float | None, before: float | None) -> str:
    """↗ +0.8 on last week."""
    if now is None or before is None:
        return "no week before to compare"
    step = round(round(now, measure.decimals) - round(before, measure.decimals), measure.decimals)
    if step == 0:
        return "→ same as last week"
    return f"{'↗ +' if step > 0 else '↘ −'}{abs(step):,.{measure.decimals}f} on last week"
