"""One line of entry, such as "amox 500 tds 5d", read into a medicine line; what is unclear is asked, never guessed.

What follows from the drug table alone (its only route, the unit of its strengths) is taken and said as an assumption.
"""

import re

from msgspec import Struct, structs

from wardline.orders import (
    bare,
    brands,
    counted,
    days_and_times,
    depots,
    habits,
    only_routes,
    openings,
    phrases,
    ranges,
    release,
    slips,
)
from wardline.orders.drugs import DrugTable, Understood, normal
from wardline.orders.lines import MedicineLine
from wardline.orders.ranges import DAYS_MAX, DAYS_OF, EVERY_OF, HOURS_MAX
from wardline.orders.reading import MOST, NUMBER, PER_DAY, UNIT, Question, Reading, amount_of

TEXT_LENGTH_MAX = 300
NAME_WORDS_MAX = 6
ROUTES = {
    "po": "oral", "oral": "oral", "orally": "oral", "by mouth": "oral", "iv": "intravenous",
    "intravenous": "intravenous", "intravenously": "intravenous", "ivp": "intravenous", "iv push": "intravenous", "iv bolus": "intravenous", "intramuscularly": "intramuscular", "im": "intramuscular",
    "intramuscular": "intramuscular", "sc": "subcutaneous", "subcut": "subcutaneous", "subcutaneous": "subcutaneous", "subcutaneously": "subcutaneous", "sq": "subcutaneous", "subq": "subcutaneous",
    "pr": "rectal", "rectal": "rectal", "pv": "vaginal", "vaginal": "vaginal", "sl": "sublingual",
    "sublingual": "sublingual", "buccal": "buccal", "inh": "inhaled", "inhaled": "inhaled", "neb": "inhaled", "nebs": "inhaled", "via neb": "inhaled",
    "nebulised": "inhaled", "nebulized": "inhaled", "top": "topical", "topical": "topical", "td": "transdermal",
    "transdermal": "transdermal", "nasal": "nasal", "ocular": "ocular", "ophthalmic": "ocular", "aural": "aural", "otic": "aural",
    "nasogastric": "nasogastric", "via ng": "nasogastric", "by ng": "nasogastric", "ng tube": "nasogastric",
    "via ng tube": "nasogastric", "ngt": "nasogastric", "ng": "nasogastric", "peg": "gastrostomy", "via peg": "gastrostomy", "gastrostomy": "gastrostomy", "intrathecal": "intrathecal", "infiltration": "infiltration",
}  # fmt: skip
SIDES = {
    "left eye": "ocular", "right eye": "ocular", "both eyes": "ocular",
    "left ear": "aural", "right ear": "aural", "both ears": "aural",
}  # fmt: skip
NOSTRILS = dict.fromkeys(("each nostril", "both nostrils", "left nostril", "right nostril"), "nasal")
_SIDE_OF = {each: each for each in (*SIDES, *NOSTRILS)} | {
    "l eye": "left eye", "r eye": "right eye", "each eye": "both eyes",
    "l ear": "left ear", "r ear": "right ear", "each ear": "both ears",
}  # fmt: skip
RELEASED = ("mr", "xl", "sr", "er", "cr", "la", "xr", "modified release", "modified-release", "prolonged release",
            "prolonged-release", "extended release", "extended-release", "sustained release")  # fmt: skip
