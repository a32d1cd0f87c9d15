from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wardline.lab import results, rules
from wardline.lab.forms import NewValue
from wardline.lab.models import Flag, Interval, LabTest, Limits, State
from wardline.lab.rules import Act
from wardline.lab.steps import Held

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
POTASSIUM = Limits(low=3.5, high=5.2, critical_low=3.0, critical_high=6.0)


def a_test(**change: object) -> LabTest:
    values: dict[str, object] = {
        "code": "K",
        "name": "Potassium",
        "loinc": "2823-3",
        "loinc_name": "",
        "kind": "number",
        "unit": "mmol/L",
        "unit_words": "mmol/L",
        "decimals": 1,
        "specimen": "Venous blood",
        "container": "Serum gel tube",
        "bench": "chemistry",
        "turnaround_minutes": 240,
        "urgent_minutes": 60,
        "delta_change": 1.0,
        "delta_hours": 48,
        "delta_source": "Own.",
        "position": 1,
    }
    return LabTest(**(values | change))  # pyright: ignore[reportArgumentType]


def band(sex: str | None, from_days: int, to_days: int | None, low: float, kind: str = "reference") -> Interval:
    return Interval("HB", kind, sex, from_days, to_days, low, None, "", False)


@pytest.mark.parametrize(
    ("value", "comparator", "flag"),
    [
        (2.9, "", Flag.CRITICALLY_LOW),
        (3.0, "", Flag.LOW),
        (3.4, "", Flag.LOW),
        (3.5, "", Flag.NORMAL),
        (5.2, "", Flag.NORMAL),
        (5.3, "", Flag.HIGH),
        (6.0, "", Flag.HIGH),
        (6.1, "", Flag.CRITICALLY_HIGH),
        (3.0, "<", Flag.CRITICALLY_LOW),
        (3.5, "<", Flag.CRITICALLY_LOW),
        (5.5, ">", Flag.CRITICALLY_HIGH),
        (6.0, ">", Flag.CRITICALLY_HIGH),
        (5.2, ">", Flag.CRITICALLY_HIGH),
    ],
)
def test_a_flag_changes_at_the_edge(value: float, comparator: str, flag: Flag) -> None:
    assert rules.flag_of(value, POTASSIUM, comparator) is flag


def test_a_censored_value_is_judged_by_the_interval_where_no_critical_limit_lies_on_its_side() -> None:
    only_low = Limits(low=3.5, high=5.2, critical_low=3.0)
    assert rules.flag_of(5.5, only_low, ">") is Flag.HIGH
    assert rules.flag_of(3.4, Limits(low=3.5, critical_high=6.0), "<") is Flag.LOW
    assert rules.flag_of(5, Limits(high=5), "<") is Flag.NORMAL


def test_without_an_interval_nothing_reads_as_normal() -> None:
    assert rules.flag_of(4.0, Limits()) is None
    assert rules.flag_of(4.0, Limits(critical_low=3.0, critical_high=6.0)) is None
    assert rules.flag_of(7.0, Limits(critical_high=6.0)) is Flag.CRITICALLY_HIGH
    assert rules.flag_of(4.0, Limits(high=5.0)) is Flag.NORMAL


@pytest.mark.parametrize(
    ("sex", "days", "low"),
    [
        ("male", 364, None),
        ("male", 365, 111),
        ("male", 729, 111),
        ("male", 730, 110),
        ("male", 2191, None),
        ("male", 6573, None),
        ("male", 6574, 130),
        ("female", 6574, 120),
        ("other", 6574, None),
        ("unknown", 400, 111),
        ("female", None, None),
    ],
)
def test_the_interval_of_an_age_and_a_sex(sex: str, days: int | None, low: float | None) -> None:
    bands = [
        band(None, 365, 730, 111),
        band(None, 730, 2191, 110),
        band("male", 6574, None, 130),
        band("female", 6574, None, 120),
    ]
    found = rules.interval_for(bands, kind="reference", sex=sex, days=days)
    assert (found.low if found else None) == low


