"""Phrases of a line of entry beyond dose, route and how often: strengths, fluids, meals, limits by doses, forms that say the
route; and what people write that must be asked, because it can be read as something else.
"""

import re
from decimal import Decimal

from wardline.orders import ranges
from wardline.orders.doses import in_unit
from wardline.orders.drugs import Understood
from wardline.orders.lines import HOURS_PER_DAY, Amount, hours_words
from wardline.orders.lines import plain as plain_amount
from wardline.orders.reading import NUMBER, UNIT, UNITS, Reading, amount_of

DOTTED = frozenset(
    {"bd", "od", "om", "on", "tds", "qds", "tid", "qid", "bid", "prn", "po", "iv", "im", "sc", "pr", "pv", "sl"}
)
SLASHED = {"s/c": "sc", "i/v": "iv", "i/m": "im", "p/o": "po", "p/r": "pr", "s/l": "sl"}
IN_WORDS = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10",
    "twelve": "12",
}  # fmt: skip
_COUNTED = "|".join(
    ["times?", "days?", "weeks?", "doses?", "hours?", "hourly", *sorted(map(re.escape, UNITS), key=len, reverse=True)]
)
_PERCENT_FIRST = re.compile(r"^(\d+(?:\.\d+)?\s?%)\s+((?:normal )?saline|sodium chloride|nacl|dextrose|glucose)\b")
FLUIDS = {
    "sodium chloride 0.9 %": ("sodium chloride 0.9 %", "sodium chloride 0.9%", "0.9% sodium chloride", "nacl 0.9%",
                              "0.9% nacl", "0.9% saline", "normal saline", "saline", "ns"),
    "glucose 5 %": ("glucose 5 %", "glucose 5%", "5% glucose", "dextrose 5%", "5% dextrose", "d5w"),
    "sodium lactate compound": ("sodium lactate compound", "hartmanns", "hartmann's", "ringer's lactate"),
    "water for injections": ("water for injections", "water for injection", "wfi"),
}  # fmt: skip
_FLUID_OF = {written: fluid for fluid, names in FLUIDS.items() for written in names}
_FLUID = "|".join(sorted(map(re.escape, _FLUID_OF), key=len, reverse=True))
MEALS = {
    "with or after food": "with or after food", "before breakfast": "before breakfast", "with breakfast": "with breakfast", "after breakfast": "after breakfast",
    "with food": "with food", "with meals": "with food", "with a meal": "with food", "after food": "after food",
    "after meals": "after food", "pc": "after food", "before food": "before food", "before meals": "before food",
    "ac": "before food", "on an empty stomach": "before food",
}  # fmt: skip
# Words of a form that say by which route it is given; those of the second set do not contradict another route.
FORM_ROUTES = {
    "patch": "transdermal", "patches": "transdermal", "cream": "topical", "ointment": "topical", "suppository": "rectal", "suppositories": "rectal",
    "inhaler": "inhaled", "nebuliser": "inhaled", "inhalation": "inhaled", "aerosol": "inhaled", "pessary": "vaginal", "enema": "rectal",
    "supp": "rectal", "supps": "rectal", "oint": "topical", "eye": "ocular", "ear": "aural",
}  # fmt: skip
LOOSE_FORM_ROUTES: dict[str, str] = dict.fromkeys(("tablet", "tablets", "tab", "tabs", "capsule", "capsules", "cap", "caps", "liquid", "syrup",
                                   "suspension", "elixir"), "oral") | {"gel": "topical"}  # fmt: skip
