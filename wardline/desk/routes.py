"""The start page, the palette and the interface description."""

import functools
from datetime import date
from typing import Any
from urllib.parse import quote

import msgspec

from wardline import __version__
from wardline.desk import due, outbox_routes, queries, status_routes
from wardline.identity.public import May, access_hospital, wards
from wardline.patients.public import Search, find
from wardline.platform.http import ANYONE, SIGNED_IN, Context, File, Listing, Page, Redirect, get
from wardline.platform.http.beside import PATHS
from wardline.platform.http.openapi import document
from wardline.platform.http.routes import ROUTES, Anonymous, Route

PALETTE_ROWS_MAX = 12
__all__ = ["due", "outbox_routes", "status_routes"]  # declare their routes when they are imported


class Found(msgspec.Struct):
    """One line of the palette."""

    kind: str
    label: str
    hint: str
    href: str


class Wanted(msgspec.Struct):
    """What was typed, and the patient whose chart is open."""

    q: str = ""
    patient: str | None = None


class Act(msgspec.Struct, frozen=True):
    """Something the palette can do: words that find it, where it leads, who may."""

    label: str
    words: str
    href: str
    needs: May | Anonymous
    on_patient: bool = False


ACTS = (
    Act(
        "Record observations",
        "obs observations news vital signs",
        "/patients/{patient}/observations/new",
        May.RECORD_OBSERVATIONS,
        True,
    ),
    Act("Open observation chart", "chart observations news2", "/patients/{patient}/observations", May.READ_CHART, True),
    Act("Open summary", "summary chart", "/patients/{patient}", May.READ_CHART, True),
    Act(
        "New note",
        "note notes write case sheet progress soap nursing handover incident",
        "/patients/{patient}/notes/new",
        May.WRITE_NOTE,
        True,
    ),
    Act("Open notes", "notes", "/patients/{patient}/notes", May.READ_NOTES, True),
    Act("Timeline", "timeline history events", "/patients/{patient}/timeline", May.READ_CHART, True),
    Act("Problems", "problems diagnoses", "/patients/{patient}/problems", May.READ_CHART, True),
    Act(
        "Patient details and allergies",
        "details contacts allergy allergies",
        "/patients/{patient}/details",
        May.READ_PATIENT,
        True,
    ),
    Act("Results", "results laboratory tests trend", "/patients/{patient}/results", May.READ_CHART, True),
    Act("Order tests", "order laboratory blood tests", "/patients/{patient}/lab-orders/new", May.ORDER_TESTS, True),
    Act("Admit", "admit stay", "/patients/{patient}/admission", May.ADMIT_PATIENT, True),
    Act("Find or register a patient", "register new patient search find", "/patients", May.SEARCH_PATIENTS),
    Act("Unknown patient", "unknown emergency", "/patients/unknown", May.REGISTER_PATIENT),
    Act("Bed board", "beds free", "/beds", May.READ_WARD),
    Act("Wards", "wards board", "/wards", May.READ_WARD),
    Act("Worklist", "tasks worklist", "/tasks", May.READ_TASKS),
    Act("Laboratory", "lab benches specimens results", "/lab", May.WORK_IN_LABORATORY),
    Act("Laboratory tests and limits", "tests intervals limits critical", "/lab/tests", May.SET_LABORATORY_LIMITS),
    Act("Pharmacy", "pharmacy queue verify dispense drugs medicines", "/pharmacy", May.VERIFY_MEDICINE),
    Act("Critical values", "critical laboratory call", "/critical-calls", May.READ_CHART),
    Act("Stock", "stock stores pharmacy low expiring medicines drugs", "/stock", May.READ_STOCK),
    Act("Low stock", "low stock reorder", "/stock/low", May.READ_STOCK),
    Act("Expiring medicines", "expiring expired lots batches quarantine", "/stock/expiring", May.READ_STOCK),
    Act("Orders to suppliers", "orders purchase suppliers", "/stock/orders", May.READ_STOCK),
    Act("Transfers between stores", "transfers stores way", "/stock/transfers", May.READ_STOCK),
    Act("Products in stock", "products find medicines gtin", "/stock/products", May.READ_STOCK),
    Act("Notes to co-sign", "notes cosign co-sign signature", "/notes/cosign", May.COSIGN_NOTE),
    Act("How are we doing", "home measures network", "/home", May.READ_MEASURES),
    Act("Record of access", "audit record", "/audit", May.READ_AUDIT),
    Act("Staff", "staff people roles", "/staff", May.MANAGE_STAFF),
    Act("Roles and permissions", "roles permissions", "/roles", May.READ_ROLES),
    Act("Hospitals", "hospitals regions places", "/hospitals", May.MANAGE_WARDS),
    Act("Departments, wards and beds", "departments wards rooms beds places", "/places", May.MANAGE_WARDS),
    Act("Times of the drug rounds", "drug rounds times medicines given", "/round-times", May.SET_ROUND_TIMES),
    Act("Not sent", "unsent discarded outbox network", "/outbox/discards", May.READ_CHART),
    Act("How the service is running", "service processes health", "/service", May.READ_SERVICE),
    Act("How Wardline is doing", "status slow speed down well incidents", "/status", SIGNED_IN),
)


