"""The knowledge base behind the checks: pairs, allergies, limits, kidney, pregnancy, age; each with its source.

Loaded once into frozen values. `current()` is None when it cannot be loaded: then everything is "not checked".
"""

import functools
import hashlib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
import structlog
from msgspec import Struct

from wardline.orders import drugs
from wardline.orders.drugs import DrugTable, KnowledgeMissing, Release

log = structlog.get_logger("orders")
DIGEST_LENGTH = 16
Rule = TypeVar("Rule", bound=Struct)


class Sourced(Struct, frozen=True, kw_only=True):
    """A fact with where it comes from. `retrieved` is when somebody compared it with its source; None is nobody yet."""

    source: str
    version: str
    retrieved: date | None = None


class PairRule(Sourced, frozen=True, kw_only=True):
    """Two groups of drugs that are checked against each other, both ways round.

    `without` are members of a side that it does not hold for. By a route of `not_by` a drug hardly reaches the blood: then
    the pair is only a passive mark.
    """

    key: str
    number: int
    tier: Literal[1, 2, 3]
    title: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    why: str
    advice: str
    without: tuple[str, ...] = ()
    not_by: tuple[str, ...] = ()
    enabled: bool = True  # false: its source still has to be read by a pharmacist


class Limit(Sourced, frozen=True, kw_only=True):
    """How much of a drug. `*_max` are absolute, `*_usual_*` the usual range; `per_kg`: for a kilogram of body weight."""

    drug: str
    unit: str
    routes: tuple[str, ...] = ()
    age_from_years: float = 0
    age_below_years: float | None = None
    weight_from_kg: float = 0
    weight_below_kg: float | None = None
    per_kg: bool = False
    dose_max: float | None = None
    day_max: float | None = None
    dose_usual_max: float | None = None
    day_usual_min: float | None = None
    day_usual_max: float | None = None
    note: str = ""

    @property
    def asks_weight(self) -> bool:
        """Whether it cannot be judged without the patient's weight."""
        return self.per_kg or self.weight_from_kg > 0 or self.weight_below_kg is not None


class RenalRule(Sourced, frozen=True, kw_only=True):
    """What changes below a kidney function. `egfr` in ml/min/1.73 m2, `clearance` in ml/min."""

    drug: str
    measure: Literal["egfr", "clearance"]
    below: float
    why: str
    advice: str


class Caution(Sourced, frozen=True, kw_only=True):
    """What is not for a pregnant patient, or for an age."""

    key: str
    drugs: tuple[str, ...]
    why: str
    advice: str
    from_years: float = 0
    below_years: float | None = None
    asks: bool = True  # false: a pregnancy that is not recorded is said and asks nothing
    not_by: tuple[str, ...] = ()  # routes by which it does not count


class Washout(Sourced, frozen=True, kw_only=True):
    """Drugs that act after they were stopped: for `days` the rules named (all of tier 1 and 2, where none is) still fire."""

    key: str
    drugs: tuple[str, ...]
    days: float
    rules: tuple[str, ...]
    why: str


class Codes(Struct, frozen=True, kw_only=True):
    """Problems by their codes: what an ICD-10 code begins with, without its dot, but for some; or a SNOMED CT concept."""

    icd10: tuple[str, ...] = ()
    icd10_not: tuple[str, ...] = ()
    snomed: tuple[str, ...] = ()


class PregnancyCodes(Codes, frozen=True, kw_only=True):
    """Problems that say "pregnant now", and for how many days."""

    days: float


class DiseaseRule(Codes, frozen=True, kw_only=True):
    """Drugs that a problem of the list speaks against. `history`: a resolved one too."""

    key: str
    title: str
    drugs: tuple[str, ...]
    why: str
    advice: str
    source: str
    version: str
    retrieved: date | None = None
    tier: Literal[1, 2, 3] = 2
    without: tuple[str, ...] = ()
    not_by: tuple[str, ...] = ()
    history: bool = False


class MeasureAge(Sourced, frozen=True, kw_only=True):
    """How old a number of the patient may be; `inpatient` None is everybody, `below_years` None every age."""

    measure: Literal["weight_kg", "creatinine_umol_per_l"]
    days: float
    why: str
    inpatient: bool | None = None
    below_years: float | None = None
    setting: bool = False


class Schedule(Sourced, frozen=True, kw_only=True):
    """Drugs that the law keeps locked away, with two people for each movement; in these forms only, where some are named."""

    number: int
    drugs: tuple[str, ...]
    forms: tuple[str, ...] = ()


class SideChain(Struct, frozen=True):
    """Beta-lactams with one side chain: an allergy to one speaks of all."""

    key: str
    members: tuple[str, ...]


