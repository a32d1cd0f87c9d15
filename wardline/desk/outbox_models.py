"""What a device says of what it did without a network."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from wardline.platform.http.routes import Input

OPENINGS_MAX = 100
Words = Annotated[str, Meta(max_length=300)]
Moment = Annotated[datetime, Meta(tz=True)]
EntryId = Annotated[str, Meta(pattern=r"^[\x21-\x7e]{8,100}$")]


class OutboxKey(Struct):
    """The key to what waits on a device, for one person at one hospital: 32 bytes in base64."""

    owner: str  # as in the header Wardline-Author
    key: str


class Opening(Input):
    """A copy that was opened. `id` is the device's own, so it counts once however often it is told."""

    id: UUID
    path: Annotated[str, Meta(max_length=120)]
    opened_at: Moment
    patient_id: UUID | None = None


class Openings(Input):
    openings: Annotated[list[Opening], Meta(min_length=1, max_length=OPENINGS_MAX)]


class Told(Struct):
    """How many of them were new."""

    recorded: int


class NewDiscard(Input):
    """An entry that its author did not send. `id` is the key that it would have been sent with."""

    id: EntryId
    what: Annotated[str, Meta(min_length=1, max_length=300)]
    entered_at: Moment
    discarded_at: Moment
    answer: Words = ""
    reason: Words = ""
    patient_id: UUID | None = None


class Acknowledgement(Input):
    id: EntryId


class Opened(Struct, frozen=True):
    """An opening as it was recorded now."""

    id: UUID
    person_id: UUID | None
    page: str
    opened_at: datetime


class Discard(Struct, frozen=True):
    """An entry that was not sent, as its author sees it."""

    id: str
    person_id: UUID | None
    family: str
    given: str
    what: str
    answer: str
    reason: str
    entered_at: datetime
    discarded_at: datetime
