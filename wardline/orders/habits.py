"""What ward doctors write in one line that is more than one dose and one frequency: "qds prn 4-6 hourly", "reducing by 5 mg
every 3 days", "5 mg mane 2.5 mg nocte", "500 mg tabs 1-2". What has one safe meaning is read as that and said; what has not is
asked, with a choice that answers the question when it is typed behind the line, or with what to write instead.
"""

import math
import re
from decimal import Decimal

from msgspec import Struct

from wardline.orders import ranges
from wardline.orders.doses import in_unit
from wardline.orders.lines import (
    HOURS_PER_DAY,
    HOURS_PER_WEEK,
    Amount,
    Step,
    hours_words,
    plain,
    range_words,
    times_words,
)
from wardline.orders.ranges import DAYS_MAX, DAYS_OF
from wardline.orders.reading import MOST, NUMBER, PER_DAY, UNIT, Reading, amount_of

STEPS_MAX = 20
_STEP_OFTEN = {"once daily": 1, "once a day": 1, "daily": 1, "od": 1, "om": 1, "mane": 1, "twice daily": 2, "bd": 2,
               "bid": 2, "tds": 3, "tid": 3, "qds": 4, "qid": 4}  # fmt: skip
_DAYS = r"(\d{1,3})\s*(days?|d|weeks?|wks?|w|/7|/52)(?![a-z])"
_AT_WORDS = "at midday|in the evening|in the morning|at night|evening|midday|nocte|mane|om|on"
_QUALITY = r"(?:mild|moderate|severe|acute|breakthrough|chest|abdominal|back|mild to moderate|moderate to severe)"
_SYMPTOM = (
    r"(?:pain|headaches?|nausea|vomiting|sickness|fever|pyrexia|anxiety|agitation|distress|restlessness|constipation|"
    r"diarrhoea|diarrhea|wheeze|wheezing|breathlessness|shortness of breath|sob|dyspnoea|dyspnea|cough|itch|itching|"
    r"pruritus|sleep|insomnia|heartburn|indigestion|reflux|dyspepsia|seizures?|spasms?|hiccups|secretions|angina)"
)
_SYMPTOMS = rf"(?:{_QUALITY}\s+)*{_SYMPTOM}"
# A frequency at the end of a line, as a question offers it.
ANSWER = re.compile(
    r" (once only|once a day|twice a day|\d{1,2} times a day|once a week|every hour|every \d{1,3} (?:hours|days)|in the morning|at night)$"
)
# The reason of "prn pain": without "for" only words that can be nothing else.
REASON = rf"{_SYMPTOMS}(?:\s*(?:or|and|/)\s*{_SYMPTOMS})*"


class AtMost(Struct, frozen=True):
    """A most in 24 hours as a number, of doses where it says so; `vague` is of "max 4/24", which says neither doses nor an
    amount. None and 0 where nothing was said.
    """

    times: int | None = None
    says_doses: bool = False
    vague: int = 0


def most(reading: Reading) -> AtMost:
    """`max 4 doses`, `max 4/day`, `up to four times daily`, `max 4/24`."""
    bound = rf"{MOST}\s*(\d{{1,2}})"
    vague = reading.take(rf"{bound}\s*/\s*24(?!\s*h)")
    found = reading.take(rf"{bound}\s*(doses?|times|x)(?:{PER_DAY})?") or reading.take(
        rf"{bound}(?!\s*h)()(?:{PER_DAY})"
    )
    return AtMost(
        times=int(found[1]) if found else None,
        says_doses=bool(found and found[2]),
        vague=int(vague[1]) if vague else 0,
    )


