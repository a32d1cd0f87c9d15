"""What the `/` commands of the editor copy into a text: marked as copied, with the times."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from wardline.encounters.public import Problem, problems
from wardline.lab.public import Result, results_since, shown
from wardline.notes import sources
from wardline.notes.models import Insert, SourcePanel
from wardline.notes.rules import marked_copy
from wardline.notes.sources import SetSource
from wardline.orders.public import Medicine, current_medicines
from wardline.patients.public import PatientScope, patient_banner
from wardline.platform.db import Db
from wardline.platform.errors import NotFound

PROBLEMS_MAX = 30
LATEST = timedelta(days=31)
CONSCIOUSNESS = {
    "A": "alert",
    "C": "new confusion",
    "V": "responds to voice",
    "P": "responds to pain",
    "U": "unresponsive",
}
FULL_SIGNS = 7
MEDICINES_MAX = 60
LEVELS = {"POS": " critical", "HH": " critically high", "LL": " critically low", "H": " high", "L": " low"}


class Source(Struct, frozen=True):
    """What is copied, in words, and its lines."""

    title: str
    lines: list[str]


async def insert(db: Db, patient: PatientScope, what: str, *, zone: str, now: datetime) -> Insert:
    """The marked copy that a command stands for; NotFound for a command that is none."""
    read = COMMANDS.get(what)
    if read is None:
        raise NotFound("There is no such command.")
    local = now.astimezone(ZoneInfo(zone))
    source = await read(db, patient, local)
    if not source.lines:
        return Insert(what, False, f"{source.title}: nothing is recorded.")
    return Insert(what, True, marked_copy(source.title, "\n".join(source.lines), local))


async def panels(db: Db, patient: PatientScope, *, zone: str, now: datetime) -> list[SourcePanel]:
    """All that the commands would copy now, without the marks."""
    local = now.astimezone(ZoneInfo(zone))
    found = [(command, await read(db, patient, local)) for command, read in COMMANDS.items()]
    return [SourcePanel(command, COMMAND_WORDS[command], source.title, source.lines) for command, source in found]


async def _observations(db: Db, patient: PatientScope, now: datetime) -> Source:
    """Today's sets, oldest first; where there is none today, the last one of a month."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    sets = await sources.sets_since(db, patient, since=midnight - LATEST)
    today = [each for each in sets if each.taken_at >= midnight]
    chosen = list(reversed(today or sets[:1]))
    zone = now.tzinfo
    title = f"Observations of {(chosen[-1].taken_at if chosen else now).astimezone(zone):%d-%b-%Y}"
    return Source(title, [f"{each.taken_at.astimezone(zone):%H:%M}  {signs_words(each)}" for each in chosen])


def signs_words(each: SetSource) -> str:
    """`RR 18 per min, SpO₂ 96 % on air, BP 124/76 mmHg, pulse 80 per min, alert, 36.8 °C, NEWS2 2`."""
    breathing = "" if each.on_oxygen is None else (" on oxygen" if each.on_oxygen else " on air")
    if each.on_oxygen and each.oxygen_l_per_min is not None:
        breathing += f" {each.oxygen_l_per_min:g} L/min"
    parts = [
        f"RR {each.respiration_per_min} per min" if each.respiration_per_min is not None else "",
        f"SpO₂ {each.spo2_percent} %{breathing}" if each.spo2_percent is not None else breathing.strip(),
        f"BP {each.systolic_mmhg}/{_or_dash(each.diastolic_mmhg)} mmHg" if each.systolic_mmhg is not None else "",
        f"pulse {each.pulse_per_min} per min" if each.pulse_per_min is not None else "",
        CONSCIOUSNESS.get(each.consciousness or "", ""),
        f"{each.temperature_celsius:.1f} °C" if each.temperature_celsius is not None else "",
        f"NEWS2 {each.news_score}{'' if each.news_signs == FULL_SIGNS else '+'}" if each.news_score is not None else "",
    ]
    return ", ".join(part for part in parts if part)


def _or_dash(value: int | None) -> str:
    return "–" if value is None else str(value)


