"""The label of a specimen: 50 by 25 mm, with the barcode as a QR code. What is on it is passed as data, never as markup."""

import asyncio
import io

import segno
import typst

from wardline.lab.models import URGENCY_WORDS, Specimen

LABEL = """
#let of(name) = sys.inputs.at(name)
#set page(width: 50mm, height: 25mm, margin: (x: 1.5mm, y: 1.5mm))
#set text(size: 6pt)
#set par(leading: 0.35em)
#grid(columns: (19mm, 1fr), column-gutter: 1.5mm,
  image(bytes(of("code")), format: "svg", width: 19mm),
  [#text(size: 8pt, weight: "bold", of("name")) \\ Born #of("born") \\ ID #of("number") \\ #of("place")
   #v(0.6mm) #text(weight: "bold", of("container")) \\ #of("bench") #of("urgency") \\ #text(size: 7pt, of("barcode"))])
"""


async def label(specimen: Specimen) -> bytes:
    """The label as a PDF of one page."""
    return await asyncio.to_thread(_drawn, specimen)


def _drawn(specimen: Specimen) -> bytes:
    code = io.BytesIO()
    segno.make_qr(specimen.barcode, error="m").save(code, kind="svg", border=1, xmldecl=False)
    born = specimen.born_on.strftime("%d-%b-%Y") if specimen.born_on else "not known"
    inputs = {
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
    return typst.compile(LABEL.encode(), format="pdf", sys_inputs=inputs)