def test_a_band_of_the_sex_goes_before_one_for_both_and_kinds_do_not_mix() -> None:
    bands = [band(None, 0, None, 1), band("female", 0, None, 2), band(None, 0, None, 3, "critical")]
    assert rules.limits_for(bands, sex="female", days=None) == Limits(low=2, critical_low=3)
    assert rules.limits_for(bands, sex="male", days=10) == Limits(low=1, critical_low=3)


def test_an_own_band_goes_before_what_is_shipped_only_for_whom_it_fits() -> None:
    shipped = [Interval("K", "critical", None, 0, None, 3.0, 6.0, "", False)]
    own = [Interval("K", "critical", None, 0, 28, 2.5, 7.0, "", True)]
    for bands in (shipped + own, own + shipped):
        assert rules.limits_for(bands, sex="male", days=3).critical_high == 7.0
        assert rules.limits_for(bands, sex="male", days=28).critical_high == 6.0
        assert rules.limits_for(bands, sex="male", days=None).critical_high == 6.0
    women = [Interval("K", "critical", "female", 0, None, 2.5, 7.0, "", False)]
    both = [Interval("K", "critical", None, 0, None, 2.8, 6.5, "", True)]
    assert rules.limits_for(women + both, sex="female", days=9000).critical_high == 6.5, (
        "own before a shipped one's sex"
    )


def test_age_in_days() -> None:
    assert rules.age_days(date(2026, 11, 26), NOON.date()) == 0
    assert rules.age_days(date(2026, 11, 25), NOON.date()) == 1
    assert rules.age_days(date(2027, 1, 1), NOON.date()) == 0
    assert rules.age_days(None, NOON.date()) is None


@pytest.mark.parametrize(
    ("value", "previous", "hours", "jump"),
    [(5.0, 4.0, 1, False), (5.1, 4.0, 1, True), (3.0, 4.0, 48, False), (2.9, 4.0, 48, True), (6.0, 4.0, 49, False)],
)
def test_the_delta_check(value: float, previous: float, hours: int, jump: bool) -> None:
    assert rules.is_jump(a_test(), value, NOON, previous, NOON - timedelta(hours=hours)) is jump
    assert not rules.is_jump(a_test(), value, NOON, None, None)
    assert not rules.is_jump(a_test(delta_change=None, delta_hours=None), value, NOON, previous, NOON)


def test_turnaround_is_the_longest_goal_of_the_specimen() -> None:
    slow = a_test(turnaround_minutes=1440, urgent_minutes=90)
    assert rules.due_at([a_test(), slow], "routine", NOON) == NOON + timedelta(minutes=1440)
    assert rules.due_at([a_test(), slow], "stat", NOON) == NOON + timedelta(minutes=90)
    assert rules.due_at([a_test()], "urgent", NOON) == NOON + timedelta(minutes=60)
    due = NOON + timedelta(minutes=60)
    assert [rules.age_share(NOON, due, NOON + timedelta(minutes=m)) for m in (-5, 0, 30, 60, 90)] == [0, 0, 0.5, 1, 1]


def test_the_states_go_forward_only() -> None:
    reached = {State.ORDERED}
    for act in (Act.COLLECT, Act.RECEIVE, Act.RESULT, Act.RELEASE_TECHNICALLY, Act.RELEASE_CLINICALLY):
        [state] = [after for state in reached if (after := rules.after(act, state))]
        reached = {state}
    assert reached == {State.CLINICALLY_RELEASED}
    for act in Act:
        assert rules.after(act, State.WITHDRAWN) is None
        assert rules.after(act, State.REJECTED) is None
        assert rules.after(act, State.CANCELLED) is None
    assert rules.after(Act.REJECT, State.TECHNICALLY_RELEASED) is None
    assert rules.after(Act.CANCEL, State.COLLECTED) is None
    assert rules.after(Act.RELEASE_CLINICALLY, State.RESULTED) is None
    assert rules.after(Act.AMEND, State.RESULTED) is None
    assert rules.after(Act.RESULT, State.RESULTED) is State.RESULTED


@given(st.integers(1, 999_999_999), st.integers(0, 9), st.integers(1, 9))
def test_a_slip_of_one_digit_is_noticed(number: int, place: int, by: int) -> None:
    code = rules.barcode(number)
    assert rules.is_barcode(code)
    slipped = code[:place] + str((int(code[place]) + by) % 10) + code[place + 1 :]
    assert not rules.is_barcode(slipped)


