from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from wardline.vitals.chart import LINES, chart, draft_column, holds, plotted
from wardline.vitals.models import Consciousness, ObservationRow, Sign, Signs, SpO2Scale
from wardline.vitals.rules import points_of

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SIGN_OF_LINE = {line.key: Sign(line.key.removesuffix("-1").removesuffix("-2")) for line in LINES}
whole_sets = st.builds(
    Signs,
    respiration_per_min=st.integers(0, 100),
    spo2_percent=st.integers(0, 100),
    spo2_scale=st.sampled_from(SpO2Scale),
    on_oxygen=st.booleans(),
    systolic_mmhg=st.integers(0, 375),
    pulse_per_min=st.integers(0, 350),
    consciousness=st.sampled_from(Consciousness),
    temperature_celsius=st.integers(150, 470).map(lambda tenths: tenths / 10),
)


@given(whole_sets)
def test_every_value_stands_in_one_row_that_shows_its_points(signs: Signs) -> None:
    for line in LINES:
        point = plotted(line, signs)
        if point is None:
            assert line.key.startswith("spo2")
            continue
        [band] = [band for band in line.bands if holds(band, point)]
        assert band.points == points_of(signs, SIGN_OF_LINE[line.key], oxygen_at_the_time=signs.on_oxygen)


def row(minutes: int, **values: Any) -> ObservationRow:
    empty: dict[str, Any] = dict.fromkeys(ObservationRow.__struct_fields__)
    taken_at = NOON + timedelta(minutes=minutes)
    known: dict[str, Any] = {
        "id": UUID(int=minutes),
        "taken_at": taken_at,
        "spo2_scale": 1,
        "news_signs": 7,
        "news_score": 0,
    }
    return ObservationRow(**empty | known | values)


def test_the_full_chart_has_both_scales_and_the_usual_one_only_what_is_used() -> None:
    london = ZoneInfo("Europe/London")
    sets = [row(0, spo2_percent=97), row(60, spo2_percent=96)]
    assert [group.key for group in chart(sets, 1, london, full=False).groups][1:3] == ["spo2-1", "oxygen"]
    assert len(chart(sets, 1, london, full=True).groups) == 8
    assert len(chart(sets, 2, london, full=False).groups) == 8
    assert sum(len(group.rows) for group in chart([], 1, london, full=True).groups) == 58


def test_columns_say_when_a_new_day_begins_where_the_ward_is() -> None:
    sets = [row(0), row(690), row(780)]
    kolkata = chart(sets, 1, ZoneInfo("Asia/Kolkata"), full=False).columns
    assert [column.new_day for column in kolkata] == [True, True, False]


def test_the_draft_marks_what_is_doubtful() -> None:
    cells = draft_column(Signs(pulse_per_min=196, systolic_mmhg=98), ["pulse_per_min"])
    assert [cell.text for cell in cells if cell.text] == ["98", "196?"]
