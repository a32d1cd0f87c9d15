"""The drug table: ingredients, their classes, codes, names and forms; and how a name that somebody wrote finds them.

Facts come from data files in `knowledge/`, read once. Names follow the WHO's recommended names; American, British and brand
names lead to them.
"""

import csv
import difflib
import functools
import re
import tomllib
import unicodedata
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

FOLDER = Path(__file__).parent / "knowledge"
NAME_LENGTH_MAX = 120
SUGGESTIONS_MAX = 3
LIKENESS_MIN = 0.8
PREFIX_MIN = 3
PREFIX_FOUND_MAX = 8


class KnowledgeMissing(Exception):
    """A file of the knowledge base is absent or unreadable; nothing can be checked without it."""


class DrugClass(Struct, frozen=True):
    """A pharmacological class. Two of one class at once are a duplicate therapy when it says so."""

    key: str
    words: str
    duplicate: bool = False


class Form(Struct, frozen=True):
    """A form that is commonly made, its routes, and its usual strengths. Used to ask and to suggest, never to check."""

    words: str
    routes: tuple[str, ...]
    strengths: tuple[str, ...]


class Drug(Struct, frozen=True):
    """One ingredient. `tall_man` is how it is shown; `rxnorm` is empty where the code is not known for certain."""

    name: str
    tall_man: str
    classes: frozenset[str]
    atc: tuple[str, ...]
    rxnorm: str
    other_names: tuple[str, ...]
    forms: tuple[Form, ...]

    @property
    def routes(self) -> tuple[str, ...]:
        """Every route of its forms, each once, in the table's order."""
        return tuple(dict.fromkeys(route for form in self.forms for route in form.routes))


class Understood(NamedTuple):
    """What a name stands for: the name as the table writes it, and one ingredient or several."""

    name: str
    drugs: tuple[Drug, ...]


class Release(Struct, frozen=True, kw_only=True):
    """Drugs by mouth whose plain and modified-release forms are not to be exchanged, why, and who says so."""

    key: str
    drugs: tuple[str, ...]
    why: str
    source: str
    version: str
    retrieved: date | None = None


# Spellings that mean one sound on both sides of the Atlantic.
SPELLINGS = (("sulph", "sulf"), ("oestr", "estr"), ("ceph", "cef"), ("aluminum", "aluminium"), ("haem", "hem"))


@functools.lru_cache(maxsize=5_000)  # the same few hundred names, a dozen times for each page
def normal(name: str) -> str:
    """A name without case, accents, punctuation and the spelling of one country: `St. John's Wort` is `st johns wort`."""
    plain = unicodedata.normalize("NFKD", name[:NAME_LENGTH_MAX]).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"['`.®™]", "", plain)
    plain = re.sub(r"[^a-z0-9/+&,]+", " ", plain).strip()
    for spelling, one in SPELLINGS:
        plain = plain.replace(spelling, one)
    return plain