@get("/", needs=ANYONE)
async def start(ctx: Context) -> Redirect:
    """Where the working day begins: the own ward, the calls for a doctor, the boards, the measures, or signing in."""
    if not ctx.signed_in:
        return Redirect("/sign-in")
    ward_id = await queries.own_ward(ctx.db, staff_id=ctx.caller.id, hospital_id=ctx.caller.tenant_id)
    if ward_id is not None and ctx.may(May.READ_WARD):
        return Redirect(f"/wards/{ward_id}")
    starts = (
        (May.ANSWER_AS_DOCTOR, "/tasks"),
        (May.WORK_IN_LABORATORY, "/lab"),
        (May.VERIFY_MEDICINE, "/pharmacy"),
        (May.READ_CHART, "/wards"),
        (May.REGISTER_PATIENT, "/patients"),
        (May.READ_MEASURES, "/home"),
        (May.READ_WARD, "/beds"),
    )
    return Redirect(next((href for needs, href in starts if ctx.may(needs)), "/password"))


@get("/palette", needs=SIGNED_IN)
async def palette(ctx: Context, wanted: Wanted) -> Listing[Found]:
    """Patients, wards and acts that fit what was typed, best first; only what the caller may open."""
    typed = wanted.q.strip()[:100]
    found = _acts(ctx, typed, wanted.patient)
    if typed and ctx.may(May.READ_WARD):
        rows = await wards(ctx.db, await access_hospital(ctx))
        found += [
            Found("ward", row.name, row.specialty, f"/wards/{row.id}")
            for row in rows
            if typed.lower() in f"{row.name} {row.specialty}".lower()
        ]
    if len(typed) >= 2 and ctx.may(May.SEARCH_PATIENTS):
        page = "/patients/{}" if ctx.may(May.READ_CHART) else "/patients/{}/details"
        hits = await find(ctx, await access_hospital(ctx), Search(q=typed))
        found += [
            Found(
                "patient", f"{hit.family.upper()}, {hit.given}", _hint(hit.born_on, hit.mrn), page.format(hit.person_id)
            )
            for hit in hits.rows[:6]
        ]
    return Listing(found[:PALETTE_ROWS_MAX])


def _hint(born: date | None, mrn: str) -> str:
    return f"born {born:%d-%b-%Y}, {mrn}" if born else mrn


def _acts(ctx: Context, typed: str, patient: str | None) -> list[Found]:
    words = typed.lower().split()
    found: list[Found] = []
    for act in ACTS:
        if not (act.needs is SIGNED_IN or ctx.may(act.needs)) or (act.on_patient and patient is None):
            continue
        if all(any(w.startswith(word) for w in f"{act.label} {act.words}".lower().split()) for word in words):
            hint = "On this patient" if act.on_patient else ""
            found.append(Found("act", act.label, hint, act.href.format(patient=quote(patient or "", safe=""))))
    return found


@functools.cache
def _document() -> bytes:
    described = document(ROUTES, version=__version__)
    return msgspec.json.encode(described | {"paths": described["paths"] | PATHS})


@get("/openapi.json", needs=SIGNED_IN)
async def openapi(ctx: Context) -> File:
    """The interface as an OpenAPI 3.1 document."""
    return File(_document(), "application/json", inline=True)


class Section(msgspec.Struct):
    """The routes of one slice, for reading."""

    name: str
    routes: list["Entry"]


class Entry(msgspec.Struct):
    method: str
    path: str
    summary: str
    description: str
    needs: str
    keyed: bool
    versioned: bool
    fields: list[str]


class InterfacePage(msgspec.Struct):
    sections: list[Section]


@get("/interface", needs=SIGNED_IN)
async def interface(ctx: Context) -> Page:
    """The interface for people to read: every address, what it does and who may."""
    names = sorted({route.name.partition(".")[0] for route in ROUTES})
    sections = [Section(name, [_entry(r) for r in ROUTES if r.name.partition(".")[0] == name]) for name in names]
    return Page("desk/interface.html", InterfacePage(sections), "Programming interface")


def _entry(route: Route) -> Entry:
    fields: Any = getattr(route.input, "__struct_encode_fields__", ())
    return Entry(
        route.method, route.path, route.summary, route.description, str(route.needs), route.keyed and route.writes,
        route.versioned, list(fields),
    )  # fmt: skip