async def _problems(db: Db, patient: PatientScope, now: datetime) -> Source:
    known: Sequence[Problem] = await problems(db, patient, limit=PROBLEMS_MAX)
    return Source("Problems", [problem_words(each) for each in known if each.state == "active"])


def problem_words(problem: Problem) -> str:
    """`Asthma (J45.909), since 12-Mar-2019, provisional`."""
    code = f" ({problem.code})" if problem.code else ""
    since = f", since {problem.onset_on:%d-%b-%Y}" if problem.onset_on else ""
    sure = "" if problem.verification == "confirmed" else f", {problem.verification}"
    return f"{problem.display}{code}{since}{sure}"


async def _results(db: Db, patient: PatientScope, now: datetime) -> Source:
    """Today's results; where there is none today, those of the newest day of a month."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    found = [shown(each) for each in await results_since(db, patient, since=midnight - LATEST)]
    if not found:
        return Source("Results", [])
    day = _day_of(found[0], now)
    of_day = [each for each in found if _day_of(each, now) == day]
    return Source(f"Results of {day}", [result_words(each, now) for each in of_day])


def _day_of(result: Result, now: datetime) -> str:
    return f"{(result.taken_at or now).astimezone(now.tzinfo):%d-%b-%Y}"


def result_words(result: Result, now: datetime) -> str:
    """`13:10  Potassium 6.4 mmol/L (3.5 – 5.2) critically high, preliminary`."""
    parts = [f"{result.name} {result.shown} {result.unit_words}".strip()]
    parts[0] += f" ({result.interval})" if result.interval else ""
    parts[0] += LEVELS.get(result.flag or "", "")
    parts += ["preliminary"] if result.state == "technically_released" else []
    parts += ["interim"] if result.report == "interim" else []
    return f"{(result.taken_at or now).astimezone(now.tzinfo):%H:%M}  {', '.join(parts)}"


async def _medicines(db: Db, patient: PatientScope, now: datetime) -> Source:
    known = await current_medicines(db, patient, limit=MEDICINES_MAX)
    return Source("Medicines", [medicine_words(each) for each in known])


def medicine_words(medicine: Medicine) -> str:
    """`bisoprolol – DOSE 5 mg – oral – once a day, held (low pressure)`."""
    dose = [f"DOSE {medicine.dose}"] if medicine.dose else []
    held = f", held ({medicine.state_reason})" if medicine.state == "held" else ""
    return " – ".join([medicine.name, *dose, *medicine.parts]) + held


async def _allergies(db: Db, patient: PatientScope, now: datetime) -> Source:
    """The three states: recorded, none known, not asked."""
    banner = await patient_banner(db, patient)
    if banner.allergy_state == "recorded":
        return Source("Allergies", list(banner.allergies))
    if banner.allergy_state == "none_known":
        confirmed = f" ({banner.allergy_confirmed})" if banner.allergy_confirmed else ""
        return Source("Allergies", [f"No known allergies{confirmed}"])
    return Source("Allergies", ["Not recorded: nobody has asked yet"])


async def _last_plan(db: Db, patient: PatientScope, now: datetime) -> Source:
    """The plan of the last signed note that has one; where several wrote it, each one's part under their name."""
    found = await sources.last_plan(db, patient)
    if not found:
        return Source("Plan of the last note", [])
    at = found[0].signed_at.astimezone(now.tzinfo)
    authors = list(dict.fromkeys(each.author for each in found))
    lines: list[str] = []
    for each in found:
        lines += [f"{each.author}:"] if len(authors) > 1 else []
        lines += each.text.strip().splitlines()
    return Source(f"Plan of {at:%d-%b-%Y %H:%M} by {', '.join(authors)}", lines)


COMMANDS: dict[str, Callable[[Db, PatientScope, datetime], Awaitable[Source]]] = {
    "observations": _observations,
    "results": _results,
    "medicines": _medicines,
    "problems": _problems,
    "allergies": _allergies,
    "plan": _last_plan,
}
COMMAND_WORDS: dict[str, str] = {
    "observations": "Today's observations",
    "results": "Today's results",
    "medicines": "Current medicines",
    "problems": "Active problems",
    "allergies": "Allergies",
    "plan": "Plan of the last signed note",
}