class DrugTable:
    """Every ingredient and combined product, found by any of its names."""

    def __init__(
        self,
        drugs: dict[str, Drug],
        classes: dict[str, DrugClass],
        products: dict[str, tuple[str, ...]],
        words: dict[str, Any],
        releases: tuple[Release, ...] = (),
    ) -> None:
        self.drugs = drugs
        self.classes = classes
        self.products = {name: tuple(drugs[part] for part in parts) for name, parts in products.items()}
        self.releases = releases
        self._names: dict[str, Understood] = {}
        self.vague: dict[str, tuple[str, ...]] = {
            normal(written): tuple(names) for written, names in words["vague"].items()
        }
        self._salts, self._forms = frozenset(words["salts"]), frozenset(words["forms"])
        self._class_names = {normal(held.words): key for key, held in classes.items()}
        self._class_names |= {normal(written): key for written, key in words["class"].items()}

    def name(self, written: str, understood: Understood) -> None:
        """Let a name stand for something; the first to claim it keeps it, and ingredients claim theirs first."""
        self._names.setdefault(normal(written), understood)

    @property
    def names(self) -> Iterator[str]:
        """Every name as it is looked up."""
        return iter(self._names)

    def find(self, written: str) -> Understood | None:
        """What the name stands for, or None. Salts, strengths and forms in it are overlooked; no name is guessed."""
        plain = normal(written)
        for candidate in self._candidates(plain):
            if candidate in self._names:
                return self._names[candidate]
        return self._find_parts(plain) or self._find_hyphenated(written)

    def class_named(self, written: str) -> DrugClass | None:
        """The class of which a word speaks as a whole, in singular or plural ("SSRIs"); None for anything else."""
        plain = normal(written)
        key = next(
            (self._class_names[each] for each in (plain, plain.removesuffix("s")) if each in self._class_names), None
        )
        return None if key is None else self.classes.get(key)

    def exact(self, written: str) -> Understood | None:
        """What exactly this name stands for; nothing in it is overlooked."""
        return self._names.get(normal(written))

    @property
    def salts(self) -> frozenset[str]:
        """Words of salts and esters."""
        return self._salts

    @property
    def spare_words(self) -> frozenset[str]:
        """Words of salts and forms, which may stand beside a name without changing what it is."""
        return self._salts | self._forms

    def release(self, drug: str) -> Release | None:
        """Why an order of a drug by mouth has to say which form it means; None where the forms may be exchanged."""
        return next((rule for rule in self.releases if drug in rule.drugs), None)

    def _find_parts(self, plain: str) -> Understood | None:
        parts = [part.strip() for part in re.split(r"[/+&,]| and | with ", plain) if part.strip()]
        if len(parts) < 2:
            return None
        found = [understood for part in parts for understood in [self._find_one(part)] if understood]
        if len(found) < len(parts):
            return None
        drugs = tuple(dict.fromkeys(drug for understood in found for drug in understood.drugs))
        return Understood(" + ".join(drug.name for drug in drugs), drugs)

    def _find_hyphenated(self, written: str) -> Understood | None:
        """`ethinyl estradiol-levonorgestrel`: a hyphen between names that are each known."""
        if "-" not in written:
            return None
        return self._find_parts("/".join(normal(part) for part in written.split("-")))

    def _find_one(self, plain: str) -> Understood | None:
        return next((self._names[name] for name in self._candidates(plain) if name in self._names), None)

    def _candidates(self, plain: str) -> Iterator[str]:
        """The name as written, then without forms and strengths, then without the salt at its end or its beginning."""
        yield plain
        words = [
            word
            for word in plain.split()
            if word not in self._forms and not re.fullmatch(r"[\d/,]+(?:[gl]|[a-z]{2,12})?", word)
        ]
        yield " ".join(words)
        kept = list(words)
        while len(kept) > 1 and kept[-1] in self._salts:
            kept.pop()
            yield " ".join(kept)
        while len(kept) > 1 and kept[0] in self._salts:
            kept.pop(0)
            yield " ".join(kept)

    def starting_with(self, start: str) -> list[Understood]:
        """Ingredients and products whose own name begins so; without any, those of which another name does."""
        plain = normal(start)
        if len(plain) < PREFIX_MIN:
            return []
        own = [Understood(name, (drug,)) for name, drug in self.drugs.items() if normal(name).startswith(plain)]
        own += [Understood(name, drugs) for name, drugs in self.products.items() if normal(name).startswith(plain)]
        other = {found.name: found for name, found in self._names.items() if name.startswith(plain)}
        return (own or list(other.values()))[:PREFIX_FOUND_MAX]

    def like(self, written: str) -> list[str]:
        """Names that the writer may have meant, most alike first. For a question, never for a check. A slip is seldom in the
        first letter: Pabrinex is not offered as Burinex.
        """
        plain = normal(written)
        alike = [name for name in self._names if name[:1] == plain[:1]]
        close = difflib.get_close_matches(plain, alike, n=SUGGESTIONS_MAX, cutoff=LIKENESS_MIN)
        return list(dict.fromkeys(self._names[name].name for name in close))

    def members(self, class_or_drug: str) -> frozenset[str]:
        """Names of a class's drugs, or of the one drug. A key that is neither raises KnowledgeMissing."""
        if class_or_drug in self.classes:
            return frozenset(name for name, drug in self.drugs.items() if class_or_drug in drug.classes)
        if class_or_drug in self.drugs:
            return frozenset((class_or_drug,))
        raise KnowledgeMissing(f"There is no class and no drug {class_or_drug!r}.")


@functools.cache
def load(folder: Path = FOLDER) -> DrugTable:
    """The table of a folder, read once. Raises KnowledgeMissing where a file is absent or wrong."""
    try:
        classes = {key: DrugClass(key=key, **row) for key, row in read_toml(folder / "classes.toml").items()}
        drugs = {row["name"]: _drug(row) for row in _rows(folder / "drugs.csv")}
        words = read_toml(folder / "names.toml")
        products = list(_rows(folder / "products.csv"))
        parts = {row["name"]: tuple(row["ingredients"].split(" + ")) for row in products}
        releases = msgspec.convert(read_toml(folder / "release.toml")["release"], tuple[Release, ...])
        table = DrugTable(drugs, classes, parts, words, releases)
    except (KeyError, TypeError, ValueError, msgspec.ValidationError) as error:
        raise KnowledgeMissing(f"The drug table cannot be read: {error}") from error
    for drug in drugs.values():
        table.name(drug.name, Understood(drug.name, (drug,)))
    for row in products:
        for name in (row["name"], *_list(row["other_names"])):
            table.name(name, Understood(row["name"], table.products[row["name"]]))
    for drug in drugs.values():
        for name in drug.other_names:
            table.name(name, Understood(drug.name, (drug,)))
    for short, name in words["short"].items():
        meant = table.find(name)
        if meant is None:
            raise KnowledgeMissing(f"The short name {short!r} stands for no drug.")
        table.name(short, meant)
    return table


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file of the knowledge base; KnowledgeMissing where it is not there."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise KnowledgeMissing(f"{path.name} cannot be read: {error}") from error


def _rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, strict=True):
                if None in row or None in row.values():
                    raise KnowledgeMissing(
                        f"{path.name}: the row of {row.get('name')!r} has not a value for each column."
                    )
                yield row
    except (OSError, ValueError, csv.Error) as error:
        raise KnowledgeMissing(f"{path.name} cannot be read: {error}") from error


def _list(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def _drug(row: dict[str, str]) -> Drug:
    return Drug(
        name=row["name"],
        tall_man=row["tall_man"] or row["name"],
        classes=frozenset(row["classes"].split()),
        atc=tuple(row["atc"].split()),
        rxnorm=row["rxnorm"],
        other_names=_list(row["other_names"]),
        forms=tuple(_form(part) for part in _list(row["forms"])),
    )


def _form(written: str) -> Form:
    """`tablet/oral: 250 mg, 500 mg`; a comma inside a number has no space after it."""
    what, _, strengths = written.partition(": ")
    words, _, routes = what.partition("/")
    return Form(words, tuple(routes.split("+")), tuple(strengths.split(", ")))
