"""What the pages of observations show, put together from rows by pure functions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from wardline.encounters.public import ObservedStay
from wardline.patients.public import Banner
from wardline.vitals import rules
from wardline.vitals.answers import response_then
from wardline.vitals.chart import Chart, DraftCell, chart, draft_column
from wardline.vitals.current import latest_of_stay, offered_to
from wardline.vitals.limits import LIMITS, Question, number, questions, refusals
from wardline.vitals.models import SIGN_FIELDS, Band, ObservationRow, RiskRow, Sign, Signs, SpO2Scale
from wardline.vitals.trends import Trend

COLUMNS_MAX = 10
DEVICES = (
    ("nasal", "Nasal"),
    ("simple_mask", "Mask"),
    ("venturi", "Venturi"),
    ("reservoir", "Reservoir"),
    ("humidified", "Humidified"),
    ("high_flow", "High flow"),
    ("cpap", "CPAP"),
    ("niv", "NIV"),
    ("tracheostomy", "Tracheo."),
    ("other", "Other"),
)


class ChartPage(Struct, kw_only=True):
    """The chart with what may be done about it; `mistakes` are sets entered in error."""

    banner: Banner
    patient_id: UUID
    encounter_id: UUID | None
    chart: Chart
    full: bool
    opens_sheet: bool
    offered: bool
    not_offered: str
    scale: int
    scale_by: str | None
    scale_at: datetime | None
    mistakes: list[ObservationRow]
    older: str | None
    newest: bool
    now: datetime


class Previous(Struct, frozen=True):
    """The value a sign had before, and when."""

    text: str
    at: datetime


class SheetPage(Struct, kw_only=True):
    """The entry form: what each field had before and on which scale SpO2 is read."""

    patient_id: UUID
    encounter_id: UUID | None
    taken_clock: datetime
    by: str
    scale: int
    offered: bool
    not_offered: str
    previous: dict[str, Previous]
    on_oxygen: bool | None
    devices: tuple[tuple[str, str], ...]


class FieldState(Struct, frozen=True):
    """The score cell of one sign: points, `asks` while a soft limit waits for an answer."""

    key: str
    points: int | None
    asks: bool
    text: str


class Asked(Struct, frozen=True):
    """The question slot of one field: empty unless the value is unusual or impossible."""

    field: str
    text: str
    detail: str
    value: str
    since: datetime | None
    refused: bool


class Preview(Struct, kw_only=True):
    """What a set would score, before it is saved."""

    fields: list[FieldState]
    asked: list[Asked]
    draft: list[DraftCell]
    label: str
    band: str | None
    signs_scored: int
    complete: bool
    waits: bool
    title: str
    text: str
    frequency: str
    calls: str
    with_last: str
    offered: bool


SIGN_KEYS: dict[Sign, str] = {sign: sign.value for sign in Sign}
QUESTION_FIELDS = tuple(LIMITS)
CALLS = {
    Band.HIGH: "Save and call registrar",
    Band.MEDIUM: "Save and call doctor on call",
    Band.THREE_IN_ONE_SIGN: "Save and tell nurse in charge",
}


def chart_page(
    *,
    banner: Banner,
    patient_id: UUID,
    stay: ObservedStay | None,
    rows_newest_first: Sequence[ObservationRow],
    more: bool,
    newest: bool,
    full: bool,
    opens_sheet: bool,
    scale_by: str | None,
    zone: str,
    now: datetime,
) -> ChartPage:
    """The page of the chart; columns run from old to new."""
    valid = [row for row in reversed(rows_newest_first) if row.state == "final"]
    offered = offered_to(stay, now, zone) if stay else rules.Eligibility(True)
    scale = stay.spo2_scale if stay else SpO2Scale.ONE
    last = rows_newest_first[-1] if more else None
    return ChartPage(
        banner=banner,
        patient_id=patient_id,
        encounter_id=stay.encounter_id if stay else None,
        chart=chart(valid, scale, ZoneInfo(zone), full=full),
        full=full,
        opens_sheet=opens_sheet,
        offered=offered.offered,
        not_offered=offered.reason,
        scale=scale,
        scale_by=scale_by,
        scale_at=stay.spo2_scale_at if stay else None,
        mistakes=[row for row in rows_newest_first if row.state != "final"],
        older=cursor_of(last) if last else None,
        newest=newest,
        now=now,
    )


def cursor_of(row: ObservationRow) -> str:
    """The cursor of the page that begins after this set."""
    return f"{row.taken_at:%Y-%m-%dT%H:%M:%S.%fZ}~{row.id}"


def sheet_page(stay: ObservedStay | None, *, patient_id: UUID, by: str, zone: str, now: datetime) -> SheetPage:
    """The empty form with the last values beside its fields."""
    offered = offered_to(stay, now, zone) if stay else rules.Eligibility(True)
    return SheetPage(
        patient_id=patient_id,
        encounter_id=stay.encounter_id if stay else None,
        taken_clock=now,
        by=by,
        scale=stay.spo2_scale if stay else SpO2Scale.ONE,
        offered=offered.offered,
        not_offered=offered.reason,
        previous=_previous(latest_of_stay(stay)) if stay else {},
        on_oxygen=stay.on_oxygen if stay else None,
        devices=DEVICES,
    )


def _previous(latest: rules.Latest) -> dict[str, Previous]:
    signs = latest.signs
    pressure = "" if signs.systolic_mmhg is None else str(signs.systolic_mmhg)
    if signs.diastolic_mmhg is not None:
        pressure += f"/{signs.diastolic_mmhg}"
    texts: dict[Sign, str] = {
        Sign.RESPIRATION: _number(signs.respiration_per_min),
        Sign.SPO2: f"{_number(signs.spo2_percent)} %",
        Sign.OXYGEN: oxygen_words(signs),
        Sign.SYSTOLIC: pressure,
        Sign.PULSE: _number(signs.pulse_per_min),
        Sign.CONSCIOUSNESS: CONSCIOUSNESS_WORDS.get(signs.consciousness or "", ""),
        Sign.TEMPERATURE: "" if signs.temperature_celsius is None else f"{signs.temperature_celsius:.1f}",
    }
    return {sign.value: Previous(texts[sign], at) for sign, at in latest.taken_at.items()}


CONSCIOUSNESS_WORDS = {
    "A": "Alert",
    "C": "New confusion",
    "V": "Responds to voice",
    "P": "Responds to pain",
    "U": "Unresponsive",
}


def oxygen_words(signs: Signs) -> str:
    """`Air`, `Oxygen 2 L/min`."""
    if signs.on_oxygen is None:
        return ""
    if not signs.on_oxygen:
        return "Air"
    return "Oxygen" if signs.oxygen_l_per_min is None else f"Oxygen {number(signs.oxygen_l_per_min)} L/min"


def _number(value: float | None) -> str:
    return "" if value is None else number(value)


def preview(signs: Signs, stay: ObservedStay, confirmed: set[str], *, zone: str, now: datetime) -> Preview:
    """Points and total of a set that is being typed. What is asked about or impossible scores nothing yet."""
    before = latest_of_stay(stay)
    refused = refusals(signs)
    asked = {} if refused else questions(signs, before, confirmed)
    doubtful = {**refused, **asked}
    usable = without(signs, doubtful)
    score = rules.score_set(usable)
    response = rules.response_to(score)
    band = rules.band_of(score)
    offered = offered_to(stay, now, zone)
    kept = rules.score_latest(rules.with_newer(before, usable, now), now)
    return Preview(
        fields=[_field(sign, score, doubtful, offered.offered) for sign in Sign],
        asked=[_asked(field, refused, asked) for field in (*QUESTION_FIELDS, "on_oxygen")],
        draft=draft_column(signs, list(doubtful)),
        label=score.label if offered.offered else "",
        band=band if offered.offered else None,
        signs_scored=score.signs_scored,
        complete=score.complete,
        waits=bool(asked),
        title=response.title if offered.offered else "Not scored",
        text=response.act if offered.offered else offered.reason,
        frequency=response.frequency,
        calls=_save_words(kept, offered),
        with_last="" if score.complete or kept.total == score.total else kept.label,
        offered=offered.offered,
    )


def _save_words(kept: rules.Score, offered: rules.Eligibility) -> str:
    """The button says whom saving calls: the last values of the other signs count in that."""
    band = rules.band_of(kept)
    return CALLS.get(band, "Save") if band and offered.offered else "Save"


def without(signs: Signs, fields: dict[str, Any]) -> Signs:
    """The set without some values, and without what hangs on them."""
    nothing: dict[str, Any] = {field: None for field in fields if field in Signs.__struct_fields__}
    if "systolic_mmhg" in nothing:
        nothing["diastolic_mmhg"] = None
    return structs.replace(signs, **nothing)


def _field(sign: Sign, score: rules.Score, doubtful: dict[str, Any], offered: bool) -> FieldState:
    asks = SIGN_FIELDS[sign] in doubtful
    points = score.points[sign] if offered else None
    return FieldState(SIGN_KEYS[sign], points, asks, "" if points is None else str(points))


def _asked(field: str, refused: dict[str, str], asked: dict[str, Question]) -> Asked:
    if field in refused:
        return Asked(field, refused[field], "", "", None, True)
    question = asked.get(field)
    if question is None:
        return Asked(field, "", "", "", None, False)
    return Asked(field, question.text, change_words(question.change), question.value, question.since, False)


def change_words(change: float | None) -> str:
    """`100 more than at`, to stand before a time."""
    if change is None:
        return ""
    return f"{number(abs(change))} {'more' if change > 0 else 'less'} than at"


class DetailPage(Struct, kw_only=True):
    """One set with everything that is known about it, and the way to mark it as an error."""

    banner: Banner
    row: ObservationRow
    response: str
    oxygen: str
    consciousness: str
    entered_at: datetime | None  # only where it was sent later


def detail_page(banner: Banner, row: ObservationRow, signs: Signs, entered_at: datetime | None) -> DetailPage:
    """The page of one set."""
    return DetailPage(
        banner=banner,
        row=row,
        response=response_then(row),
        oxygen=oxygen_words(signs),
        consciousness=CONSCIOUSNESS_WORDS.get(row.consciousness or "", ""),
        entered_at=entered_at,
    )


class TrendsPage(Struct, kw_only=True):
    """Drawings of each sign."""

    banner: Banner
    patient_id: UUID
    hours: int
    hours_offered: tuple[int, ...]
    trends: list[Trend]


class RiskPage(Struct, kw_only=True):
    """The ward by risk, with how many stand in which band."""

    ward_id: UUID
    ward_name: str
    items: list[RiskRow]
    late: int
    unscored: int


def risk_page(ward_id: UUID, ward_name: str, items: list[RiskRow], now: datetime) -> RiskPage:
    """The page of the ward's risk list."""
    grace = now - timedelta(minutes=1)
    late = sum(row.observations_due_at is not None and row.observations_due_at < grace for row in items)
    unscored = sum(row.news_score is None for row in items)
    shown = [_last_day(row, now) for row in items]
    return RiskPage(ward_id=ward_id, ward_name=ward_name, items=shown, late=late, unscored=unscored)


def _last_day(row: RiskRow, now: datetime) -> RiskRow:
    """The row with the scores of the last 24 hours only."""
    since = now - timedelta(hours=24)
    kept = [score for score, at in zip(row.news_history, row.news_history_at, strict=True) if at >= since]
    return structs.replace(row, news_history=kept)
