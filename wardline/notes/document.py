"""A note for paper."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec import Struct

from wardline.notes.models import NotePage, SectionView
from wardline.notes.rules import Segment
from wardline.platform.documents import pdf
from wardline.platform.http import Context, File

At = Callable[[datetime | None], str]
TEMPLATE = Path(__file__).parent / "templates" / "note.typ"


class Words(Struct):
    """Somebody's words, with who wrote them and when."""

    by: str
    segments: list[Segment]


class Part(Struct):
    title: str
    words: list[Words]


class Paper(Struct, kw_only=True):
    """All that the paper shows, as texts."""

    hospital: str
    title: str
    patient: str
    born: str
    sex: str
    numbers: str
    place: str
    allergies: str
    state: str
    mark: str
    parts: list[Part]
    printed: str


async def pdf_of(ctx: Context, page: NotePage) -> File:
    """The note as a PDF, named after its kind and day."""
    paper = paper_of(
        page, hospital=ctx.caller.tenant_name, by=ctx.caller.display_name, now=ctx.now, zone=ctx.caller.time_zone
    )
    name = f"{page.note.kind}-{page.note.created_at:%Y-%m-%d}.pdf"
    return File(await pdf(TEMPLATE, paper), "application/pdf", name, inline=True)


def paper_of(page: NotePage, *, hospital: str, by: str, now: datetime, zone: str) -> Paper:
    """What the paper says. Times are in the hospital's zone."""
    place = ZoneInfo(zone)

    def at(moment: datetime | None) -> str:
        return "" if moment is None else f"{moment.astimezone(place):%d-%b-%Y %H:%M}"

    banner = page.banner
    parts = [_part(section, at) for section in page.sections if section.passages]
    parts += [
        Part("Addendum", [Words(f"{each.author}, {at(each.created_at)}", each.segments)]) for each in page.addenda
    ]
    return Paper(
        hospital=hospital,
        title=page.kind_words,
        patient=f"{banner.family.upper()}, {banner.given}" + (f" ({banner.title})" if banner.title else ""),
        born=f"{banner.born:%d-%b-%Y}" if banner.born else "Not known",
        sex=str(banner.sex.value).capitalize(),
        numbers=f"{banner.identifier} / {banner.mrn}",
        place=banner.bed_label or "–",
        allergies=_allergies(page),
        state=_state(page, at),
        mark={"draft": "DRAFT - NOT SIGNED", "entered_in_error": "ENTERED IN ERROR"}.get(page.note.state, ""),
        parts=parts,
        printed=f"Printed {at(now)} by {by}",
    )


def _part(section: SectionView, at: At) -> Part:
    return Part(
        section.title,
        [Words(f"{each.author}, {at(each.saved_at)}", each.segments) for each in section.passages],
    )


def _allergies(page: NotePage) -> str:
    if page.banner.allergy_state == "recorded":
        return "; ".join(page.banner.allergies)
    return "No known allergies" if page.banner.allergy_state == "none_known" else "Not recorded"


def _state(page: NotePage, at: At) -> str:
    note = page.note
    words = [f"Begun by {note.created_by}, {at(note.created_at)}"]
    if note.signed_at:
        words.append(f"Signed by {note.signed_by}, {at(note.signed_at)}")
    if note.cosigned_at:
        words.append(f"Co-signed by {note.cosigned_by}, {at(note.cosigned_at)}")
    if note.error_at:
        words.append(f"Entered in error by {note.error_by}, {at(note.error_at)}: {note.error_reason}")
    return ". ".join(words) + "."
