"""What single elements of a resource say, where the standard leaves several ways to say it. Pure."""

import re
from datetime import datetime
from uuid import UUID

from wardline.interop.fhir import terms
from wardline.interop.fhir.bundle import Entry
from wardline.interop.fhir.resources import AllergyIntolerance, ContactPoint, Encounter, Identifier, Observation
from wardline.interop.fhir.words import clean, code_of, display, moment

_ALLERGY_WORDS = re.compile(r"^(allergy|allergic reaction|hypersensitivity) (to|caused by) | allergy$", re.IGNORECASE)


def hospital_code(name: str, hospital_id: UUID) -> str:
    """Initials and a mark that keeps hospitals of the same initials apart, the same at every import: CH8B58."""
    initials = "".join(word[0] for word in re.findall(r"[A-Za-z0-9]+", name) if word[0].isascii())
    return f"{initials[:6].upper()}{hospital_id.hex[:5].upper()}"


def references_to(entry: Entry, numbers: list[Identifier]) -> list[str]:
    """Every way to refer to this entry: its address in the bundle, its id, and (conditionally) its identifiers."""
    found = [entry.full_url] if entry.full_url else []
    found.append(f"{entry.kind}/{entry.id}")
    found += [f"{entry.kind}?identifier={item.system or ''}|{item.value}" for item in numbers if item.value]
    return found


def first_point(points: list[ContactPoint], system: str) -> str:
    """The first phone or email given; empty when there is none."""
    return next(
        (word for point in points if point.system == system and (word := clean(point.value))),
        "",
    )


def taken_at_of(entry: Entry, observation: Observation) -> datetime | None:
    """When it was taken; of a period its beginning; None when it does not say."""
    for name, text in (
        ("effectiveDateTime", observation.effective_date_time),
        ("effectiveInstant", observation.effective_instant),
        (
            "effectivePeriod",
            observation.effective_period.start if observation.effective_period else None,
        ),
    ):
        if text is not None:
            return moment(text, (*entry.path, name))
    return None


def substance_of(allergy: AllergyIntolerance) -> str | None:
    """Peanuts, not "Allergy to peanuts": sources code the disorder where the chart names what it is against."""
    words = display(allergy.code)
    if words is None:
        return None
    named = _ALLERGY_WORDS.sub("", words) or words
    return (named[0].upper() + named[1:])[:200]


def is_certain(allergy: AllergyIntolerance) -> bool:
    """Neither refuted nor a mistake."""
    return code_of(allergy.verification_status) not in ("refuted", "entered-in-error")


def severity_of(allergy: AllergyIntolerance) -> str:
    """The worst reaction seen; without one, a source that calls the risk high is taken at its word."""
    seen = {reaction.severity for reaction in allergy.reaction}
    worst = next((level for level in ("severe", "moderate", "mild") if level in seen), None)
    return worst or ("severe" if allergy.criticality == "high" else "unknown")


def discharged_to(encounter: Encounter) -> str | None:
    """Where the patient went, in the words of the stay; "other" for a code that has none."""
    disposition = encounter.hospitalization.discharge_disposition if encounter.hospitalization else None
    codes = [coding.code for coding in disposition.coding if coding.code] if disposition else []
    return next(
        (terms.DISCHARGES[code] for code in codes if code in terms.DISCHARGES),
        "other" if codes else None,
    )
