"""The official NEWS2 observation chart as rows of bands and columns of times. Pure.

Layout and bands: Royal College of Physicians, National Early Warning Score (NEWS) 2, 2017 (reproduced with acknowledgement).
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from wardline.vitals.answers import label_of
from wardline.vitals.limits import number
from wardline.vitals.models import Consciousness, ObservationRow, Signs, SpO2Scale, signs_of

INFINITE = float("inf")
COLUMNS_SHOWN_MIN = 6


class Row(Struct, frozen=True, kw_only=True):
    """A band of one sign and the text of each column in it; `key` makes its id on the page."""

    key: str
    label: str
    points: int
    cells: list[str]


class Group(Struct, frozen=True, kw_only=True):
    """The rows of one sign."""

    key: str
    title: str
    unit: str
    rows: list[Row]


class Column(Struct, frozen=True, kw_only=True):
    """One set: when, by whom, and the total as it stood."""

    id: UUID
    taken_at: datetime
    new_day: bool
    total: str
    band: str | None
    initials: str


class Chart(Struct, frozen=True, kw_only=True):
    """Everything the chart shows, oldest column first."""

    groups: list[Group]
    columns: list[Column]
    padding: list[None]  # empty columns, so that a short chart keeps its shape


class Band(Struct, frozen=True):
    """One official row: its words, its points, and the values it holds (both edges included)."""

    label: str
    points: int
    low: float
    high: float
    on_oxygen: bool | None = None


def _bands(*rows: tuple[str, int, float, float]) -> tuple[Band, ...]:
    return tuple(Band(*row) for row in rows)


RESPIRATION = _bands(
    ("≥25", 3, 25, INFINITE),
    ("21–24", 2, 21, 24),
    ("18–20", 0, 18, 20),
    ("15–17", 0, 15, 17),
    ("12–14", 0, 12, 14),
    ("9–11", 1, 9, 11),
    ("≤8", 3, 0, 8),
)
SPO2_SCALE_1 = _bands(("≥96", 0, 96, 100), ("94–95", 1, 94, 95), ("92–93", 2, 92, 93), ("≤91", 3, 0, 91))
SPO2_SCALE_2 = (
    Band("≥97 on O₂", 3, 97, 100, True),
    Band("95–96 on O₂", 2, 95, 96, True),
    Band("93–94 on O₂", 1, 93, 94, True),
    Band("≥93 on air", 0, 93, 100, False),
    *_bands(("88–92", 0, 88, 92), ("86–87", 1, 86, 87), ("84–85", 2, 84, 85), ("≤83", 3, 0, 83)),
)
SYSTOLIC = _bands(
    ("≥220", 3, 220, INFINITE),
    ("201–219", 0, 201, 219),
    ("181–200", 0, 181, 200),
    ("161–180", 0, 161, 180),
    ("141–160", 0, 141, 160),
    ("121–140", 0, 121, 140),
    ("111–120", 0, 111, 120),
    ("101–110", 1, 101, 110),
    ("91–100", 2, 91, 100),
    ("81–90", 3, 81, 90),
    ("71–80", 3, 71, 80),
    ("61–70", 3, 61, 70),
    ("51–60", 3, 51, 60),
    ("≤50", 3, 0, 50),
)
PULSE = _bands(
    ("≥131", 3, 131, INFINITE),
    ("121–130", 2, 121, 130),
    ("111–120", 2, 111, 120),
    ("101–110", 1, 101, 110),
    ("91–100", 1, 91, 100),
    ("81–90", 0, 81, 90),
    ("71–80", 0, 71, 80),
    ("61–70", 0, 61, 70),
    ("51–60", 0, 51, 60),
    ("41–50", 1, 41, 50),
    ("31–40", 3, 31, 40),
    ("≤30", 3, 0, 30),
)
TEMPERATURE = _bands(
    ("≥39.1", 2, 39.1, INFINITE),
    ("38.1–39.0", 1, 38.1, 39.0),
    ("37.1–38.0", 0, 37.1, 38.0),
    ("36.1–37.0", 0, 36.1, 37.0),
    ("35.1–36.0", 1, 35.1, 36.0),
    ("≤35.0", 3, 0, 35.0),
)
AIR_OR_OXYGEN = (Band("Air", 0, 0, 0), Band("Oxygen", 2, 1, 1))
CONSCIOUSNESS = tuple(
    Band(label, points, place, place)
    for place, (label, points) in enumerate(
        [("Alert", 0), ("Confusion", 3), ("Voice", 3), ("Pain", 3), ("Unresponsive", 3)]
    )
)


class Plotted(Struct, frozen=True):
    """A value as the chart places it and as it reads."""

    value: float
    text: str
    on_oxygen: bool | None = None


def _plain(value: float | None) -> Plotted | None:
    return None if value is None else Plotted(value, number(value))


def _spo2(signs: Signs, scale: SpO2Scale) -> Plotted | None:
    if signs.spo2_percent is None or signs.spo2_scale is not scale:
        return None
    unclear = scale is SpO2Scale.TWO and signs.on_oxygen is None and signs.spo2_percent > 92
    return Plotted(signs.spo2_percent, f"{signs.spo2_percent}{'?' if unclear else ''}", bool(signs.on_oxygen))


def _oxygen(signs: Signs) -> Plotted | None:
    if signs.on_oxygen is None:
        return None
    flow = f"{number(signs.oxygen_l_per_min)} L" if signs.oxygen_l_per_min is not None else "O₂"
    return Plotted(1, flow) if signs.on_oxygen else Plotted(0, "Air")


def _consciousness(signs: Signs) -> Plotted | None:
    if signs.consciousness is None:
        return None
    return Plotted(list(Consciousness).index(signs.consciousness), signs.consciousness.value)


def _temperature(signs: Signs) -> Plotted | None:
    return (
        None
        if signs.temperature_celsius is None
        else Plotted(signs.temperature_celsius, f"{signs.temperature_celsius:.1f}")
    )


class Line(Struct, frozen=True):
    """A sign of the chart: its key, words, unit and official bands."""

    key: str
    title: str
    unit: str
    bands: tuple[Band, ...]


LINES = (
    Line("respiration", "Respiration", "per min", RESPIRATION),
    Line("spo2-1", "SpO₂", "scale 1, %", SPO2_SCALE_1),
    Line("spo2-2", "SpO₂", "scale 2, %", SPO2_SCALE_2),
    Line("oxygen", "Air or oxygen", "", AIR_OR_OXYGEN),
    Line("systolic", "Blood pressure", "systolic, mmHg", SYSTOLIC),
    Line("pulse", "Pulse", "per min", PULSE),
    Line("consciousness", "Conscious\u00adness", "", CONSCIOUSNESS),
    Line("temperature", "Temperature", "°C", TEMPERATURE),
)


def plotted(line: Line, signs: Signs) -> Plotted | None:
    """The value of a set on this line, or None when it was not taken."""
    match line.key:
        case "respiration":
            return _plain(signs.respiration_per_min)
        case "spo2-1":
            return _spo2(signs, SpO2Scale.ONE)
        case "spo2-2":
            return _spo2(signs, SpO2Scale.TWO)
        case "oxygen":
            return _oxygen(signs)
        case "systolic":
            return _plain(signs.systolic_mmhg)
        case "pulse":
            return _plain(signs.pulse_per_min)
        case "consciousness":
            return _consciousness(signs)
        case _:
            return _temperature(signs)


def holds(band: Band, point: Plotted | None) -> bool:
    """Whether the value belongs into this band."""
    if point is None or not band.low <= point.value <= band.high:
        return False
    return band.on_oxygen is None or band.on_oxygen == point.on_oxygen


def lines_shown(sets: Sequence[Signs], scale: int, *, full: bool) -> list[Line]:
    """Both SpO2 scales on the full chart; otherwise the one in force and any that was used."""
    used = {signs.spo2_scale.value for signs in sets if signs.spo2_percent is not None} | {scale}
    hidden = set[str]() if full else {f"spo2-{each}" for each in (1, 2) if each not in used}
    return [line for line in LINES if line.key not in hidden]


def chart(rows_oldest_first: Sequence[ObservationRow], scale: int, zone: ZoneInfo, *, full: bool) -> Chart:
    """The chart of these sets."""
    sets = [signs_of(row) for row in rows_oldest_first]
    return Chart(
        groups=[_group(line, sets) for line in lines_shown(sets, scale, full=full)],
        columns=_columns(rows_oldest_first, zone),
        padding=[None] * (COLUMNS_SHOWN_MIN - len(sets)),
    )


def _group(line: Line, sets: Sequence[Signs]) -> Group:
    points = [plotted(line, signs) for signs in sets]
    rows = [
        Row(
            key=f"{line.key}-{place}",
            label=band.label,
            points=band.points,
            cells=[point.text if point is not None and holds(band, point) else "" for point in points],
        )
        for place, band in enumerate(line.bands)
    ]
    return Group(key=line.key, title=line.title, unit=line.unit, rows=rows)


def _columns(rows: Sequence[ObservationRow], zone: ZoneInfo) -> list[Column]:
    columns: list[Column] = []
    day_before = None
    for row in rows:
        day = row.taken_at.astimezone(zone).date()
        columns.append(
            Column(
                id=row.id,
                taken_at=row.taken_at,
                new_day=day != day_before,
                total=label_of(row),
                band=row.news_band,
                initials=row.recorded_by_initials or "",
            )
        )
        day_before = day
    return columns


class DraftCell(Struct, frozen=True):
    """One cell of the column "Now"."""

    key: str
    text: str


def draft_column(signs: Signs, asked: Sequence[str]) -> list[DraftCell]:
    """What the entry sheet holds, one cell for each row of the chart; a doubtful value carries a question mark."""
    fields = {"respiration": "respiration_per_min", "systolic": "systolic_mmhg", "pulse": "pulse_per_min"}
    fields |= {"temperature": "temperature_celsius", "spo2-1": "spo2_percent", "spo2-2": "spo2_percent"}
    cells: list[DraftCell] = []
    for line in LINES:
        point = plotted(line, signs)
        doubt = "?" if fields.get(line.key) in asked else ""
        for place, band in enumerate(line.bands):
            text = f"{point.text}{doubt}" if point is not None and holds(band, point) else ""
            cells.append(DraftCell(f"{line.key}-{place}", text))
    return cells
