"""What a note is made of and who may do what with it. Pure: no I/O, the time is passed in."""

import re
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from wardline.identity.public import Role

TEXT_LENGTH_MAX = 20_000
EXCERPT_LENGTH_MAX = 160


class Kind(StrEnum):
    CASE_SHEET = "case_sheet"
    PROGRESS = "progress"
    NURSING = "nursing"
    INCIDENT = "incident"
    HANDOVER = "handover"


class Section(Struct, frozen=True):
    """One headed area of a note; `hint` says what is expected there."""

    key: str
    title: str
    hint: str


KIND_WORDS = {
    Kind.CASE_SHEET: "Admission case sheet",
    Kind.PROGRESS: "Progress note",
    Kind.NURSING: "Nursing note",
    Kind.INCIDENT: "Incident note",
    Kind.HANDOVER: "Handover",
}
SECTIONS: dict[Kind, tuple[Section, ...]] = {
    Kind.CASE_SHEET: (
        Section("complaints", "Presenting complaints", "What brought the patient, since when, in their words"),
        Section("present_history", "History of present illness", "How it began and went on"),
        Section("past_history", "Past medical and surgical history", "Illnesses, operations, admissions"),
        Section("medicines_history", "Medicines and allergies", "What is taken at home, what is not tolerated"),
        Section("family_social_history", "Family and social history", "Family, work, home, tobacco, alcohol"),
        Section("examination", "Examination", "General, then system by system"),
        Section("diagnoses", "Diagnoses", "Working diagnosis, then what else it may be"),
        Section("plan", "Plan", "Investigations, treatment, who does what until when"),
    ),
    Kind.PROGRESS: (
        Section("subjective", "Subjective", "What the patient says"),
        Section("objective", "Objective", "What is found and measured"),
        Section("assessment", "Assessment", "What it means"),
        Section("plan", "Plan", "What is done next, by whom, until when"),
    ),
    Kind.NURSING: (
        Section("condition", "Condition", "How the patient is: comfort, skin, intake, output, mobility"),
        Section("care", "Care given", "What was done"),
        Section("concerns", "Concerns", "What worries, and who was told"),
        Section("plan", "Plan", "What the next shift has to do"),
    ),
    Kind.INCIDENT: (
        Section("happened", "What happened", "Facts in their order: when, where, who was there"),
        Section("harm", "Harm", "What was found on examination, or that there was none"),
        Section("action", "What was done at once", "Treatment, observation, who was called"),
        Section("told", "Who was told", "Patient, family, doctor, nurse in charge"),
        Section("prevention", "So that it does not happen again", "What has been changed"),
    ),
    Kind.HANDOVER: (
        Section("situation", "Situation", "Who it is and what is the matter now"),
        Section("background", "Background", "What led here"),
        Section("assessment", "Assessment", "How the patient is and what worries"),
        Section("recommendation", "Recommendation", "What has to be done, by whom, until when"),
    ),
}
WRITERS: dict[Kind, frozenset[Role]] = {
    Kind.CASE_SHEET: frozenset({Role.DOCTOR}),
    Kind.PROGRESS: frozenset({Role.DOCTOR, Role.PHARMACIST}),
    Kind.NURSING: frozenset({Role.NURSE}),
    Kind.INCIDENT: frozenset({Role.DOCTOR, Role.NURSE, Role.PHARMACIST}),
    Kind.HANDOVER: frozenset({Role.DOCTOR, Role.NURSE}),
}


def kinds_of(role: str) -> list[Kind]:
    """The kinds of notes that somebody of this role writes, in their usual order."""
    return [kind for kind in Kind if may_write(kind, role)]


def may_write(kind: str, role: str) -> bool:
    """Whether this role writes, signs and adds to notes of this kind."""
    return role in WRITERS[Kind(kind)]


def section_of(kind: str, key: str) -> Section | None:
    """The section of that name, if notes of this kind have one."""
    return next((section for section in SECTIONS[Kind(kind)] if section.key == key), None)


# ---- marked copies ----

FLAT = str.maketrans("⟦⟧", "[]")
COPY = re.compile(r"⟦(?P<what>[^⟦⟧\n]+), copied (?P<copied>[^⟦⟧\n]+)⟧\n(?P<text>.*?)\n⟦end of copy⟧", re.DOTALL)


class Segment(Struct, frozen=True):
    """A stretch of a text: written (`source` is empty), or copied from `source`, with when it was copied."""

    text: str
    source: str = ""
    copied: str = ""


def marked_copy(what: str, text: str, copied_at: datetime) -> str:
    """A copy as it stands in a note. The time has the hospital's zone. Marks in what is copied become plain brackets: a
    copy inside a copy must not end the outer one, or the rest would read as the writer's own words."""
    return f"⟦{what.translate(FLAT)}, copied {copied_at:%d-%b-%Y %H:%M}⟧\n{text.translate(FLAT)}\n⟦end of copy⟧"


def segments(text: str) -> list[Segment]:
    """The text as stretches written by hand and copied ones, in order; empty stretches are left out."""
    found: list[Segment] = []
    end = 0
    for match in COPY.finditer(text):
        found.append(Segment(text[end : match.start()].strip()))
        found.append(Segment(match["text"], match["what"], match["copied"]))
        end = match.end()
    found.append(Segment(text[end:].strip()))
    return [segment for segment in found if segment.text]


def excerpt(text: str) -> str:
    """The beginning of what was written by hand, on one line; of a copy only what it is a copy of."""
    words = " ".join(s.text if not s.source else f"[{s.source}]" for s in segments(text)).split()
    line = " ".join(words)
    if len(line) <= EXCERPT_LENGTH_MAX:
        return line
    return line[:EXCERPT_LENGTH_MAX].rsplit(" ", 1)[0] + " …"