INJECTED = frozenset({"intramuscular", "subcutaneous"})  # a suspension may be a depot
SOLID_WORDS = frozenset({"tablet", "tablets", "tab", "tabs", "capsule", "capsules", "cap", "caps"})
# Words of what a needle gives, and the routes that it may take.
INJECTED_WORDS = frozenset({"injection", "injections", "inj", "infusion", "ampoule", "vial"})
BY_NEEDLE = frozenset({"intravenous", "intramuscular", "subcutaneous", "intrathecal", "infiltration"})
INFUSED_ML_MIN = Decimal(50)  # own: less than this may be a spoonful
ROUTE_OF_UNIT = {"tablets": "oral", "capsules": "oral", "sachets": "oral", "puffs": "inhaled", "patches": "transdermal"}
# More at once than anybody means: the number is then a strength, or a slip.
BARE_DOSES_MAX = 8  # own: "max 12/day" is more likely an amount
COUNT_MAX = {"tablets": 20, "capsules": 20, "sachets": 8, "puffs": 12, "sprays": 12, "patches": 4, "drops": 30}
# Given once a week in the doses of a ward: once a day has killed (ISMP, list of high-alert medicines: oral methotrexate).
# A strength of None means every dose.
WEEKLY: dict[str, tuple[frozenset[str], Decimal | None]] = {
    "methotrexate": (frozenset({"oral", "subcutaneous", "intramuscular"}), None),
    "alendronic acid": (frozenset({"oral"}), Decimal(70)),
    "risedronic acid": (frozenset({"oral"}), Decimal(35)),
    "dulaglutide": (frozenset({"subcutaneous"}), None),
    "semaglutide": (frozenset({"subcutaneous"}), None),
}


def spelled(plain: str) -> str:
    """Abbreviations without their dots and strokes, numbers in figures, a percentage behind its fluid."""
    plain = re.sub(r"/(?=prn\b)", " ", _pasted(plain))
    plain = re.sub(r"(/kg)\s*/\s*dose\b", r"\1", plain)
    plain = re.sub(r"\b(once|twice)-(?=daily|weekly)", r"\1 ", plain)
    plain = re.sub(rf"(mg|g|micrograms?|mcg|units?)\s+per\s+(?=(?:{NUMBER}\s*)?mls?\b)", r"\1/", plain)
    plain = _WEEKLY.sub(" once a week", plain)
    plain = re.sub(rf"\b({NUMBER})\s*(?:million|mega)\s*(?:international\s*)?(?:units?|iu)\b", _millions, plain)
    plain = re.sub(r"\b(?:[a-z]\.){1,3}[a-z]\b\.?", _without_dots, plain)
    for written, short in SLASHED.items():
        plain = re.sub(rf"(?<![\w/]){written}(?![\w/])", short, plain)
    plain = re.sub(rf"\b({'|'.join(IN_WORDS)})\s+(?=(?:{_COUNTED})\b)", lambda found: f"{IN_WORDS[found[1]]} ", plain)
    numbers = "|".join(IN_WORDS)
    plain = re.sub(
        rf"\b({numbers})\s+(or|to)\s+({numbers})\b",
        lambda each: f"{IN_WORDS[each[1]]} {each[2]} {IN_WORDS[each[3]]}",
        plain,
    )
    plain = re.sub(
        rf"\b(tablets?|capsules?|tabs?|caps?)\s+({numbers})\b", lambda each: f"{each[1]} {IN_WORDS[each[2]]}", plain
    )
    return _PERCENT_FIRST.sub(r"\2 \1", ranges.spelled(plain, IN_WORDS))


_SIGNS = {"½": ".5", "¼": ".25", "¾": ".75"}
_PARTS = {"half": ".5", "quarter": ".25", "1/2": ".5", "1/4": ".25"}
_WHOLE = {"one": "1", "two": "2"}
_HALF = re.compile(
    r"(?<![\w./,-])(?:(one|two)\s+and\s+an?\s+)?(?:an?\s+)?(half|quarter|1/2|1/4)\s+(?:of\s+)?(?:an?\s+)?(?=tab(?:let)?s?\b)"
)
_WEEKLY = re.compile(
    r"(?:\s*(?:\b(?:once|1\s*x|x\s*1|1(?=\s*/))\s*)(?:(?:a|per|each|every)\s+|/\s*)?|\s+per\s+|(?<=[a-wyz])\s*/\s*)(?:week|wk)\b"
)


