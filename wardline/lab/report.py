"""A patient's results as a PDF. What is on it is passed as data, never as markup."""

import asyncio
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import typst

from wardline.lab.models import Result
from wardline.patients.public import Banner

LINES_MAX = 200
LEVELS = {
    "HH": "↑↑ Critical",
    "LL": "↓↓ Critical",
    "H": "↑ High",
    "L": "↓ Low",
    "N": "In range",
    "POS": "Critical: growth",
}
REPORT = """
#let data = json(bytes(sys.inputs.at("data")))
#set page(paper: "a4", margin: 18mm, footer: context [
  #set text(size: 8pt)
  #data.name, ID #data.number #h(1fr) Page #counter(page).display() of #counter(page).final().first()])
#set text(size: 9pt)
#text(size: 15pt, weight: "bold", data.name) #h(8mm) Born #data.born #h(6mm) #data.sex #h(6mm) ID #data.number
#line(length: 100%)
#data.hospital #h(1fr) Printed #data.printed by #data.by
#v(3mm)
#text(size: 12pt, weight: "bold")[Laboratory results] #h(4mm) #text(weight: "bold", data.extent)
#table(columns: (auto, 1fr, auto, auto, auto, auto), stroke: (x: none, y: 0.4pt + gray), align: (left, left, right, left, left, left),
  table.header([*Taken*], [*Test*], [*Value*], [*Unit*], [*Interval*], [*Flag*]),
  ..data.lines.map(l => (l.at, l.name, if l.withdrawn { strike(l.value) } else { text(weight: "bold", l.value) }, l.unit, l.interval, l.flag)).flatten())
#if data.cultures.len() > 0 [
  #v(3mm)
  #text(size: 12pt, weight: "bold")[Microbiology]
  #for c in data.cultures [
    #v(2mm)
    #text(weight: "bold", c.name) #h(4mm) #c.at #h(4mm) #c.marks \
    #if c.withdrawn { strike(c.words) } else { c.words }
    #for i in c.isolates [
      #v(1mm)
      #table(columns: (auto, auto, auto), stroke: (x: none, y: 0.4pt + gray), align: (left, left, right),
        table.header(table.cell(colspan: 3, strong(i.title)), [*Drug*], [*Susceptibility*], [*MIC, mg/L*]), ..i.drugs.flatten())
    ]
  ]
]
#v(2mm)
#text(size: 8pt, data.note)
"""


async def report(
    banner: Banner, results: list[Result], *, of: int, hospital: str, by: str, zone: str, now: datetime
) -> bytes:
    """The released results, newest first, at most 200 lines; it says so when there are more (`of` is how many)."""
    place = ZoneInfo(zone)
    data: dict[str, Any] = {
        "name": f"{banner.family.upper()}, {banner.given}",
        "born": banner.born.strftime("%d-%b-%Y") if banner.born else "not known",
        "sex": str(banner.sex).capitalize(),
        "number": banner.identifier,
        "hospital": hospital,
        "printed": now.astimezone(place).strftime("%d-%b-%Y %H:%M"),
        "by": by,
        "extent": extent(min(len(results), LINES_MAX), of),
        "lines": [_line(each, place) for each in results[:LINES_MAX] if each.kind != "culture"],
        "cultures": [_culture(each, place) for each in results[:LINES_MAX] if each.kind == "culture"],
        "note": "Preliminary: released technically only. Amended: the value was set right after its release.",
    }
    return await asyncio.to_thread(_drawn, data)


def extent(lines: int, of: int) -> str:
    """What is left out: `The newest 200 of 450`; nothing when all are there."""
    return f"The newest {lines} of {of:,}" if of > lines else ""


def _line(result: Result, place: ZoneInfo) -> dict[str, Any]:
    marks = [LEVELS.get(result.flag or "", "")]
    if result.state == "withdrawn":
        marks = ["Withdrawn"]
    elif result.state == "technically_released":
        marks.append("preliminary")
    if result.is_amended:
        marks.append("amended")
    return {
        "at": result.taken_at.astimezone(place).strftime("%d-%b-%Y %H:%M") if result.taken_at else "",
        "name": result.name,
        "value": result.shown,
        "unit": result.unit_words,
        "interval": result.interval,
        "flag": ", ".join(mark for mark in marks if mark),
        "withdrawn": result.state == "withdrawn",
    }


SIR_WORDS = {"S": "S – susceptible", "I": "I – at increased exposure", "R": "R – resistant"}


def _culture(result: Result, place: ZoneInfo) -> dict[str, Any]:
    line = _line(result, place)
    marks = [result.report.capitalize(), line["flag"]] if result.state != "withdrawn" else [line["flag"]]
    return {
        "at": line["at"],
        "name": result.name,
        "marks": ", ".join(mark for mark in marks if mark),
        "words": result.words,
        "withdrawn": line["withdrawn"],
        "isolates": [_isolate(each) for each in result.isolates],
    }


def _isolate(isolate: dict[str, Any]) -> dict[str, Any]:
    mic = isolate.get("mic", {})
    return {
        "title": ", ".join(part for part in (isolate["organism"], isolate.get("quantity")) if part),
        "drugs": [[drug, SIR_WORDS[sir], mic.get(drug, "")] for drug, sir in isolate["susceptibility"].items()],
    }


def _drawn(data: dict[str, Any]) -> bytes:
    return typst.compile(REPORT.encode(), format="pdf", sys_inputs={"data": msgspec.json.encode(data).decode()})
