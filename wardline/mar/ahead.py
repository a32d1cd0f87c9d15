"""The round, made ready for a device whose network may go: in one answer the medicines of every patient of a ward who has a
dose due, the sheets of those doses, and, as far as there is room, the sheets of what these patients can be given when needed.
"""

from typing import Any
from uuid import UUID

from msgspec import Struct

from wardline.identity.public import seal
from wardline.mar import queries, views
from wardline.mar.models import RoundScope, Scans
from wardline.mar.pages import RoundItem
from wardline.patients.public import Banner, PatientScope
from wardline.platform.batch import Batch
from wardline.platform.http import Context
from wardline.platform.render import render

HOURS = 4  # of a round, as the ward's list shows it
PATIENTS_MAX = 40
SHEETS_MAX = 200
COPIES_MAX = 360  # a device keeps 400 (desk/offline.py): one of a grid, two of a sheet
LENGTH_MAX = 2_000_000  # characters of all pages together


class KeptPage(Struct):
    """The content of a page, as the page itself would have it between its head and its foot."""

    address: str
    title: str
    topic: str  # what it would watch
    html: str


class RoundAhead(Struct):
    """`left`: how many patients are not in it because it would be too much."""

    pages: list[KeptPage]
    left: int


async def round_ahead(ctx: Context, ward: RoundScope) -> RoundAhead:
    """The pages of the patients whose doses are due first; each patient's reading is recorded."""
    found = await views.round_page(ctx.db, ward, now=ctx.now, hours=HOURS)
    doses: dict[UUID, list[RoundItem]] = {}
    for item in found.items:
        if item.within <= HOURS:
            doses.setdefault(item.patient_id, []).append(item)
    pages: list[KeptPage] = []
    needed: list[tuple[UUID, Banner]] = []
    taken, sheets, length = 0, 0, 0
    for person_id, items in doses.items():
        if taken == PATIENTS_MAX or sheets + len(items) > SHEETS_MAX:
            break
        made, of_patient = await _of_patient(ctx, person_id, items)
        length += sum(len(page.html) for page in made)
        if length > LENGTH_MAX:
            break
        ctx.saw("given", None, person_id, detail={"ahead": True, "doses": len(items)})
        pages += made
        needed += of_patient
        taken, sheets = taken + 1, sheets + len(items)
    room = max(0, (COPIES_MAX - taken) // 2 - sheets)
    pages += await _when_needed(ctx, needed[:room], LENGTH_MAX - length)
    return RoundAhead(pages, len(doses) - taken)


async def _of_patient(
    ctx: Context, person_id: UUID, items: list[RoundItem]
) -> tuple[list[KeptPage], list[tuple[UUID, Banner]]]:
    """The grid and the sheets of what is due, and the orders that are given when needed."""
    patient = PatientScope(hospital_id=ctx.caller.tenant_id, person_id=person_id, seal=seal())
    batch = Batch(ctx.db)
    times = views.ask_times(batch, patient, ctx.now, made=True)
    await batch.read()
    page = await views.grid_page(ctx, patient, times, None)
    title = f"Given to {page.banner.family.upper()}, {page.banner.given}"
    content = _rendered(ctx, "mar/grid.html", page)
    pages = [KeptPage(f"/patients/{person_id}/given", title, f"given:{person_id}", content)]
    for item in items:
        sheet = await _sheet(ctx, page.banner, dose_id=item.id)
        if sheet is not None:
            pages.append(sheet)
    rows = [row for row in page.grid.rows if row.group == "needed" and not row.is_stopped]
    needed = [row.medicine_id for row in rows if row.medicine_id is not None]
    return pages, [(medicine_id, page.banner) for medicine_id in needed]


async def _when_needed(ctx: Context, needed: list[tuple[UUID, Banner]], length: int) -> list[KeptPage]:
    """The sheets of what is given when needed, until they would be too long."""
    pages: list[KeptPage] = []
    for medicine_id, banner in needed:
        sheet = await _sheet(ctx, banner, medicine_id=medicine_id)
        length -= len(sheet.html) if sheet else 0
        if length < 0:
            break
        pages += [sheet] if sheet else []
    return pages


async def _sheet(
    ctx: Context, banner: Banner, *, dose_id: UUID | None = None, medicine_id: UUID | None = None
) -> KeptPage | None:
    giving = await queries.giving(ctx.db, hospital_id=ctx.caller.tenant_id, dose_id=dose_id, medicine_id=medicine_id)
    if giving is None:
        return None
    page = await views.sheet(ctx, giving, Scans())
    page.banner = banner
    title = f"{giving.name} for {giving.family.upper()}, {giving.given}"
    address = f"/doses/{dose_id}" if dose_id else f"/medicines/{medicine_id}/giving"
    return KeptPage(address, title, "", _rendered(ctx, "mar/dose.html", page))


def _rendered(ctx: Context, template: str, page: Any) -> str:
    return render(template, page=page, can=ctx.caller.permissions, now=ctx.now, zone=ctx.caller.time_zone)