def _pasted(plain: str) -> str:
    """Without the number of a list in front, and without the stops between and behind what is written."""
    plain = re.sub(r"^\d{1,2}[.)]\s+(?=[a-z])", "", re.sub(r"[;:](?=\s)", " ,", plain))
    plain = re.sub(r"^([a-z][a-z-]*),", r"\1 ,", plain)
    plain = re.sub(r"(?<=\d)·(?=\d)", ".", plain)
    plain = re.sub(rf"(\d\s*{UNIT})\.(?=\s)", r"\1", plain.rstrip(" .,;:"))
    for each, part in _SIGNS.items():
        plain = re.sub(rf"(?<![\d.,/])(\d)?{each}", lambda found, part=part: f"{found[1] or 0}{part}", plain)
    return _HALF.sub(lambda found: f"{_WHOLE.get(found[1] or '', '0')}{_PARTS[found[2]]} ", plain)


def _millions(found: re.Match[str]) -> str:
    """`2.4 million units` in figures."""
    return f"{(Decimal(found[1].replace(',', '')) * 1_000_000).normalize():f} units"


def _without_dots(found: re.Match[str]) -> str:
    short = found[0].replace(".", "")
    return short if short in DOTTED else found[0]


# --- taken before amounts are read -------------------------------------------------------------------------------------
def fluid(reading: Reading) -> None:
    """`in 1 litre normal saline`, `in 100 ml`: what it is given in."""
    found = reading.take(rf"in\s+({NUMBER})\s*(ml|l|litres?)(?:\s+(?:of\s+)?({_FLUID}))?")
    if found is None:
        return
    volume = amount_of(reading, found[1], found[2])
    if volume is not None:
        reading.set(diluent=" ".join(filter(None, (volume.words, _FLUID_OF.get(found[3] or "", "")))))


def strength(reading: Reading, name: Understood | None) -> None:
    """`of 10 mg/5 ml`, `50 %`, `30/500` of a combined product, `100 micrograms` beside puffs: what the dose is made of."""
    percent = reading.take(rf"(?:of\s+)?({NUMBER})\s*%")
    if percent is not None:
        reading.set(strength=f"{percent[1]} %")
    liquid = reading.take(rf"(?:of\s+)?({NUMBER})\s*(mg|g|micrograms?|mcg|ug|units?|mmol)\s*/\s*({NUMBER})?\s*ml")
    if liquid is not None:
        volume = f"{liquid[3]} ml" if liquid[3] else "ml"
        reading.set(strength=f"{liquid[1]} {UNITS[liquid[2]]}/{volume}")
    if name is not None and len(name.drugs) > 1:
        # `5/7` and `3/12` are days and months, `8/24` is hours, `1/2` is a half.
        parts = reading.take(
            rf"(?:of\s+)?(?!\d\s*/\s*12(?![\d.])|[13]\s*/\s*[234](?![\d.]))({NUMBER})\s*(?:mg|micrograms?|mcg)?\s*/\s*(?!(?:7|24|52)\b)({NUMBER})"
            r"(?:\s*(mg|micrograms?|mcg))?"
        )
        if parts is not None:
            unit = f" {UNITS[parts[3]]}" if parts[3] else ""
            reading.set(strength=f"{parts[1]}/{parts[2]}{unit}")
    if re.search(r"\d\s*(?:puffs?|sprays?)\b", reading.rest):
        each = reading.take(rf"(?:of\s+)?({NUMBER})\s*(micrograms?|mcg|ug)(?:\s*/\s*(?:puff|spray|dose|actuation))?")
        if each is not None:
            reading.set(strength=f"{each[1]} {UNITS[each[2]]}")


def meals(reading: Reading) -> None:
    """With, after or before food."""
    for phrase in sorted(MEALS, key=len, reverse=True):
        if reading.take(re.escape(phrase)) is not None:
            reading.set(meal=MEALS[phrase])