@pytest.mark.parametrize("text", ["", "123", "abcdefghij", "12345678901", "١٢٣٤٥٦٧٨٩٠"])
def test_what_is_no_barcode(text: str) -> None:
    assert not rules.is_barcode(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("6.9", (6.9, "")),
        ("<3", (3.0, "<")),
        (">1000", (1000.0, ">")),
        ("-2.5", (-2.5, "")),
        ("6,9", None),
        ("1,234", None),
        ("6.", None),
        ("nan", None),
        ("1e9", None),
        ("٣", None),
        ("", None),
    ],
)
def test_what_was_typed(text: str, read: tuple[float, str] | None) -> None:
    assert rules.entry_read(text) == read


@pytest.mark.parametrize(
    ("words", "is_none"),
    [
        ("No growth", True),
        ("No growth. After one day", True),
        ("no growth after 5 days", True),
        ("No growth after 48 h (both bottles)", True),
        ("No growth so far, 24 hours.", True),
        ("No growth in the anaerobic bottle, Gram-positive cocci in the aerobic one", False),
        ("no growth; MRSA in bottle 2", False),
        ("no growth but yeasts seen", False),
        ("no growth until day 3", False),
        ("No growth in bottle 1", False),
        ("Nothing yet", False),
    ],
)
def test_what_is_said_that_is_not_no_growth_counts_as_growth(words: str, is_none: bool) -> None:
    assert rules.is_no_growth(words, []) is is_none
    assert (rules.flag_of_culture("BCULT", words, []) is None) is is_none


def test_growth_in_any_script_can_be_read_back() -> None:
    assert rules.is_growth_read_back("Золотистый стафилококк", [], "золотистый стафилококк")
    assert not rules.is_growth_read_back("Золотистый стафилококк", [], "стрептококк")


def test_a_value_is_read_back_with_its_decimals() -> None:
    assert rules.is_read_back_right(6.9, 6.9, 1)
    assert rules.is_read_back_right(136, 136.0, 0)
    assert not rules.is_read_back_right(6.9, 9.6, 1)
    assert not rules.is_read_back_right(6.9, 6.8, 1)


def test_words() -> None:
    assert rules.value_words(1234.0, 0) == "1,234"
    assert rules.value_words(3, 1, "<") == "<3.0"
    assert rules.value_words(None, 1) == ""
    assert rules.interval_words(3.5, 5.2, 1) == "3.5 – 5.2"
    assert rules.interval_words(None, 5, 0) == "under 5"
    assert rules.interval_words(5, None, 0) == "over 5"
    assert rules.interval_words(None, None, 0) == ""


@pytest.mark.parametrize(
    ("zone", "taken_at", "low"),
    [
        ("UTC", datetime(2026, 11, 26, 22, tzinfo=UTC), 1),
        ("Asia/Kolkata", datetime(2026, 11, 26, 22, tzinfo=UTC), 2),  # 03:30 of the 27th there
        ("America/New_York", datetime(2026, 11, 27, 3, tzinfo=UTC), 1),  # 22:00 of the 26th there
    ],
)
def test_a_newborns_age_is_counted_in_days_of_the_hospital(zone: str, taken_at: datetime, low: float) -> None:
    """Of somebody born on the 25th: the first day of life ends at midnight there, not in Greenwich."""
    held = Held(
        hospital_id=UUID(int=1), id=UUID(int=2), specimen_id=UUID(int=3), person_id=UUID(int=4), encounter_id=None, ward_id=None,
        test="K", bench="chemistry", state="received", specimen_state="received", taken_at=taken_at, value=None, comparator="",
        flag=None, revision=1, version=1, report="", words="", isolates=[], is_newest_told=False, has_call=False, untold_id=None,
        sex="female", born_on=date(2026, 11, 25),
    )  # fmt: skip
    bands = [band(None, 0, 1, 0), band(None, 1, 2, 1), band(None, 2, None, 2)]
    judged = results.judge(held, NewValue(value=5.0), a_test(), bands, None, zone=ZoneInfo(zone))
    assert judged.low == low