class AllergyClass(Struct, frozen=True, kw_only=True):
    """A class that reacts together, the words by which the whole of it is recorded, and a class within that does not."""

    key: str
    named: tuple[str, ...]
    why: str
    members_react: bool = True
    without: str = ""


class Related(Struct, frozen=True):
    """Drugs of one active substance, or so close that an allergy to one is a warning for the others."""

    members: tuple[str, ...]


class WeakLink(Struct, frozen=True):
    """A class that seldom reacts after another: said, without a warning."""

    recorded: str
    drug: str
    why: str


class AllergySource(Struct, frozen=True):
    """Where the side chains come from."""

    beta_lactams: str
    version: str
    retrieved: date


class AllergyRules(Struct, frozen=True):
    """Everything that is known about how allergies speak of other drugs."""

    source: AllergySource
    side_chain: tuple[SideChain, ...]
    class_: tuple[AllergyClass, ...] = msgspec.field(name="class")
    weak: tuple[WeakLink, ...]
    related: tuple[Related, ...]


class Knowledge:
    """The whole knowledge base, with the members of every side of every rule worked out once."""

    def __init__(self, table: DrugTable, folder: Path) -> None:
        self.table = table
        self.version = str(drugs.read_toml(folder / "version.toml")["version"])
        self.digest = _digest(folder)
        pairs = _read(folder, "interactions.toml", "pair", PairRule)
        self.pairs = tuple(rule for rule in pairs if rule.enabled)
        self.disabled = tuple(rule for rule in pairs if not rule.enabled)
        self.limits = _read(folder, "limits.toml", "limit", Limit)
        self.renal = _read(folder, "renal.toml", "renal", RenalRule)
        self.pregnancy = _read(folder, "cautions.toml", "pregnancy", Caution)
        self.ages = _read(folder, "cautions.toml", "age", Caution)
        self.washouts = _read(folder, "washouts.toml", "washout", Washout)
        self.diseases = _read(folder, "diseases.toml", "rule", DiseaseRule)
        pregnancy = drugs.read_toml(folder / "diseases.toml")["pregnancy"]
        self.pregnancy_codes: PregnancyCodes = _converted(pregnancy, PregnancyCodes, "diseases.toml")
        codes: list[Codes] = [*self.diseases, self.pregnancy_codes]
        self.known_concepts = frozenset(concept for each in codes for concept in each.snomed)
        self.measure_ages = _read(folder, "measures.toml", "age", MeasureAge)
        self.schedules = _read(folder, "controlled.toml", "schedule", Schedule)
        self.allergies = _converted(drugs.read_toml(folder / "allergies.toml"), AllergyRules, "allergies.toml")
        self._sides = {rule.key: self._members(rule) for rule in self.pairs}
        self._not_by = {rule.key: frozenset(rule.not_by) for rule in self.pairs}
        self._cautioned = {rule.key: self.group(rule.drugs) for rule in (*self.pregnancy, *self.ages)}
        self._washed = {rule.key: self.group(rule.drugs) for rule in self.washouts}
        self._against = {rule.key: self.group(rule.drugs) - self.group(rule.without) for rule in self.diseases}
        self._require_known_drugs()
        self._require_known_rules()
        self._require_compared()

    def group(self, names: tuple[str, ...]) -> frozenset[str]:
        """The drugs of some classes and single drugs together."""
        return frozenset().union(*(self.table.members(name) for name in names))

    def _members(self, rule: PairRule) -> tuple[frozenset[str], frozenset[str]]:
        without = self.group(rule.without)
        return self.group(rule.left) - without, self.group(rule.right) - without

    def hardly_by(self, key: str, routes: Iterable[str]) -> bool:
        """Whether one of the routes brings so little into the blood that this pair is only a passive mark."""
        return not self._not_by[key].isdisjoint(routes)

    def sides(self, rule: PairRule) -> tuple[frozenset[str], frozenset[str]]:
        """The drugs on both sides of a rule."""
        return self._sides[rule.key]

    def cautioned(self, rule: Caution) -> frozenset[str]:
        """The drugs that a caution speaks of."""
        return self._cautioned[rule.key]

    def against(self, rule: DiseaseRule) -> frozenset[str]:
        """The drugs that a disease speaks against."""
        return self._against[rule.key]

    def washout(self, drug: str) -> Washout | None:
        """How long a drug acts after it was stopped; None where no rule says that it does."""
        return next((rule for rule in self.washouts if drug in self._washed[rule.key]), None)

    def schedule_of(self, name: str, form: str) -> int | None:
        """The schedule by which a drug, or a product of several, is controlled in this form; None where it is in none."""
        found = self.table.find(name)
        held = {drug.name for drug in found.drugs} if found else {name}
        numbers = [
            rule.number
            for rule in self.schedules
            if not held.isdisjoint(rule.drugs) and (not rule.forms or form in rule.forms)
        ]
        return min(numbers, default=None)

    @property
    def scheduled(self) -> list[str]:
        """Every drug and every product of several that is controlled in some form."""
        drugs = frozenset(drug for rule in self.schedules for drug in rule.drugs)
        mixed = [name for name, parts in self.table.products.items() if any(part.name in drugs for part in parts)]
        return sorted({*drugs, *mixed})

    @property
    def washout_days_max(self) -> float:
        """After so many days no stopped drug counts any more."""
        return max(rule.days for rule in self.washouts)

    def measure_age(self, measure: str, *, inpatient: bool, age_years: float | None) -> MeasureAge:
        """How old a number may be for this patient; of an unknown age the strictest limit counts."""
        fitting = [
            rule
            for rule in self.measure_ages
            if rule.measure == measure
            and rule.inpatient in {None, inpatient}
            and (rule.below_years is None or age_years is None or age_years < rule.below_years)
        ]
        if not fitting:
            raise KnowledgeMissing(f"No limit says how old a {measure} may be.")
        return min(fitting, key=lambda rule: rule.days)

    def between(self, one: str, other: str) -> list[PairRule]:
        """Rules about two different drugs, whichever way round, the strongest first."""
        if one == other:
            return []
        found = [rule for rule in self.pairs if _fires(self._sides[rule.key], one, other)]
        return sorted(found, key=lambda rule: (rule.tier, rule.number))

    def _require_known_drugs(self) -> None:
        named = [drug for rule in self.table.releases for drug in rule.drugs]
        named += [limit.drug for limit in self.limits] + [rule.drug for rule in self.renal]
        named += [drug for schedule in self.schedules for drug in schedule.drugs]
        named += [member for chain in self.allergies.side_chain for member in chain.members]
        named += [member for close in self.allergies.related for member in close.members]
        unknown = sorted(set(named) - set(self.table.drugs))
        if unknown:
            raise KnowledgeMissing(f"Rules speak of drugs that the table does not hold: {', '.join(unknown)}")

    def _require_known_rules(self) -> None:
        pairs = _read_keys(self.pairs)
        unknown = sorted({key for rule in self.washouts for key in rule.rules} - pairs)
        if unknown:
            raise KnowledgeMissing(f"Washouts speak of rules that there are not: {', '.join(unknown)}")
        for measure in ("weight_kg", "creatinine_umol_per_l"):
            for inpatient in (True, False):
                self.measure_age(measure, inpatient=inpatient, age_years=ADULT_YEARS)

    def _require_compared(self) -> None:
        """Nothing speaks to a prescriber that nobody has compared with its source."""
        facts: list[Sourced | DiseaseRule | Release] = [
            *self.pairs,
            *self.limits,
            *self.renal,
            *self.pregnancy,
            *self.ages,
        ]
        facts += [*self.washouts, *self.diseases, *self.table.releases]
        facts += [age for age in self.measure_ages if not age.setting]
        unread = sorted({fact.source for fact in facts if fact.retrieved is None})
        if unread:
            raise KnowledgeMissing(f"Nobody has compared these rules with their source: {'; '.join(unread)}")


