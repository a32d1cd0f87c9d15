"""The label of a dispensing: 90 by 50 mm, with a QR code. What is on it is passed as data, never as markup."""

import asyncio
import io
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import segno
import typst

from wardline.orders.public import MedicineRow, current, tall_man
from wardline.pharmacy import rules
from wardline.pharmacy.models import Dispense, Labelled

# A long name, a long direction or many lots are set smaller, as a whole, until nothing stands over anything else; but not so
# small that nobody can read them. Then the lots and the hospital are told in short, and the name, drug and directions in full.
LABEL = """
#let data = json(bytes(sys.inputs.at("data")))
#let (wide, high) = (84mm, 45mm)
#set page(width: 90mm, height: 50mm, margin: (x: 3mm, y: 2.5mm))
#set text(hyphenate: false)
#set par(leading: 0.4em)
#show regex("\\S{24}"): it => it + sym.zws
#let told(s) = block(width: wide)[#set text(size: 7.5pt * s)
  #grid(columns: (1fr, 17mm), column-gutter: 2mm,
    [#text(size: 10pt * s, weight: "bold", data.name) \\
     Born #data.born #h(2mm) MRN #data.mrn
     #block(spacing: 2mm * s)[#text(size: 10.5pt * s, weight: "bold", data.drug) #h(1.5mm) #text(size: 9pt * s, data.quantity)]],
    align(right, image(bytes(sys.inputs.at("code")), format: "svg", width: 16mm)))
  #block(spacing: 1.2mm)[#text(size: 9.5pt * s, weight: "bold", data.dosage)]
  #if data.warnings.len() > 0 [#block(spacing: 1.2mm, text(size: 7pt * s, data.warnings.join(" ")))]]
#let cut(words, most) = if words.clusters().len() > most { words.clusters().slice(0, most).join() + "…" } else { words }
#let made(s, short) = block(width: wide)[#set text(size: 6.5pt * s)
  #line(length: 100%, stroke: 0.4pt)
  #v(-1.2mm)
  #(if short { data.lots_in_short } else { data.lots }) \\ #data.number #h(1.5mm) #data.prepared by #data.by#data.witness \\ #(if short { cut(data.hospital, 30) } else { data.hospital })]
#let height(s, short) = measure(told(s)).height + 1mm + measure(made(s, short)).height
#context {
  let sizes = range(100, 60, step: -5).map(each => each / 100)
  let ways = (false, true).map(short => sizes.map(s => (s, short))).join()
  let found = ways.find(way => height(..way) <= high)
  let (s, short) = if found == none { ways.last() } else { found }
  [#metadata((size: s, short: short, left: (high - height(s, short)) / 1mm)) <fit>]
  told(s)
  place(bottom, made(s, short))
}
"""
LOTS_SHOWN_MAX = 3
KEEP_AWAY = "Keep out of the sight and reach of children."
# By the form: how it is used, in the words of every label.
FORM_WARNINGS = {
    "oral liquid": "Shake the bottle.",
    "modified-release tablet": "Swallow whole. Do not chew or crush.",
    "modified-release capsule": "Swallow whole. Do not chew or crush.",
    "gastro-resistant tablet": "Swallow whole. Do not chew or crush.",
    "cream": "For external use only.",
    "ointment": "For external use only.",
}


async def label(found: Dispense, row: MedicineRow, who: Labelled, *, zone: str) -> bytes:
    """The label as a PDF of one page."""
    data = label_data(found, row, who, prepared=found.when_prepared.astimezone(ZoneInfo(zone)))
    return await asyncio.to_thread(_drawn, data, code_of(found))


def code_of(found: Dispense) -> str:
    """What the code says: the order with its version, and the dispensing, so that either can be looked up, and a label of
    an earlier line of the order is known at the bed. No name and no date of birth."""
    return f"{found.medicine_id}/v{found.medicine_version}/{found.number}".upper()


def label_data(found: Dispense, row: MedicineRow, who: Labelled, *, prepared: datetime) -> dict[str, object]:
    """What stands on a label."""
    letters = tall_man(row.name, current())
    lots = [f"Lot {lot.lot_number} exp {lot.expires_on:%d-%b-%Y}" for lot in found.lots]
    more = f" and {len(lots) - LOTS_SHOWN_MAX} more" if len(lots) > LOTS_SHOWN_MAX else ""
    return {
        "name": f"{who.family.upper()}, {who.given}"[:80],
        "born": who.born_on.strftime("%d-%b-%Y") if who.born_on else "not known",
        "mrn": who.mrn,
        "drug": letters + found.product.removeprefix(row.name),
        "quantity": f"{found.quantity:,} {rules.plural(found.unit, found.quantity)}",
        "dosage": found.dosage,
        "warnings": warnings_of(found),
        "lots": "; ".join(lots[:LOTS_SHOWN_MAX]) + more,
        "lots_in_short": lots_in_short(found),
        "number": found.number,
        "prepared": prepared.strftime("%d-%b-%Y %H:%M"),
        "by": found.prepared_by,
        "witness": f", witness {found.witness}" if found.witness else "",
        "hospital": who.hospital[:80],
    }


def lots_in_short(found: Dispense) -> str:
    """The lots where there is no room for them: how many, and the day on which the first of them ends."""
    if not found.lots:
        return ""
    first = min(lot.expires_on for lot in found.lots)
    return f"{len(found.lots)} {rules.plural('lot', len(found.lots))}, first exp {first:%d-%b-%Y}"


def warnings_of(found: Dispense) -> list[str]:
    """What everybody who has it in hand must know: by its form, and what is still owed."""
    by_form = [words for form, words in FORM_WARNINGS.items() if found.product.endswith(f" {form}")]
    owed = [f"{found.owed:,} {rules.plural(found.unit, found.owed)} owed."] if found.owed else []
    return [*by_form[-1:], KEEP_AWAY, *owed]


def _drawn(data: dict[str, object], code: str) -> bytes:
    drawn = io.BytesIO()
    segno.make_qr(code, error="m").save(drawn, kind="svg", border=1, xmldecl=False)
    inputs = {"data": msgspec.json.encode(data).decode(), "code": drawn.getvalue().decode()}
    return typst.compile(LABEL.encode(), format="pdf", sys_inputs=inputs)
