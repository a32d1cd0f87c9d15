"""Cultures: what grew, how much of it, what it is susceptible to, and whether more is to come. Pure but for the page's read."""

from typing import Any

from msgspec import to_builtins

from wardline.encounters.public import banner_with_stay
from wardline.lab import rules, shown
from wardline.lab.forms import Isolate, NewValue
from wardline.lab.models import LabTest, Result
from wardline.lab.pages import Block, CulturePage, DrugLine
from wardline.patients.public import PatientScope
from wardline.platform.db import Db
from wardline.platform.errors import Invalid

NO_GROWTH = rules.NO_GROWTH
BLOCKS_MIN = 3
BLOCKS_MAX = 6
# International nonproprietary names, by group; what a page offers. A drug that is not here is typed under them.
DRUGS = (
    "Benzylpenicillin", "Ampicillin", "Amoxicillin/clavulanate", "Piperacillin/tazobactam", "Flucloxacillin",
    "Cefalexin", "Cefuroxime", "Ceftriaxone", "Ceftazidime", "Meropenem", "Gentamicin", "Amikacin", "Ciprofloxacin",
    "Trimethoprim", "Trimethoprim/sulfamethoxazole", "Nitrofurantoin", "Fosfomycin", "Erythromycin", "Clindamycin",
    "Doxycycline", "Vancomycin", "Linezolid",
)  # fmt: skip
ORGANISMS = (
    "Escherichia coli", "Klebsiella pneumoniae", "Klebsiella oxytoca", "Proteus mirabilis", "Enterobacter cloacae complex",
    "Serratia marcescens", "Citrobacter freundii", "Pseudomonas aeruginosa", "Acinetobacter baumannii",
    "Haemophilus influenzae", "Staphylococcus aureus", "Staphylococcus epidermidis", "Staphylococcus saprophyticus",
    "Streptococcus pneumoniae", "Streptococcus pyogenes", "Streptococcus agalactiae", "Enterococcus faecalis",
    "Enterococcus faecium", "Listeria monocytogenes", "Neisseria meningitidis", "Bacteroides fragilis", "Candida albicans",
    "Candida glabrata", "Mixed growth",
)  # fmt: skip
QUANTITIES = ("scanty", "moderate", "heavy", "10^6 to 10^7 /L", "10^7 to 10^8 /L", "over 10^8 /L")


def read(test: LabTest, new: NewValue) -> tuple[str, list[dict[str, Any]]]:
    """The words of a result and its isolates as they are stored; Invalid where they contradict each other."""
    words = new.words.strip()
    if test.kind != "culture":
        if new.isolates or new.no_growth or new.report != "final":
            raise Invalid(fields={"isolates": "Only a culture has organisms and interim reports."})
        return words, []
    if new.no_growth:
        if new.isolates:
            raise Invalid(fields={"no_growth": "Nothing grew, or these organisms did: not both."})
        return (f"{NO_GROWTH}. {words}" if words else NO_GROWTH), []
    if not (words or new.isolates):
        raise Invalid(fields={"words": "What grew, or that nothing grew."})
    isolates = [_stored(number, each) for number, each in enumerate(new.isolates)]
    return words or ", ".join(each.organism for each in new.isolates), isolates


def _stored(number: int, isolate: Isolate) -> dict[str, Any]:
    """One organism with its table; drugs typed beside the list stand in it like the others."""
    susceptibility, mic = dict(isolate.susceptibility), dict(isolate.mic)
    _require_once(number, isolate)
    for each in isolate.more:
        susceptibility[each.drug] = each.sir
        mic[each.drug] = each.mic
    mic = {drug: value for drug, value in mic.items() if value}
    for drug in mic:
        if drug not in susceptibility:
            raise Invalid(fields={f"isolates[{number}].mic": f"{drug}: an MIC without S, I or R. Say how it is read."})
    return to_builtins(
        {"organism": isolate.organism, "quantity": isolate.quantity, "susceptibility": susceptibility, "mic": mic}
    )


def _require_once(number: int, isolate: Isolate) -> None:
    """Invalid for a drug that stands twice, however it is written: it would read as susceptible and as resistant."""
    seen: set[str] = set()
    for drug in (*isolate.susceptibility, *(each.drug for each in isolate.more)):
        plain = " ".join(drug.casefold().split())
        if plain in seen:
            raise Invalid(fields={f"isolates[{number}].more": f"{drug} stands here twice."})
        seen.add(plain)


async def culture_page(db: Db, result: Result, patient: PatientScope, *, with_banner: bool) -> CulturePage:
    """A culture as it stands, to be reported on."""
    return CulturePage(
        result=shown.shown(result),
        act=act_for(result),
        blocks=blocks_of(result),
        words=result.words.removeprefix(NO_GROWTH).removeprefix(". ") if _is_no_growth(result) else result.words,
        no_growth=_is_no_growth(result),
        organisms=list(ORGANISMS),
        quantities=list(QUANTITIES),
        banner=await banner_with_stay(db, patient) if with_banner else None,
    )


def _is_no_growth(result: Result) -> bool:
    return rules.is_no_growth(result.words, result.isolates)


def act_for(result: Result) -> str:
    """What can be done with a culture now: its `value` entered, a `report` after an interim one, or an `amendment`; "" none."""
    if result.state in ("received", "resulted"):
        return "value"
    if result.state in ("technically_released", "clinically_released"):
        return "report" if result.report == "interim" else "amendment"
    return ""


def blocks_of(result: Result) -> list[Block]:
    """The organisms of a culture as the page's form shows them, with room for one more."""
    held = [Block(each["organism"], each.get("quantity", ""), _lines(each)) for each in result.isolates]
    room = max(BLOCKS_MIN - len(held), min(1, BLOCKS_MAX - len(held)))
    return held + [Block("", "", _lines({})) for _ in range(room)]


def _lines(isolate: dict[str, Any]) -> list[DrugLine]:
    tested: dict[str, str] = isolate.get("susceptibility", {})
    mic: dict[str, str] = isolate.get("mic", {})
    names = [*DRUGS, *(drug for drug in tested if drug not in DRUGS)]
    return [DrugLine(drug, tested.get(drug, ""), mic.get(drug, "")) for drug in names]