def worn(reading: Reading) -> None:
    """`7 day patch`: how long one is worn, not for how long they are given; `4.6 mg/24h patch`: the strength of one."""
    days = reading.take(r"(\d{1,2})[\s-]*day(?=\s+patch)")
    if days is not None:
        reading.set(every_hours=int(days[1]) * HOURS_PER_DAY)
        reading.assumptions.append(
            f"a {days[1]}-day patch is changed every {hours_words(int(days[1]) * HOURS_PER_DAY)}"
        )
    if re.search(r"\bpatch(?:es)?\b", reading.rest):
        if re.search(rf"{NUMBER}\s*(?:mg|micrograms?|mcg)", reading.rest):  # else one patch is how much
            reading.rest = re.sub(r"\b(?:apply|change)(?:\s+(?:1|one|a))?(?:\s+patch)?\b", "patch", reading.rest)
            reading.rest = re.sub(r"(?<![\w./,-])1\s+patch\b", "patch", reading.rest)
        each = reading.take(rf"({NUMBER})\s*(mg|micrograms?|mcg)\s*/\s*(24|16)\s*h(?:ou)?(?:rs?)?")
        if each is not None:
            reading.set(amount=amount_of(reading, each[1], each[2]))
            reading.assumptions.append(f"{each[1]} {UNITS[each[2]]} in {each[3]} hours is the strength of the patch")


def months(reading: Reading) -> None:
    """`monthly`, `every 3 months`: an order does not keep them."""
    found = reading.take(r"(?:every\s+)?(?:\d{1,2}\s+)?(?:monthly|(?<=every )months?|(?<=every \d )months?)")
    if found is not None:
        words = f'"{found[0].strip()}": an order keeps days and weeks between two doses, not months: say how many.'
        reading.ask("often", words)


def weeks_between(reading: Reading) -> None:
    """`40 mg 12 weekly` is every 12 weeks; the number of "butrans 10 weekly" is a dose."""
    every = reading.take(r"(?:(?:every|q)\s*)?(\d{1,2})[\s-]*weekly") if "amount" in reading.fields else None
    if every is not None and 0 < int(every[1]) * 7 <= ranges.DAYS_MAX:
        reading.set(every_hours=int(every[1]) * 7 * HOURS_PER_DAY)


def route_of_two(reading: Reading, routes: dict[str, str]) -> None:
    """`po/iv`: an order keeps one."""
    short = "po|iv|im|sc|pr|ng|sl|neb|inh"
    found = reading.take(rf"(?:{short})(?:\s*/\s*(?:{short}))+")
    if found is not None:
        ends = tuple(dict.fromkeys(routes[each.strip()] for each in found[0].split("/")))
        words = f"By which route: {', or '.join(ends)}? An order keeps one."
        reading.either.append(("route", ends, words, ends))


def concentration(reading: Reading) -> None:
    """`4 mg in 50 ml at 5 ml/h`: what runs, and what it is made of."""
    solid = "mg|g|micrograms?|mcg|units?|iu|mmol"
    if not re.search(r"\d\s*ml\s*/\s*h(?:ou)?r?\b", reading.rest):
        return
    made = reading.take(rf"({NUMBER})\s*({solid})\s+in\s+({NUMBER})\s*(ml|litres?|l)(?:\s+(?:of\s+)?({_FLUID}))?")
    if made is None:
        return
    volume, each = amount_of(reading, made[3], made[4]), amount_of(reading, made[1], made[2])
    if volume is not None and each is not None:
        in_ml = volume.value * (1000 if volume.unit == "litres" else 1)
        reading.set(strength=f"{plain_amount(each.value)} {each.unit}/{plain_amount(in_ml)} ml")
        reading.set(diluent=" ".join(filter(None, (volume.words, _FLUID_OF.get(made[5] or "", "")))))


def short_unit(reading: Reading) -> None:
    """`6u`: a u is read as a nought."""
    found = reading.take(rf"({NUMBER})\s*u")
    if found is not None:
        reading.ask("rest", f'"{found[0].strip()}" may be read as {found[1]}0: write units.', (f"{found[1]} units",))


# --- looked at after them ----------------------------------------------------------------------------------------------
def limit_by_doses(reading: Reading, times: int | None, *, says_doses: bool) -> None:
    """The most in 24 hours from a number of doses."""
    if times is None:
        return
    amount = reading.fields.get("amount_to") or reading.fields.get("amount")
    if not isinstance(amount, Amount) or reading.fields.get("per_kg") or times == 0:
        if "day_max" not in reading.fields:
            reading.ask(
                "day_max", f"At most how much in 24 hours? {times} doses of what is not yet known cannot be counted."
            )
    elif not says_doses and (amount.unit in ROUTE_OF_UNIT or _may_be_an_amount(times, amount.value)):
        choices = (f"at most {times} {amount.unit} in 24 hours", f"at most {times} doses in 24 hours")
        reading.ask("day_max", f"At most {times} {amount.unit}, or {times} doses?", choices)
    else:
        total = Amount(amount.value * times, amount.unit)
        reading.assumptions.append(f"at most {times} doses of {amount.words} are {total.words}")
        reading.set(day_max=total)