FORMS = dict.fromkeys(RELEASED, "modified release") | {
    "ec": "gastro-resistant", "gastro-resistant": "gastro-resistant", "dr": "gastro-resistant",
    "delayed release": "gastro-resistant", "immediate release": "immediate release", "ir": "immediate release",
    "immediate-release": "immediate release", "standard release": "immediate release", "conventional": "conventional",
    "enteric coated": "gastro-resistant", "enteric-coated": "gastro-resistant", "odt": "orodispersible",
    "orodispersible": "orodispersible", "orally disintegrating": "orodispersible", "liposomal": "liposomal",
    "pegylated liposomal": "pegylated liposomal", "isophane": "isophane", "biphasic 25": "biphasic 25",
    "biphasic 30": "biphasic 30", "biphasic 50": "biphasic 50",
}  # fmt: skip
_MADE_AS = re.compile(r"\b(?:" + "|".join(sorted(map(re.escape, FORMS), key=len, reverse=True)) + r")\b")
_PLAIN = frozenset({"immediate release", "conventional"})
# Drugs whose forms are not to be exchanged.
WHICH_FORM = {
    "tacrolimus": ("immediate release", "modified release"), "amphotericin B": ("liposomal", "conventional"),
    "doxorubicin": ("conventional", "pegylated liposomal"), "irinotecan": ("conventional", "liposomal"),
}  # fmt: skip
ROUTES_OF_FORMS = frozenset({"oral", "intravenous"})
# Salts that change nothing about a dose; every other salt or ester stays in the name.
NEUTRAL_SALTS = frozenset({
    "anhydrous", "base", "besilate", "besylate", "bisulfate", "calcium", "dihydrate", "dihydrochloride", "disodium",
    "fumarate", "hbr", "hcl", "hydrate", "hydrobromide", "hydrochloride", "maleate", "mesilate", "mesylate",
    "monohydrate", "potassium", "sodium", "sulfate", "trihydrate",
})  # fmt: skip
CHANGES_DRUG = frozenset({
    "chewable", "coated", "delayed", "disintegrating", "enteric", "extended", "immediate", "modified", "odt", "powder",
    "prolonged", "release",
})  # fmt: skip
# Fields that a word sets.
OFTEN: dict[str, dict[str, object]] = {
    "od": {"times_per_day": 1}, "daily": {"times_per_day": 1}, "qd": {"times_per_day": 1},
    "bd": {"times_per_day": 2}, "bid": {"times_per_day": 2}, "tds": {"times_per_day": 3}, "tid": {"times_per_day": 3},
    "qds": {"times_per_day": 4}, "qid": {"times_per_day": 4}, "om": {"at": "morning"},
    "mane": {"at": "morning"}, "in the morning": {"at": "morning"},
    "on": {"at": "night"}, "nocte": {"at": "night"},
    "at night": {"at": "night"}, "once a day": {"times_per_day": 1},
    "once daily": {"times_per_day": 1}, "twice a day": {"times_per_day": 2}, "twice daily": {"times_per_day": 2},
    "once a week": {"every_hours": 168}, "once weekly": {"every_hours": 168}, "every week": {"every_hours": 168}, "each week": {"every_hours": 168}, "weekly": {"every_hours": 168},
    "every day": {"times_per_day": 1}, "each day": {"times_per_day": 1}, "qday": {"times_per_day": 1}, "q day": {"times_per_day": 1},
    "now": {"once": True}, "x1": {"once": True}, "1 dose": {"once": True}, "x1 dose": {"once": True}, "x 1 dose": {"once": True},
    "qod": {"every_hours": 48}, "eod": {"every_hours": 48}, "every other day": {"every_hours": 48},
    "every morning": {"at": "morning"}, "qam": {"at": "morning"}, "once per day": {"times_per_day": 1}, "twice per day": {"times_per_day": 2}, "thrice daily": {"times_per_day": 3}, "thrice a day": {"times_per_day": 3},
    "fortnightly": {"every_hours": 336}, "every fortnight": {"every_hours": 336}, "every other week": {"every_hours": 336}, "alternate weeks": {"every_hours": 336},
    "every night": {"at": "night"}, "nightly": {"at": "night"},
    "at bedtime": {"at": "night"}, "qhs": {"at": "night"}, "hs": {"at": "night"},
    "1-0-0": {"at": "morning"}, "0-0-1": {"at": "night"}, "1-0-1": {"times_per_day": 2}, "1-1-1": {"times_per_day": 3}, "1-1-1-1": {"times_per_day": 4},
    "every hour": {"every_hours": 1}, "hourly": {"every_hours": 1},
    "stat": {"once": True}, "once only": {"once": True}, "once": {"once": True},
}  # fmt: skip
for _before in ("", "od ", "daily ", "once daily ", "once a day "):  # "od alt days" is once on every other day
    for _days in ("alternate days", "on alternate days", "alt days", "on alt days"):
        OFTEN[f"{_before}{_days}"] = {"every_hours": 48}


class Entry(Struct, kw_only=True):
    """What a line was read as, what was assumed, and what is asked."""

    line: MedicineLine
    known: bool
    assumptions: list[str]
    questions: list[Question]

    @property
    def complete(self) -> bool:
        """Whether nothing is left to ask."""
        return not self.questions