def ask_about_vague(reading: Reading, at_most: AtMost) -> None:
    """`max 4/24`: doses, an amount, or tablets of the strength that was said? The rest of the line may say which. So many
    doses are offered only where the frequency allows them, and never where tablets were counted.
    """
    says_doses = at_most.says_doses and at_most.times == at_most.vague and reading.tablet is None
    if not at_most.vague or says_doses:
        return
    amount = reading.fields.get("amount_to") or reading.fields.get("amount")
    offered: list[Amount] = []
    if reading.tablet is not None:
        offered.append(_each_time(reading.tablet, str(at_most.vague)))
    elif isinstance(amount, Amount) and amount.value <= at_most.vague:
        offered.append(Amount(Decimal(at_most.vague), amount.unit))
    if any(_is_same(reading.fields.get("day_max"), each) for each in offered):
        return
    choices = [f"at most {each.words} in 24 hours" for each in offered]
    if reading.tablet is None and at_most.vague <= _doses_a_day(reading):
        choices.insert(0, f"at most {_doses(at_most.vague)} in 24 hours")
    reading.ask("day_max", f'"max {at_most.vague}/24": of what?', tuple(choices))


def _is_same(said: object, offered: Amount) -> bool:
    """Whether an amount was said that is the offered one, in whatever unit."""
    if not isinstance(said, Amount):
        return False
    total = in_unit(float(offered.value), offered.unit, said.unit)
    return total is not None and math.isclose(float(said.value), total)