def _may_be_an_amount(times: int, dose: Decimal) -> bool:
    """`5 mg max 40/day`: 40 mg, or 40 doses of 5 mg? Both are one where a dose is one."""
    return dose != 1 and times >= dose and (times % dose == 0 or times > BARE_DOSES_MAX)


def ask_about_most(reading: Reading) -> None:
    """The most in 24 hours is not less than one dose."""
    amount, most = reading.fields.get("amount_to") or reading.fields.get("amount"), reading.fields.get("day_max")
    if not isinstance(amount, Amount) or not isinstance(most, Amount):
        return
    if reading.fields.get("per_kg"):
        if not reading.most_is_of_day and not reading.fields.get("once"):
            asked = f"At most {most.words} each time, or in 24 hours? An order keeps the most in 24 hours."
            reading.ask("day_max", asked, (f"at most {most.words} in 24 hours",))
        return
    dose = in_unit(float(amount.value), amount.unit, most.unit)
    if dose is None and most.unit in ROUTE_OF_UNIT and amount.unit not in ROUTE_OF_UNIT:
        reading.ask("day_max", f"At most {most.words}: how much is that? The dose is in {amount.unit}.")
    if dose is not None and dose > float(most.value) * (1 + 1e-9):
        reading.ask("day_max", f"At most {most.words} in 24 hours is less than one dose of {amount.words}.")


def route_of_form(reading: Reading, name: Understood | None) -> None:
    """A patch is transdermal, 2 tablets are swallowed; a form against the route that was said is asked about."""
    routes = {route for drug in name.drugs for route in drug.routes} if name else set[str]()
    words = set(reading.rest.split())
    for word in sorted(words & FORM_ROUTES.keys()):
        said_route, usual = reading.fields.get("route"), FORM_ROUTES[word]
        if said_route is not None and said_route != usual and usual in routes:
            reading.ask("route", f"By which route: {said_route}, or {usual} as a {word} is?")
        elif said_route is None and routes and usual not in routes:
            reading.ask("route", f"By which route? It is not known as a {word}.", (usual,))
    solid = sorted(words & SOLID_WORDS)
    if solid and reading.fields.get("route") in BY_NEEDLE:
        reading.ask("route", f"By which route: {reading.fields['route']}, or swallowed as a {solid[0]} is?", ("oral",))
    _by_needle(reading, words, routes)
    _patch(reading, words, routes)
    amount = reading.fields.get("amount")
    loose = words - ({"suspension"} if routes & INJECTED else set[str]())
    said = [FORM_ROUTES.get(word) or LOOSE_FORM_ROUTES.get(word) for word in sorted(loose)]
    said += [ROUTE_OF_UNIT.get(amount.unit)] if isinstance(amount, Amount) else []
    said += ["oral"] if reading.tablet is not None else []
    said += ["intravenous"] if _is_infused(str(reading.fields.get("diluent", ""))) else []
    meant = {route for route in said if route in routes}
    if "route" not in reading.fields and len(meant) == 1:
        reading.set(route=meant.pop())
        reading.assumptions.append(f"the route is {reading.fields['route']}")


def _by_needle(reading: Reading, words: set[str], routes: set[str]) -> None:
    """`pantoprazole 40 mg injection`: never by mouth."""
    said = sorted(words & INJECTED_WORDS)
    if not said:
        return
    meant = sorted(routes & ({"intravenous"} if "infusion" in said and "intravenous" in routes else BY_NEEDLE))
    route = reading.fields.get("route")
    if route is not None and route not in BY_NEEDLE:
        reading.ask("route", f"By which route: {route}, or as an {said[0]} is?", tuple(meant))
    elif route is None and len(meant) == 1:
        reading.set(route=meant[0])
        reading.assumptions.append(f"the route is {meant[0]}")
    elif route is None:
        reading.ask("route", f"By which route is the {said[0]} given?", tuple(meant))


