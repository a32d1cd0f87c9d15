"""The controlled-drug register on paper and as a table: what is on it is passed as data, never as markup."""

import csv
import io
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from wardline.platform import documents
from wardline.stock.models import Entry
from wardline.stock.pages import RegisterPage

TEMPLATE = Path(__file__).parent / "register.typ"


async def pdf(page: RegisterPage, *, hospital: str, by: str, zone: str, now: datetime) -> bytes:
    """The register of a product in a cabinet, with a running balance and both names on each line."""
    place = ZoneInfo(zone)
    values: dict[str, Any] = {
        "hospital": hospital,
        "store": page.store.name,
        "product": page.product.name,
        "unit": page.product.unit,
        "since": page.since.strftime("%d-%b-%Y"),
        "until": page.until.strftime("%d-%b-%Y"),
        "opening": page.opening,
        "closing": page.closing,
        "whole": page.is_whole,
        "printed": now.astimezone(place).strftime("%d-%b-%Y %H:%M"),
        "by": by,
        "lines": [_line(each, place) for each in page.items],
    }
    return await documents.pdf(TEMPLATE, values)


def _line(entry: Entry, place: ZoneInfo) -> dict[str, str]:
    return {
        "number": str(entry.number),
        "at": entry.at.astimezone(place).strftime("%d-%b-%Y %H:%M"),
        "what": f"{entry.words}: {entry.reason}" if entry.reason else entry.words,
        "lot": entry.lot,
        "came": str(entry.quantity) if entry.quantity > 0 else "",
        "went": str(-entry.quantity) if entry.quantity < 0 else "",
        "balance": str(entry.balance),
        "actor": entry.actor or "",
        "witness": entry.witness or "",
    }


COLUMNS = ("number", "at", "what", "lot", "expires", "in", "out", "balance", "signed", "witness")


def table(page: RegisterPage, *, zone: str) -> bytes:
    """The register as CSV: what was brought forward, every line, what is carried forward. A cell that a spreadsheet would read as
    a formula gets a quote before it.
    """
    place, out = ZoneInfo(zone), io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_safe(page.store.name, page.product.name, page.product.unit, page.since, page.until))
    writer.writerow(COLUMNS)
    writer.writerow(_sum("Brought forward", page.opening))
    for each in page.items:
        line = _line(each, place)
        at = each.at.astimezone(place).isoformat(timespec="seconds")
        moved = (line["came"], line["went"], line["balance"], line["actor"], line["witness"])
        writer.writerow(_safe(line["number"], at, line["what"], line["lot"], each.expires_on, *moved))
    writer.writerow(_sum("Carried forward", page.closing))
    return out.getvalue().encode()


def _sum(words: str, balance: int) -> tuple[str, ...]:
    return ("", "", words, "", "", "", "", str(balance), "", "")


def _safe(*cells: object) -> list[str]:
    return [f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text for text in map(str, cells)]
