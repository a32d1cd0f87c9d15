"""Notes as they are stored, shown and sent."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from wardline.identity.public import Scope
from wardline.notes.rules import TEXT_LENGTH_MAX, Kind, Segment
from wardline.patients.public import Banner
from wardline.platform.http import Input

Text = Annotated[str, Meta(max_length=TEXT_LENGTH_MAX)]


class NoteScope(Scope, frozen=True, kw_only=True):
    """One note of the caller's hospital, as it was when it was opened."""

    id: UUID
    person_id: UUID
    kind: str
    state: str
    signed_by: UUID | None
    version: int


class Found(Struct):
    """What an access check reads."""

    person_id: UUID
    kind: str
    state: str
    signed_by: UUID | None
    version: int


# ---- sent ----


class NewNote(Input):
    """A note to be begun, with the template whose prompts it shows."""

    kind: Kind
    template: Annotated[str, Meta(max_length=40)] = ""


class NewText(Input):
    """The caller's words in one section, whole. An empty text takes them back; what was saved before stays on record."""

    text: Text = ""


class Signature(Input):
    """Sign; `cosign` asks for a second signature."""

    cosign: bool = False


class NewAddendum(Input):
    """What is added to a signed note."""

    text: Annotated[str, Meta(min_length=1, max_length=TEXT_LENGTH_MAX)]


class NoteError(Input):
    """Why the note is wrong. It stays on record, struck through."""

    reason: Annotated[str, Meta(min_length=3, max_length=500)]


class NotesQuery(Input):
    """Which notes: of one kind, from a cursor on."""

    kind: Kind | None = None
    after: str | None = None


class NewNoteQuery(Input):
    """The kind whose templates are offered."""

    kind: Kind | None = None


# ---- stored and shown ----


class Note(Struct):
    """A note without its words (FHIR: DocumentReference)."""

    id: UUID
    patient_id: UUID
    encounter_id: UUID | None
    kind: str
    template: str
    state: str
    cosign_wanted: bool
    created_at: datetime
    created_by_id: UUID
    created_by: str
    saved_at: datetime
    signed_at: datetime | None
    signed_by_id: UUID | None
    signed_by: str | None
    cosigned_at: datetime | None
    cosigned_by: str | None
    error_at: datetime | None
    error_by: str | None
    error_reason: str | None
    version: int


class NoteRow(Note):
    """A note's columns, then its passages and addenda as rows."""

    passages: list[tuple[Any, ...]] | None = None
    addenda: list[tuple[Any, ...]] | None = None


class Passage(Struct):
    """One author's words in one section; `text` is never empty here."""

    section: str
    author_id: UUID
    author: str
    author_role: str
    text: str
    version: int
    saved_at: datetime
    segments: list[Segment] = []


class Addendum(Struct):
    id: UUID
    author_id: UUID
    author: str
    author_role: str
    text: str
    created_at: datetime
    segments: list[Segment] = []


class SectionView(Struct):
    """A section with everybody's words, in the order in which people began to write."""

    key: str
    title: str
    hint: str
    prompts: list[str]
    passages: list[Passage]


class NoteView(Struct):
    """A note with its words, the same for everybody who may read it."""

    note: Note
    kind_words: str
    sections: list[SectionView]
    addenda: list[Addendum]


class Own(Struct):
    """The caller's own words in a section, as the editor starts with them."""

    text: str
    version: int


class NotePage(Struct, kw_only=True):
    """A note as one person sees it: with their own words apart, and what they may do."""

    banner: Banner
    note: Note
    kind_words: str
    sections: list[SectionView]
    addenda: list[Addendum]
    me: UUID
    own: dict[str, Own]
    writes: bool
    signs: bool
    cosigns: bool
    adds: bool
    withdraws: bool
    commands: list[tuple[str, str]]


class Saved(Struct):
    """A draft that was saved: `version` is that of the caller's words, `note_version` the note's."""

    note_id: UUID
    section: str
    version: int
    note_version: int
    saved_at: datetime


class SaveRow(Struct):
    """`version` is None when the words are at another version than the one named."""

    note_version: int
    version: int | None


class NoteLine(Struct):
    """A note in a list, with its words' beginning; none of a draft's, which change while they are read."""

    id: UUID
    patient_id: UUID
    kind: str
    state: str
    cosign_wanted: bool
    created_at: datetime
    created_by: str
    signed_at: datetime | None
    signed_by: str | None
    addenda: int
    authors: int
    text: str
    kind_words: str = ""


class NotesPage(Struct):
    """A patient's notes, newest first."""

    banner: Banner
    items: list[NoteLine]
    next: str | None
    kind: str | None
    kinds: list[tuple[str, str]]
    writes: bool


class KindOffer(Struct):
    """A kind of note that the caller may begin, with its templates."""

    key: str
    words: str
    sections: str
    templates: list[tuple[str, str]]


class NewNotePage(Struct):
    banner: Banner
    patient_id: UUID
    kinds: list[KindOffer]
    drafts: list[NoteLine]


class CosignLine(Struct):
    """A signed note that waits for a second signature."""

    id: UUID
    patient_id: UUID
    family: str
    given: str
    kind: str
    signed_at: datetime
    signed_by: str
    version: int
    kind_words: str = ""


class CosignPage(Struct):
    items: list[CosignLine]
    next: str | None = None


class HistoryQuery(Input):
    """From which cursor on."""

    after: str | None = None


class RevisionRow(Struct):
    """Something that happened to a note: a saved text, a signature, an addendum. `key` tells apart what has one time."""

    at: datetime
    what: str
    author: str
    author_role: str
    section: str
    version: int
    text: str
    key: str
    section_title: str = ""


class HistoryPage(Struct):
    banner: Banner
    note: Note
    kind_words: str
    items: list[RevisionRow]
    next: str | None = None


class SourcePanel(Struct):
    """What could be copied in now, for looking at beside the note."""

    command: str
    words: str
    title: str
    lines: list[str]


class SourcesPage(Struct):
    items: list[SourcePanel]
    next: str | None = None


class Insert(Struct):
    """What a `/` command puts into a text: a marked copy. `found` is false where there is nothing to copy."""

    what: str
    found: bool
    text: str
