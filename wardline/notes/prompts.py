"""Templates per specialty: the prompts that each section shows and that `/template` puts into the text."""

import tomllib
from pathlib import Path

from msgspec import Struct

from wardline.notes.rules import SECTIONS, Kind


class Template(Struct, frozen=True):
    """Prompts by section; `specialties` are words of the specialties it is offered to first."""

    key: str
    words: str
    specialties: tuple[str, ...]
    sections: dict[str, list[str]]

    def fits(self, kind: Kind) -> bool:
        """Whether it has prompts for at least half the sections of such a note."""
        keys = [section.key for section in SECTIONS[kind]]
        return 2 * sum(key in self.sections for key in keys) >= len(keys)


def _read() -> dict[str, Template]:
    table = tomllib.loads((Path(__file__).parent / "prompts.toml").read_text(encoding="utf-8"))
    return {key: Template(key, row["words"], tuple(row["specialties"]), row["sections"]) for key, row in table.items()}


TEMPLATES = _read()


def templates_for(kind: Kind, specialty: str = "") -> list[Template]:
    """The templates of a kind of note, those of the stay's specialty first."""
    fitting = [template for template in TEMPLATES.values() if template.fits(kind)]
    words = specialty.lower()
    return sorted(fitting, key=lambda template: not any(word in words for word in template.specialties))


def prompts_of(template: str, section: str) -> list[str]:
    """The prompts of a section; none without a template."""
    found = TEMPLATES.get(template)
    return found.sections.get(section, []) if found else []