def _doses_a_day(reading: Reading) -> int:
    """The most doses that the frequency of the line comes to in 24 hours; any number where it has none."""
    times, hours = reading.fields.get("times_per_day"), reading.fields.get("every_hours")
    if isinstance(times, int):
        return times
    return max(HOURS_PER_DAY // hours, 1) if isinstance(hours, int) else HOURS_PER_DAY


def _doses(count: int) -> str:
    return "1 dose" if count == 1 else f"{count} doses"


# --- two frequencies ---------------------------------------------------------------------------------------------------
def one_frequency(reading: Reading, at_most: AtMost, *, is_weekly: bool) -> None:
    """Once a day follows from a time of day alone. Of two frequencies that agree the interval is kept; of two that may mean a
    least interval and a most in 24 hours that is asked; any others are asked about, and the one that is typed behind them answers.
    """
    fields = reading.fields
    said = [name for name in ("once", "times_per_day", "every_hours") if fields.get(name) is not None]
    at, times, hours = fields.get("at"), fields.get("times_per_day"), fields.get("every_hours")
    if at is not None and not said and not fields.get("rate"):
        reading.set(times_per_day=1)
    if isinstance(times, int) and isinstance(hours, int) and at is None and "once" not in said:
        _interval_and_times(reading, hours, times, at_most)
        return
    daily = times in {None, 1} and (not isinstance(hours, int) or hours % HOURS_PER_DAY == 0)
    if len(said) > 1 or (at is not None and ("once" in said or not daily)):
        _which(reading, said)
    elif is_weekly and reading.answer == "once a week" and (said == ["times_per_day"] or _is_under_a_week(hours)):
        _stands(reading, said, "every_hours", HOURS_PER_WEEK)


def _is_under_a_week(hours: object) -> bool:
    return isinstance(hours, int) and hours < HOURS_PER_WEEK


def _which(reading: Reading, said: list[str]) -> None:
    """Ask which of the frequencies is meant; the end of the line may have answered it."""
    words = _said_words(reading, said)
    answer = next((name for name, each in words.items() if each == reading.answer), None)
    if answer is None:
        reading.ask("often", f"How often: {', or '.join(words.values())}?", tuple(words.values()))
    else:
        _stands(reading, list(words), answer, reading.fields[answer])


def _stands(reading: Reading, said: list[str], field: str, value: object) -> None:
    for other in said:
        reading.fields.pop(other)
    reading.fields |= {field: value} | ({"times_per_day": 1} if field == "at" else {})
    reading.is_answered = True
    reading.assumptions.append(f"{reading.answer}, as the line ends")


def _interval_and_times(reading: Reading, hours: int, times: int, at_most: AtMost) -> None:
    """`qds prn 4-6 hourly`, `qds q6h`, `od every 2 days`."""
    both = f"{times_words(times)} and {_every_words(reading)}"
    if hours * times == HOURS_PER_DAY:
        reading.fields.pop("times_per_day")
        reading.assumptions.append(f"{both} are the same: {hours_words(hours)} between two doses")
    elif not reading.fields.get("as_needed") or hours > HOURS_PER_DAY:
        _which(reading, ["times_per_day", "every_hours"])
    elif _is_bounded(reading, times, at_most):
        reading.fields.pop("times_per_day")
        reading.assumptions.append(f"{both}: the interval, and the most in 24 hours that was said")
    elif reading.fields.get("per_kg") or reading.fields.get("day_max") or at_most.times is not None:
        reading.ask("often", f"How often: {both}? Keep one of them, with the most in 24 hours as an amount.")
    else:
        doses = min(times, HOURS_PER_DAY // hours)
        bound = f"at most {_doses(doses)} in 24 hours"
        apart = f"at least {hours_words(hours)} between two doses, and {bound}"
        reading.ask("often", f"{both[0].upper()}{both[1:]}: {apart}?", (bound,))


def _is_bounded(reading: Reading, times: int, at_most: AtMost) -> bool:
    """Whether the line says a most in 24 hours that is no more than so many doses."""
    if at_most.says_doses and at_most.times is not None and 0 < at_most.times <= times:
        return True
    bound, dose = reading.fields.get("day_max"), reading.fields.get("amount_to") or reading.fields.get("amount")
    if not isinstance(bound, Amount) or not isinstance(dose, Amount) or reading.fields.get("per_kg"):
        return False
    total = in_unit(float(dose.value * times), dose.unit, bound.unit)
    return total is not None and float(bound.value) <= total * (1 + 1e-9)


def _said_words(reading: Reading, said: list[str]) -> dict[str, str]:
    """Each frequency of the line as it can be typed."""
    times = reading.fields.get("times_per_day")
    words = {
        "once": "once only",
        "times_per_day": times_words(times) if isinstance(times, int) else "",
        "every_hours": _every_words(reading) if "every_hours" in said else "",
    }
    at = {"morning": "in the morning", "night": "at night"}.get(str(reading.fields.get("at")))
    return {name: words[name] for name in said} | ({"at": at} if at else {})


def _every_words(reading: Reading) -> str:
    low, high = reading.fields["every_hours"], reading.fields.get("every_hours_to")
    if isinstance(low, int) and isinstance(high, int):
        return f"every {range_words(low, high)}"
    alone = {1: "every hour", HOURS_PER_WEEK: "once a week"}
    return alone.get(low, f"every {hours_words(low)}") if isinstance(low, int) else ""


# --- two orders in one line --------------------------------------------------------------------------------------------
def two_orders(reading: Reading) -> None:
    """`5 mg mane 2.5 mg nocte`, `1 g stat then 500 mg tds`: the first is read, and it is said that these are orders of their own."""
    dose = rf"({NUMBER})\s*({UNIT})\s*(?:(po|oral|iv|im|sc)\s+)?({_AT_WORDS})(?!\w)"
    by_time = re.search(rf"(?<![\w./,-]){dose}(?:\s*(?:,|and|then)?\s*{dose})+", reading.rest)
    if by_time is not None:
        each = ", ".join(f'"{number} {unit} {at}"' for number, unit, _, at in re.findall(dose, by_time[0]))
        reading.rest = f"{reading.rest[: by_time.start()]} {by_time[3] or ''} {reading.rest[by_time.end() :]}"
        reading.set(amount=amount_of(reading, by_time[1], by_time[2]), times_per_day=1)
        reading.ask(
            "rest", f"Doses at different times of day are orders of their own: write the whole line for each of {each}."
        )
    now = re.search(r"(?<!\w)(stat|once only|loading dose|bolus)\s*,?\s*(?:then|and then|followed by)\s", reading.rest)
    if now is not None:
        after = reading.rest[now.end() :].strip()
        reading.rest = f"{reading.rest[: now.start()]} stat "
        reading.ask("steps", f'A dose now and doses after it are two orders: write "{after}" in a line of its own.')


_COUNTED_PIECES = rf"(?<!max )(\d(?:\.(?:25|5|75))?)(?:{ranges.TO}(\d))?\s*(?:tab(?:let)?s?|cap(?:sule)?s?)"


def tablets_of_strength(reading: Reading) -> None:
    """`500 mg tabs 1-2`, `500 mg 2 tablets`: what it comes to is offered, and answered where the line says the same."""
    solid = r"(mg|g|micrograms?|mcg)"
    most = r"(?<!max )(?<!maximum )(?<!up to )(?<!at most )(?<!not more than )"
    count = r"(?:tab(?:let)?s?|cap(?:sule)?s?)"
    taken = rf"(?:{count}\s*,?\s*)?(?:take\s+|give\s+)?"
    found = reading.take(
        rf"{most}({NUMBER})\s*{solid}\s+{taken}(\d(?:\.(?:25|5|75))?)(?:{ranges.TO}(\d))?\s*{count}"
    ) or reading.take(
        rf"{most}({NUMBER})\s*{solid}\s*{count}\s*,?\s*(?:take\s+)?(\d(?:\.(?:25|5|75))?)(?:{ranges.TO}(\d))?(?=\s+(?:[a-z]|\d\s*(?:x|times)))"
        rf"(?!\s*(?:x|times|hourly|hrly|hours?|hrs?|h|days?|d|weeks?|w|{UNIT})(?![a-z]))"
    )
    each = amount_of(reading, found[1], found[2]) if found else None
    if found is None or each is None:
        return
    reading.tablet = each
    low = _each_time(each, found[3])
    high = _each_time(each, found[4]) if found[4] else None
    if low == each and high is None:
        reading.set(amount=each)  # one of them: nothing to be counted
        return
    words = f"{plain(low.value)} to {high.words}" if high else low.words
    counted = f"{found[3]} to {found[4]}" if found[4] else found[3]
    asked = f"{counted} of {each.words}: {words} each time?"
    reading.either += [("amount", (low,), asked, (words,)), ("amount_to", (high,), asked, (words,))]


def counted_of_strength(reading: Reading) -> None:
    """`2 tabs of 500 mg`, `1 tab od of 250 micrograms`: what it comes to is said."""
    each = re.search(rf"(?<!\w)of\s+({NUMBER})\s*(mg|g|micrograms?|mcg)(?![\w/])", reading.rest)
    if each is None or not re.search(_COUNTED_PIECES, reading.rest):
        return
    strength, counts = amount_of(reading, each[1], each[2]), reading.take(_COUNTED_PIECES)
    reading.take(re.escape(each[0]))
    if strength is None or counts is None:
        return
    reading.tablet = strength
    low = _each_time(strength, counts[1])
    high = _each_time(strength, counts[2]) if counts[2] else None
    reading.set(amount=low, **({"amount_to": high} if high else {}))
    words = f"{plain(low.value)} to {high.words}" if high else low.words
    reading.assumptions.append(f"{counts[0].strip()} of {strength.words}: {words}")


def _each_time(each: Amount, count: str) -> Amount:
    return Amount(Decimal(f"{(each.value * Decimal(count)).normalize():f}"), each.unit)


# --- tapering ----------------------------------------------------------------------------------------------------------
_BY = re.compile(
    r"\b(then\s+)?(?:reduc(?:e|ing)|taper(?:ing)?|wean(?:ing)?|decreas(?:e|ing))\s+by\s*"
    rf"({NUMBER})\s*({UNIT})\s*(?:(?:every|each|per|a|/)\s*(?:{_DAYS}|day\b|(week)\b)|daily\b|(weekly|once a week)\b)"
)


def reducing(reading: Reading) -> None:
    """`40 mg od reducing by 5 mg every 3 days`: every step is written out, and offered."""
    by = _BY.search(reading.rest)
    if by is None:
        return
    before, after = reading.rest[: by.start()], reading.rest[by.end() :]
    first_days = re.search(rf"(?<![\w./,-])(?:for\s*|x\s*)?{_DAYS}", before)
    amounts = list(re.finditer(rf"(?<![\w./,-])({NUMBER})\s*({UNIT})", before))
    written = f'"{by[0].strip()}"'
    ends = re.match(r"\s*(?:,\s*)?(?:down\s+)?(?:to|until|till)\b", after)  # not down to nothing
    is_after = by[1] or before.rstrip().endswith(",")
    if len(amounts) != 1 or ends or (first_days is not None and not is_after):
        reading.ask("steps", f"{written}: write each step with its dose and days.")
        return
    start = amounts[0]
    days = int(by[4]) * DAYS_OF[by[5]] if by[4] else 7 if by[6] or by[7] else 1
    days_first = int(first_days[1]) * DAYS_OF[first_days[2]] if first_days else days
    first, less = amount_of(reading, start[1], start[2]), amount_of(reading, by[2], by[3])
    down = _steps_down(first, less, days_first, days) if first and less else ()
    for cut in filter(None, (first_days, start)):
        before = before.replace(cut[0], " ", 1)
    reading.rest = f"{before} {after}"
    if not down:
        reading.ask("steps", f"{start[0]} {written}: write each step with its dose and days.")
        return
    offered = " then ".join(f"{plain(each.amount.value)} {each.amount.unit} for {_days(each.days)}" for each in down)
    reading.either.append(("steps", (down,), f"{start[0]} {written}: these steps?", (offered,)))


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _steps_down(first: Amount, less: Amount, days_first: int, days: int) -> tuple[Step, ...]:
    """From the first dose down to the last above nothing; empty where that is not a taper that an order keeps."""
    if first.unit != less.unit or less.value >= first.value or days == 0 or days_first == 0:
        return ()
    count = math.ceil(first.value / less.value)
    if count > STEPS_MAX or days_first + (count - 1) * days > DAYS_MAX:
        return ()
    values = [Decimal(f"{(first.value - less.value * step).normalize():f}") for step in range(count)]
    return tuple(Step(Amount(value, first.unit), days if number else days_first) for number, value in enumerate(values))


def steps(reading: Reading) -> tuple[Step, ...]:
    """`40 mg for 5 days then 30 mg for 5 days`, `20 mg qds x 2d, 15 mg qds x 2d`, in any number of steps."""
    often = rf"(?:\s*(?:{'|'.join(_STEP_OFTEN)}))?"
    by_mouth = r"(?:\s*(?:po|orally|oral|by mouth)(?![a-z]))?"
    step = rf"({NUMBER})\s*({UNIT}){by_mouth}{often}{by_mouth}\s*(?:for|x)?\s*{_DAYS}"
    found = re.search(
        rf"(?<![\w./,-]){step}(?:(?:\s*,?\s*(?:and\s+)?(?:then|followed by)|\s*,)\s*{step})+", reading.rest
    )
    if found is None:
        if " then " in reading.rest or " followed by " in reading.rest:
            reading.ask("steps", 'Write each step with its dose and days: "40 mg for 5 days then 30 mg for 5 days".')
        return ()
    read = [_step(reading, *each) for each in re.findall(step, found[0])]
    _often_of_steps(reading, found[0], len(read))
    if re.search(r"\b(?:po|orally|oral|by mouth)\b", found[0]):
        reading.set(route="oral")
    reading.rest = f"{reading.rest[: found.start()]} {reading.rest[found.end() :]}"
    kept = tuple(each for each in read if each is not None)
    if len(kept) < len(read) or len(kept) > STEPS_MAX:
        reading.ask(
            "steps", f"Each step needs a dose and 1 to {DAYS_MAX} days, and an order keeps {STEPS_MAX} steps at most."
        )
    return kept[:STEPS_MAX]


def _step(reading: Reading, written: str, unit: str, days: str, each: str) -> Step | None:
    """One step; None where its dose or its days cannot be."""
    amount, length = amount_of(reading, written, unit), int(days) * DAYS_OF[each]
    return Step(amount, length) if amount is not None and 0 < length <= DAYS_MAX else None


def _often_of_steps(reading: Reading, written: str, count: int) -> None:
    """One frequency for all steps; different ones are different orders."""
    words = re.findall(rf"\b({'|'.join(_STEP_OFTEN)})\b", written)
    said = {_STEP_OFTEN[word] for word in words}
    if said:
        reading.set(times_per_day=max(said))
    if len(said) > 1 or (said and len(words) < count and said != {1}):
        reading.ask(
            "often",
            "An order keeps one frequency for all its steps: write it for each step, or different ones as different orders.",
        )
    if len([word for word in words if word in {"om", "mane"}]) == count:
        reading.set(at="morning")