def read(typed: str, table: DrugTable) -> Entry:
    """Read a line. Never raises for any text: what it cannot read, it asks."""
    same_letters = typed[:TEXT_LENGTH_MAX].lower().replace("µ", "u").replace("μ", "u").translate(ranges.DASHES)
    plain = phrases.spelled(" ".join(same_letters.split()))
    if openings.is_no_order(plain.split()):
        asked = [Question("name", openings.WHAT_A_LINE_IS)]
        return Entry(line=MedicineLine(name=plain), known=False, assumptions=[], questions=asked)
    entry, _ = _read(plain, table, "")
    ending = habits.ANSWER.search(plain)
    if entry.complete or ending is None:
        return entry
    answered, is_answered = _read(plain[: ending.start()], table, ending[1])
    return answered if is_answered else entry


def _read(plain: str, table: DrugTable, answer: str) -> tuple[Entry, bool]:
    """The line as it is read, and whether `answer` answered a question of it."""
    name, rest, reading = _name(plain, table)
    reading.rest, reading.answer = f" {rest} ", answer
    stops, at_most = phrases.then_stop(reading), habits.most(reading)
    phrases.meals(reading)
    habits.two_orders(reading)
    days_and_times.take(reading)
    phrases.worn(reading)
    phrases.months(reading)
    phrases.route_of_two(reading, ROUTES)
    habits.reducing(reading)
    steps = habits.steps(reading)
    if steps:
        reading.set(steps=steps)
    else:
        habits.tablets_of_strength(reading)
        habits.counted_of_strength(reading)
        phrases.concentration(reading)
        phrases.fluid(reading)
        phrases.strength(reading, name)
        _amounts(reading)
    _often(reading)
    _words(reading)
    ranges.settle(reading)
    habits.one_frequency(reading, at_most, is_weekly=name is not None and name.name in phrases.WEEKLY)
    phrases.short_unit(reading)
    if not steps and "amount" not in reading.fields and "rate" not in reading.fields:
        bare.number_alone(reading, name)
    bare.ask_about_nanograms(reading, name)
    phrases.limit_by_doses(reading, at_most.times, says_doses=at_most.says_doses)
    habits.ask_about_vague(reading, at_most)
    phrases.ask_about_most(reading)
    phrases.route_of_form(reading, name)
    phrases.applied(reading)
    release.of_liquid(reading, name, table)
    days_and_times.settle(reading)
    if stops and not steps and "days" not in reading.fields:
        reading.ask("days", "Stop after how many days?")
    depots.settle(reading, name)
    line = MedicineLine(name=name.name if name else reading.written or plain)
    line = structs.replace(line, **reading.fields)
    line = _with_assumptions(line, name, reading)
    _ask_for_gaps(line, reading)
    phrases.ask_about_counts(reading)
    phrases.ask_about_weekly(reading, name, line.route)
    release.ask(reading, name, line, table)
    only_routes.ask(reading, line)
    slips.ask_about_units(reading, name, line)
    slips.ask_about_strength(reading, name, line)
    slips.ask_about_worn(reading, line)
    slips.ask_about_dilution(reading, line)
    counted.ask_about_route(reading, line)
    only_routes.say_unknown(reading, name, line)
    counted.ask_about_strength(reading, name, line)
    _ask_about_leftovers(reading, table)
    entry = Entry(line=line, known=name is not None, assumptions=reading.assumptions, questions=reading.questions)
    return entry, reading.is_answered


def made_as(form: str) -> str:
    """How a form is made, by its words: `modified release`, `gastro-resistant`, `liposomal`; empty for the plain form. Forms
    that differ in it are not exchanged unseen.
    """
    found = _MADE_AS.search(form.lower())
    made = FORMS[found[0]] if found else ""
    return "" if made in _PLAIN else made