def applied(reading: Reading) -> None:
    """`1 % cream bd`, `apply bd`: an application each time."""
    words = set(reading.rest.split()) & {"cream", "ointment", "oint", "gel", "lotion", "apply"}
    if reading.fields.get("route") == "topical" and words and "amount" not in reading.fields:
        reading.take("apply")
        if not any(question.field == "amount" for question in reading.questions):
            reading.set(amount=Amount(Decimal(1), "applications"))
            reading.assumptions.append("one application each time")


def _is_infused(diluent: str) -> bool:
    """Whether it is given in a bag; `250 mg in 5 ml` may as well be what a spoon holds."""
    volume, _, rest = diluent.partition(" ")
    unit, _, named = rest.partition(" ")
    is_bag = unit == "litres" or (unit == "ml" and Decimal(volume.replace(",", "")) >= INFUSED_ML_MIN)
    return is_bag or named not in ("", "water for injections")


def _patch(reading: Reading, words: set[str], routes: set[str]) -> None:
    """`25 micrograms/h patch`: not an infusion but the strength of a patch."""
    amount = reading.fields.get("amount")
    if (
        words & {"patch", "patches"}
        and "transdermal" in routes
        and reading.fields.get("rate") == "h"
        and isinstance(amount, Amount)
    ):
        reading.fields.pop("rate")
        high = reading.fields.pop("amount_to", None)
        if isinstance(high, Amount):
            choices = (f"{amount.words}/h patch", f"{high.words}/h patch")
            reading.ask("amount", f"A patch has one strength: {amount.words}/h, or {high.words}/h?", choices)
            return
        reading.assumptions.append(f"{amount.words}/h is the strength of the patch")


def ask_about_counts(reading: Reading) -> None:
    """`25 patches`: more than anybody gives at once is a strength, or a slip."""
    amount = reading.fields.get("amount_to") or reading.fields.get("amount")
    if isinstance(amount, Amount) and amount.value > COUNT_MAX.get(amount.unit, amount.value):
        reading.ask("amount", f"{amount.words} at once? Write the strength with its unit, and how many.")


def ask_about_weekly(reading: Reading, name: Understood | None, route: str) -> None:
    """A drug that is given once a week, written for every day or more often: it has to be written out."""
    drug = name.drugs[0].name if name and len(name.drugs) == 1 else ""
    routes, dose = WEEKLY.get(drug, (frozenset[str](), None))
    amount, often = reading.fields.get("amount"), _too_often(reading)
    fits = dose is None or (isinstance(amount, Amount) and amount.value == dose)
    if often and route in routes and fits:
        reading.ask("often", f"{drug[0].upper()}{drug[1:]} is given once a week{often}", ("once a week",))


def _too_often(reading: Reading) -> str:
    """What is said against how often a weekly drug was written; empty where every 24 hours, or less often, was written out."""
    hours, days = reading.fields.get("every_hours"), reading.fields.get("weekdays")
    if isinstance(days, tuple) and hours is None:
        is_once = len(days) == 1 and reading.fields.get("times_per_day") in {
            None,
            1,
        }  # one day, and asked about already
        return "" if is_once else ", on one day of it."
    if isinstance(hours, int):
        # "alternate days" is not every day written out
        is_between = HOURS_PER_DAY < hours < 7 * HOURS_PER_DAY
        return f", not every {hours_words(hours)}." if hours < HOURS_PER_DAY or is_between else ""
    if reading.fields.get("times_per_day") is not None:
        return '. If every day is meant, write "every 24 hours".'
    return ", not as needed." if reading.fields.get("as_needed") else ""


def then_stop(reading: Reading) -> bool:
    """`then stop` says nothing beside a number of days."""
    return reading.take(r"(?:,?\s*(?:and\s+)?(?:then|and)|,)\s+stop|(?<=,) stop") is not None
