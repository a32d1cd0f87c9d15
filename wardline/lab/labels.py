"""The label of a specimen: 50 by 25 mm, with the barcode as a QR code. What is on it is passed as data, never as markup."""

import asyncio
import io

import segno
import typst

from wardline.lab.models import URGENCY_WORDS, Specimen

# What is long is set smaller, as a whole, until it stands on one label: a second one would be of nobody. What is too small to be
# read is no use either: then only the end of the place is told, and the name in full.
LABEL = """
#let of(name) = sys.inputs.at(name)
#set page(width: 50mm, height: 25mm, margin: (x: 1.5mm, y: 1.5mm))
#set par(leading: 0.35em)
#show regex("\\S{20}"): it => it + sym.zws
#let ending(words, most) = if words.clusters().len() > most { "…" + words.clusters().slice(-most).join() } else { words }
#let body(s, short) = block(width: 47mm)[#set text(size: 6pt * s)
  #grid(columns: (19mm, 1fr), column-gutter: 1.5mm,
    image(bytes(of("code")), format: "svg", width: 19mm),
    [#text(size: 8pt * s, weight: "bold", of("name")) \\ Born #of("born") \\ ID #of("number") \\ #(if short { ending(of("place"), 10) } else { of("place") })
     #v(0.6mm * s) #text(weight: "bold", of("container")) \\ #of("bench") #of("urgency") \\ #text(size: 7pt * s, of("barcode"))])]
#context {
  let sizes = range(100, 60, step: -5).map(each => each / 100)
  let ways = (false, true).map(short => sizes.map(s => (s, short))).join()
  let found = ways.find(way => measure(body(..way)).height <= 22mm)
  let (s, short) = if found == none { ways.last() } else { found }
  [#metadata((size: s, short: short)) <fit>]
  body(s, short)
}
"""


async def label(specimen: Specimen) -> bytes:
    """The label as a PDF of one page."""
    return await asyncio.to_thread(_drawn, specimen)


def _drawn(specimen: Specimen) -> bytes:
    return typst.compile(LABEL.encode(), format="pdf", sys_inputs=inputs_of(specimen))


def inputs_of(specimen: Specimen) -> dict[str, str]:
    """What stands on a label, with the code as a picture."""
    code = io.BytesIO()
    segno.make_qr(specimen.barcode, error="m").save(code, kind="svg", border=1, xmldecl=False)
    born = specimen.born_on.strftime("%d-%b-%Y") if specimen.born_on else "not known"
    return {
        "code": code.getvalue().decode(),
        "name": f"{specimen.family.upper()}, {specimen.given}"[:60],
        "born": born,
        "number": specimen.network_number,
        "place": f"Bed {specimen.bed_label}" if specimen.bed_label else "No bed",
        "container": specimen.container,
        "bench": specimen.bench.capitalize(),
        "urgency": "" if specimen.urgency == "routine" else f"– {URGENCY_WORDS[specimen.urgency].upper()}",
        "barcode": specimen.barcode,
    }