# --- the drug ----------------------------------------------------------------------------------------------------------
def _name(plain: str, table: DrugTable) -> tuple[Understood | None, str, Reading]:
    """The drug, the text after it, and the reading with what is asked or assumed about the name."""
    reading = Reading("")
    front, words = openings.in_front(plain.split(), table, ROUTES)
    for length in range(min(NAME_WORDS_MAX, len(words)), 0, -1):
        exact = openings.exact(" ".join(words[:length]), table)
        if exact is not None and openings.is_vague(" ".join(words[:length]), words[length:], reading, table):
            reading.written = " ".join(words[:length])
            return None, " ".join([*front, *words[length:]]), reading
        if exact is not None:
            if normal(exact.name) != normal(" ".join(words[:length])):
                reading.assumptions.append(f"{' '.join(words[:length])} is {exact.name}")
            _set_what_brand_says(reading, " ".join(words[:length]), exact, table, whole=True)
            salt = _salt(words[length:], table)
            after = _without_brand(words[length + len(salt) :], exact, table, reading)
            return _with_salt(exact, salt), " ".join([*front, *after]), reading
    head = _head(words)
    rest = " ".join([*front, *words[len(head) :]])
    reading.written = " ".join(head)
    if openings.is_vague(reading.written, [], reading, table):
        return None, rest, reading
    starting = table.starting_with(reading.written) if head else []
    if len(starting) == 1:
        reading.assumptions.append(f"{' '.join(head)} is {starting[0].name}")
        _set_what_brand_says(reading, " ".join(head), starting[0], table, whole=False)
        return starting[0], rest, reading
    if starting:
        names = tuple(found.name for found in starting)
        reading.ask("name", f'"{" ".join(head)}" may be several drugs. Which one?', names)
    elif head:
        like = tuple(table.like(" ".join(head)))
        reading.ask("name", f'The drug table does not know "{" ".join(head)}".', like)
    else:
        reading.ask("name", "Which drug?")
    return None, rest, reading


def _set_what_brand_says(reading: Reading, typed: str, found: Understood, table: DrugTable, *, whole: bool) -> None:
    """A brand that is one form of its drug, or says its route or strength, written whole or begun, sets that."""
    plain = normal(typed)
    if normal(found.name).startswith(plain):
        return
    begun = [brand for brand in brands.SAYS if brand == plain or (not whole and brand.startswith(plain))]
    known = [(brand, table.exact(brand)) for brand in begun]
    said = [brands.SAYS[brand] for brand, meant in known if meant is not None and meant.name == found.name]
    if said and all(each == said[0] for each in said):
        reading.set(**said[0])


def _salt(after: list[str], table: DrugTable) -> list[str]:
    """The words of a salt or ester right after the name. Elsewhere such a word may be another medicine: "and calcium"."""
    run: list[str] = []
    for word in after:
        if normal(word) not in table.salts:
            break
        run.append(word)
    return run


def _without_brand(after: list[str], found: Understood, table: DrugTable, reading: Reading) -> list[str]:
    """`tacrolimus (Adoport) 2 mg`: a brand of the same drug right behind it says what a brand says."""
    brand = after[0].strip("()") if after else ""
    meant = table.exact(brand)
    if not brand or meant is None or meant.name != found.name:
        return after
    reading.assumptions.append(f"{brand} is {found.name}")
    _set_what_brand_says(reading, brand, found, table, whole=True)
    return after[1:]


def _with_salt(found: Understood, salt: list[str]) -> Understood:
    """The salt stays in the name where one of its words may change the drug."""
    if all(normal(word) in NEUTRAL_SALTS for word in salt):
        return found
    return Understood(" ".join([found.name, *map(normal, salt)]), found.drugs)


def _head(words: list[str]) -> list[str]:
    """The words before the first number, route or frequency."""
    head: list[str] = []
    for word in words[:NAME_WORDS_MAX]:
        if re.match(r"\.?\d", word) or word in ROUTES or word in OFTEN or word == "prn":
            break
        head.append(word)
    return head


# --- amounts -----------------------------------------------------------------------------------------------------------
def _amounts(reading: Reading) -> None:
    ranges.bounds(reading)
    bound = rf"{MOST}\s*({NUMBER})\s*({UNIT})({PER_DAY})?"
    for most in iter(lambda: reading.take(bound), None):
        reading.set(day_max=amount_of(reading, most[1], most[2]))
        reading.most_is_of_day = reading.most_is_of_day or most[3] is not None
    over = reading.take(r"over\s*(\d{1,4})\s*(h|hours?|hrs?|min|mins|minutes?)")
    if over is not None:
        reading.set(over_minutes=int(over[1]) * (60 if over[2].startswith("h") else 1) or None)
    ranges.amounts(reading)
    rate = reading.take(rf"(?:(?:at|@)\s*)?({NUMBER})\s*({UNIT})(\s*/\s*kg)?\s*/\s*(min|minute|h|hr|hour)")
    if rate is not None:
        reading.set(amount=amount_of(reading, rate[1], rate[2]), rate="min" if rate[4].startswith("m") else "h")
        reading.set(per_kg=bool(rate[3]))
    for single in iter(lambda: reading.take(rf"({NUMBER})\s*({UNIT})(\s*/\s*kg)?"), None):
        amount, before = amount_of(reading, single[1], single[2]), reading.fields.get("amount")
        if amount is not None and amount == before:
            reading.ask("amount", f"{amount.words} is said twice: one dose, or two orders?")
        reading.set(amount=amount, per_kg=bool(single[3]))
        if single[2] == "ng":
            reading.nanograms = single[1]