ADULT_YEARS = 40.0  # an age that only the limits for everybody fit


def _read_keys(rules: tuple[PairRule, ...]) -> set[str]:
    return {rule.key for rule in rules}


def _fires(sides: tuple[frozenset[str], frozenset[str]], one: str, other: str) -> bool:
    left, right = sides
    return (one in left and other in right) or (other in left and one in right)


def _digest(folder: Path) -> str:
    """What the files come to: any change of any of them is another knowledge base."""
    total = hashlib.sha256()
    for file in sorted(folder.glob("*.*")):
        total.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()[:DIGEST_LENGTH]


def _read(folder: Path, file: str, table: str, rule: type[Rule]) -> tuple[Rule, ...]:
    return _converted(drugs.read_toml(folder / file)[table], tuple[rule, ...], file)


def _converted(value: Any, into: Any, file: str) -> Any:
    try:
        return msgspec.convert(value, into)
    except msgspec.ValidationError as error:
        raise KnowledgeMissing(f"{file}: {error}") from error


@functools.cache
def load(folder: Path = drugs.FOLDER) -> Knowledge:
    """The knowledge base of a folder. Raises KnowledgeMissing where any part of it is absent, wrong or contradicts itself."""
    try:
        return Knowledge(drugs.load(folder), folder)
    except KeyError as error:
        raise KnowledgeMissing(f"A table is missing from the knowledge base: {error}") from error


def current(folder: Path = drugs.FOLDER) -> Knowledge | None:
    """The knowledge base, or None when it cannot be used: whoever asks then says "not checked"."""
    try:
        return load(folder)
    except KnowledgeMissing as missing:
        log.error("knowledge_missing", reason=str(missing))
        return None