# What ends the reason of "prn for pain ...": a route in words only at the end, where an answer is typed ("for oral thrush").
_FORM_WORDS = "|".join(sorted(map(re.escape, (*FORMS, *_SIDE_OF)), key=len, reverse=True))
_ROUTE_WORDS = "|".join(sorted(map(re.escape, ROUTES), key=len, reverse=True))
_AFTER_REASON = (
    r"\d|at most|max|up to|not more|for \d|q ?\d|every \d|over \d|po\b|iv\b|im\b|sc\b|od\b|bd\b|tds\b|qds\b|bid\b|tid\b|qid\b|"
    rf"once|twice|at night|in the morning|nocte\b|mane\b|(?:{_FORM_WORDS})\b|(?:{_ROUTE_WORDS})(?:\s*$|\s+(?:\d|once|twice|{_FORM_WORDS}))"
)


# --- how often, how long -----------------------------------------------------------------------------------------------
def _often(reading: Reading) -> None:
    needed = reading.take(
        r"(?:prn|sos|(?:as|when|if) (?:needed|required|necessary))"
        rf"(?:\s+(?:for|if)\s+([a-z][a-z /-]{{1,60}}?)(?=\s+(?:{_AFTER_REASON})|\s*$)|\s+({habits.REASON}))?"
    )
    if needed is not None:
        reading.set(as_needed=True, reason=(needed[1] or needed[2] or "").strip())
    ranges.often(reading)
    phrases.weeks_between(reading)
    every = reading.take(
        r"(?:once )?(?:every|q)\s*(\d{1,3})\s*(h|hours?|hourly|hrly|hrs|days?|d|weeks?|wks?|w)"
    ) or reading.take(r"(\d{1,3})\s*(hourly|hrly)")
    if every is not None:
        hours = int(every[1]) * EVERY_OF[every[2]]
        if 0 < hours <= HOURS_MAX:
            reading.set(every_hours=hours)
        else:
            reading.ask("often", f"Every {every[1]} {every[2]} cannot be.")
    times = reading.take(r"(\d{1,2})\s*(?:x|times)\s*(?:a|per|/|each)?\s*(?:day|daily|d)")
    if times is not None:
        count = int(times[1])
        if 0 < count <= 24:
            reading.set(times_per_day=count)
        else:
            reading.ask("often", f"{count} times a day cannot be.")
    days = reading.take(rf"(?:for|x)?\s*(?:{MOST}\s*)?(\d{{1,3}})\s*(d|days?|w|weeks?|wks?|/7|/52)")
    if days is not None:
        count = int(days[1]) * DAYS_OF[days[2]]
        if 0 < count <= DAYS_MAX:
            reading.set(days=count)
            reading.days_written = days[0].strip()
        else:
            reading.ask("days", f"For {days[1]} {days[2]} cannot be.")


def _words(reading: Reading) -> None:
    for phrase, side in _SIDE_OF.items():
        if reading.take(rf"(?:(?:in|to|into)\s+(?:the\s+)?)?{phrase}") is not None:
            reading.set(side=side, route=(SIDES | NOSTRILS)[side])
    for words, field in ((ROUTES, "route"), (FORMS, "form")):
        for phrase in sorted(words, key=len, reverse=True):
            if reading.take(re.escape(phrase)) is not None:
                reading.set(**{field: words[phrase]})
    for phrase in sorted(OFTEN, key=len, reverse=True):
        if reading.take(re.escape(phrase)) is not None:
            reading.set(**OFTEN[phrase])


# --- what is still open ------------------------------------------------------------------------------------------------
def _with_assumptions(line: MedicineLine, name: Understood | None, reading: Reading) -> MedicineLine:
    """The route, where the drug has one only, or where a regular dose of a strength by mouth leaves no doubt."""
    if name is None or line.route or any(question.field == "route" for question in reading.questions):
        return line
    known = list(dict.fromkeys(route for drug in name.drugs for route in drug.routes))
    routes = [route for route in known if counted.can_be(line, route)]
    if len(known) == len(routes) == 1:
        reading.assumptions.append(f"the route is {routes[0]}")
        return structs.replace(line, route=routes[0])
    if "oral" in routes and not line.rate and not line.once and _is_oral_strength(line, name):
        reading.assumptions.append("the route is oral")
        return structs.replace(line, route="oral")
    reading.ask("route", "By which route?", tuple(routes) or counted.offered(line))
    return line


def _is_oral_strength(line: MedicineLine, name: Understood) -> bool:
    if line.steps:
        return True
    if line.amount is None:
        return False
    oral = {
        strength for drug in name.drugs for form in drug.forms if "oral" in form.routes for strength in form.strengths
    }
    return f"{line.amount.value:,f} {line.amount.unit}" in oral


def _ask_for_gaps(line: MedicineLine, reading: Reading) -> None:
    asked = {question.field for question in reading.questions}
    if line.amount is None and not line.steps and not asked & {"amount", "steps"}:
        reading.ask("amount", _how_much(line), _counts(line))
    if line.route == "" and "route" not in asked:
        reading.ask("route", "By which route?")
    bounded = line.as_needed and line.day_max is not None
    known = line.rate or line.once or line.times_per_day or line.every_hours or bounded
    if not known and "often" not in asked:
        reading.ask("often", *_how_often(line))
    if line.route in SIDES.values() and not line.side:
        reading.ask("side", "Which side?", tuple(phrase for phrase, route in SIDES.items() if route == line.route))
    if line.name in WHICH_FORM and line.route in ROUTES_OF_FORMS and not line.form:
        reading.ask("form", "Which form: they are not to be exchanged.", WHICH_FORM[line.name])
    if line.rate and line.route not in {"", "intravenous", "subcutaneous"}:
        reading.ask("route", f"A rate by the {line.route} route cannot be.")
    if line.amount is not None and line.amount.unit == "%":
        reading.ask("amount", "A percentage is a strength: how much of it?")


def _how_often(line: MedicineLine) -> tuple[str, tuple[str, ...]]:
    if line.name in phrases.WEEKLY:
        return "How often?", ("once a week",)
    if depots.is_depot(line.name, line.route):
        return "How often?", depots.intervals(line.name)
    if line.as_needed:
        words = "At least how long between two doses, or at most how much in 24 hours?"
        return words, ("every 4 hours", "every 6 hours", "at most 4 doses in 24 hours")
    if len(line.clocks) == 1:
        return "How often?", ("once a day", "once a week")
    return "How often?", ("once a day", "twice a day", "3 times a day", "4 times a day", "once only")


_COUNTS: dict[str, tuple[str, ...]] = {
    "ocular": ("1 drops", "2 drops"), "aural": ("2 drops",), "topical": ("1 applications",), "nasal": ("1 sprays", "2 sprays"),
    "oral": ("1 tablets", "1 capsules"), "inhaled": ("1 puffs", "2 puffs"),
}  # fmt: skip


def _counts(line: MedicineLine) -> tuple[str, ...]:
    """What may be counted: drops and creams, and what a strength such as 24/26 is of."""
    is_product = "/" in line.strength and not line.strength.endswith("ml")
    return _COUNTS.get(line.route, ()) if is_product or line.route not in {"oral", "inhaled"} else ()


def _how_much(line: MedicineLine) -> str:
    if not line.strength:
        return "How much?"
    return "A percentage is a strength: how much of it?" if "%" in line.strength else f"How much of {line.strength}?"


def _ask_about_leftovers(reading: Reading, table: DrugTable) -> None:
    openings.ask_about_undoing(reading)
    spare = (table.spare_words - table.salts - CHANGES_DRUG) | phrases.FORM_ROUTES.keys()
    spare |= {"-", ",", "(", ")", "x", "the"}
    words = [word for word in reading.rest.split() if word not in spare and normal(word) not in spare]
    if words:
        reading.ask("rest", f'Not understood: "{" ".join(words)}".')
