"""When doses are due: so many times a day, every so many hours, tapering, and the nights when clocks change."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wardline.mar.schedule import DAY, RoundTimes, Slot, minute, slots
from wardline.orders import entry, knowledge
from wardline.orders.public import WEEKDAYS, MedicineLine

LONDON, SYDNEY, KOLKATA = ZoneInfo("Europe/London"), ZoneInfo("Australia/Sydney"), ZoneInfo("Asia/Kolkata")
RULES = knowledge.load()


def line(typed: str) -> MedicineLine:
    found = entry.read(typed, RULES.table)
    assert found.complete, found.questions
    return found.line


def of(typed: str, since: datetime, days: float, zone: ZoneInfo = LONDON) -> list[Slot]:
    return slots(line(typed), since=since, zone=zone, start=since.replace(second=0), end=since + days * DAY)


def clocks(found: list[Slot], zone: ZoneInfo = LONDON) -> list[str]:
    return [f"{slot.due_at.astimezone(zone):%d %H:%M}" for slot in found]


MORNING = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "due"),
    [
        ("ramipril 5 mg po od", ["23 08:00"]),
        ("simvastatin 20 mg po on", ["23 22:00"]),
        ("metformin 500 mg po bd", ["23 08:00", "23 18:00"]),
        ("amoxicillin 500 mg po tds", ["23 08:00", "23 14:00", "23 22:00"]),
        ("paracetamol 1 g po qds", ["23 08:00", "23 12:00", "23 18:00", "23 22:00"]),
        ("cefuroxime 1.5 g iv every 8 hours", ["23 08:00", "23 16:00", "24 00:00"]),
        ("furosemide 40 mg iv stat", ["23 07:30"]),
        ("morphine 5 mg po ir every 4 hours prn for pain", []),
    ],
)
def test_a_day_of_doses(typed: str, due: list[str]) -> None:
    assert clocks(of(typed, MORNING, 1)) == due


def test_a_course_has_as_many_doses_as_its_days_say() -> None:
    assert len(of("amoxicillin 500 mg po tds 5d", MORNING, 30)) == 15
    late = of("amoxicillin 500 mg po tds 5d", datetime(2026, 11, 23, 15, 10, tzinfo=UTC), 30)
    assert (len(late), clocks(late)[0], clocks(late)[-1]) == (15, "23 22:00", "28 14:00")


def test_every_other_day_and_once_a_week() -> None:
    assert clocks(of("prednisolone 10 mg po alternate days", MORNING, 5)) == ["23 08:00", "25 08:00", "27 08:00"]
    assert clocks(of("methotrexate 10 mg po once a week", MORNING, 15)) == ["23 08:00", "30 08:00", "07 08:00"]


def test_a_change_does_not_bring_the_next_dose_nearer() -> None:
    """A weekly dose was given on Monday, every eight hours the last one at eight: the changed line goes on from there."""
    changed = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)

    def after(typed: str, given_before: datetime) -> list[str]:
        end = changed + 15 * DAY
        return clocks(slots(line(typed), since=changed, zone=LONDON, start=changed, end=end, given_before=given_before))

    monday, morning = datetime(2026, 11, 23, 8, tzinfo=UTC), datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert after("methotrexate 7.5 mg po once a week", monday) == ["30 08:00", "07 08:00"]
    assert after("prednisolone 5 mg po alternate days", monday)[:2] == ["25 08:00", "27 08:00"]
    assert after("cefuroxime 750 mg iv every 8 hours", morning)[:2] == ["24 16:00", "25 00:00"]
    assert after("paracetamol 500 mg po qds", morning)[:2] == ["24 12:00", "24 18:00"]
    assert after("furosemide 80 mg iv stat", morning) == []


def test_a_changed_line_keeps_its_distance_from_a_dose_that_was_given_late() -> None:
    changed = datetime(2026, 11, 24, 13, 40, tzinfo=UTC)

    def after(typed: str, planned: datetime, given: datetime) -> list[str]:
        since = max(changed, given)
        end = since + 3 * DAY
        found = slots(
            line(typed), since=since, zone=LONDON, start=since, end=end, given_before=planned, given_late=given
        )
        return clocks(found)

    morning, lately = datetime(2026, 11, 24, 8, tzinfo=UTC), datetime(2026, 11, 24, 13, 30, tzinfo=UTC)
    assert after("amoxicillin 500 mg po tds", morning, lately)[:2] == ["24 22:00", "25 08:00"]
    assert after("cefuroxime 750 mg iv every 8 hours", morning, lately)[0] == "24 22:00"
    assert after("methotrexate 10 mg po weekly on friday", morning - 4 * DAY, lately - 3 * DAY) == ["27 08:00"]
    # What was planned for 22:00 and came after midnight puts off nothing of the next day.
    night, midnight = datetime(2026, 11, 24, 22, tzinfo=UTC), datetime(2026, 11, 25, 0, 30, tzinfo=UTC)
    assert after("atorvastatin 20 mg po at night", night, midnight)[0] == "25 22:00"
    assert after("amoxicillin 500 mg po tds", night, midnight)[0] == "25 08:00"
    # An earlier one that came late does not count once another was given after it.
    assert after("amoxicillin 500 mg po tds", morning + timedelta(hours=6), lately)[0] == "24 22:00"


def test_days_of_the_week_and_times_of_the_day() -> None:
    """From a Monday morning; the first of December is a Tuesday."""
    assert clocks(of("co-trimoxazole 960 mg po mon wed fri", MORNING, 8)) == [
        "23 08:00",
        "25 08:00",
        "27 08:00",
        "30 08:00",
    ]
    assert clocks(of("alendronic acid 70 mg po every sunday", MORNING, 15)) == ["29 08:00", "06 08:00"]
    assert clocks(of("methotrexate 10 mg po every 2 weeks on wednesday at 18:30", MORNING, 32)) == [
        "25 18:30",
        "09 18:30",
        "23 18:30",
    ]
    assert clocks(of("vancomycin 1 g iv bd at 05:00 and 17:00", MORNING, 1)) == ["23 17:00", "24 05:00"]
    assert clocks(of("co-trimoxazole 960 mg po bd sat sun", MORNING, 7)) == [
        "28 08:00",
        "28 18:00",
        "29 08:00",
        "29 18:00",
    ]
    assert len(of("alendronic acid 70 mg po weekly on sunday for 4 weeks", MORNING, 60)) == 4


def test_a_time_of_day_is_kept_through_both_nights() -> None:
    for day in (datetime(2026, 3, 27, 12, tzinfo=UTC), datetime(2026, 10, 23, 12, tzinfo=UTC)):  # Fridays
        assert {clock[3:] for clock in clocks(of("vancomycin 1 g iv bd at 09:30 and 21:30", day, 4))} == {
            "09:30",
            "21:30",
        }
        (dose,) = of("alendronic acid 70 mg po weekly on sunday at 07:15", day, 4)
        assert f"{dose.due_at.astimezone(LONDON):%a %H:%M}" == "Sun 07:15"


def test_times_around_the_hour_that_a_night_skips_are_in_order_and_once() -> None:
    """01:30 does not come in that night: it is 02:30, which is due as well."""
    night = datetime(2026, 3, 29, 0, tzinfo=UTC)
    found = of("vancomycin 1 g iv tds at 01:30, 02:00 and 02:30", night, 1)
    assert clocks(found) == ["29 02:00", "29 02:30"]


def test_a_named_day_keeps_its_distance_from_the_dose_before() -> None:
    """A weekly drug last given on Thursday; and what is given once a day is not due again on the day on which it was given."""
    changed = datetime(2026, 11, 27, 9, 5, tzinfo=UTC)  # a Friday

    def after(typed: str, given_before: datetime) -> list[str]:
        end = changed + 15 * DAY
        return clocks(slots(line(typed), since=changed, zone=LONDON, start=changed, end=end, given_before=given_before))

    thursday, today = datetime(2026, 11, 26, 8, tzinfo=UTC), datetime(2026, 11, 27, 8, tzinfo=UTC)
    assert after("methotrexate 10 mg po weekly on monday", thursday) == ["07 08:00"]
    assert after("methotrexate 10 mg po weekly on thursday", thursday) == ["03 08:00", "10 08:00"]
    assert after("methotrexate 10 mg po weekly on friday", thursday) == ["04 08:00", "11 08:00"]
    assert after("methotrexate 10 mg po weekly on wednesday", thursday) == ["09 08:00"]
    assert after("methotrexate 10 mg po weekly on wednesday at 18:00", thursday) == ["02 18:00", "09 18:00"]
    assert after("warfarin 3 mg po od at 18:00", today)[:2] == ["28 18:00", "29 18:00"]
    assert after("warfarin 3 mg po od at 18:00", thursday)[:2] == ["27 18:00", "28 18:00"]
    assert after("warfarin 3 mg po mon wed fri", today)[:2] == ["30 08:00", "02 08:00"]
    assert after("vancomycin 1 g iv bd at 10:00 and 22:00", today)[:2] == [
        "27 22:00",
        "28 10:00",
    ]  # not two hours later
    assert after("vancomycin 1 g iv bd at 12:00 and 23:00", today)[:2] == ["27 12:00", "27 23:00"]
    wednesday_night = datetime(2026, 11, 25, 22, tzinfo=UTC)
    assert after("warfarin 3 mg po mon wed fri at 10:00", wednesday_night)[:2] == ["27 10:00", "30 10:00"]
    assert after("warfarin 3 mg po mon wed fri at 10:00", thursday)[:2] == ["30 10:00", "02 10:00"]


def test_a_tapering_dose_goes_down_by_days_and_ends() -> None:
    found = of("prednisolone 40 mg for 2 days then 30 mg for 3 days od", MORNING, 30)
    assert [float(slot.amount or 0) for slot in found] == [40, 40, 30, 30, 30]


def test_only_the_first_is_the_first() -> None:
    assert [slot.is_first for slot in of("amoxicillin 500 mg po tds", MORNING, 1)] == [True, False, False]


# 29 March 2026: 01:00 becomes 02:00 in London; 25 October 2026: 02:00 becomes 01:00.
def test_the_clock_of_the_ward_is_kept_through_both_nights() -> None:
    for day in (datetime(2026, 3, 28, 7, tzinfo=UTC), datetime(2026, 10, 24, 6, tzinfo=UTC)):
        found = of("paracetamol 1 g po qds", day, 3)
        assert {clock.split()[1] for clock in clocks(found)} == {"08:00", "12:00", "18:00", "22:00"}
        assert len(found) == 12


def test_hours_are_kept_through_both_nights() -> None:
    for day in (datetime(2026, 3, 28, 7, tzinfo=UTC), datetime(2026, 10, 24, 6, tzinfo=UTC)):
        found = of("cefuroxime 1.5 g iv every 8 hours", day, 3)
        assert {later.due_at - one.due_at for one, later in pairwise(found)} == {timedelta(hours=8)}


def test_a_time_that_a_night_skips_or_repeats_is_one_dose() -> None:
    """In Sydney 02:00 is skipped on 4 October 2026, and comes twice on 5 April 2026."""
    for day in (datetime(2026, 10, 3, 6, tzinfo=UTC), datetime(2026, 4, 4, 6, tzinfo=UTC)):
        found = of("aciclovir 800 mg po 6 times a day", day, 1, SYDNEY)
        assert len(found) == 6
        assert len({slot.due_at for slot in found}) == 6
    skipped = of("aciclovir 800 mg po 6 times a day", datetime(2026, 10, 3, 6, tzinfo=UTC), 1, SYDNEY)
    assert "04 03:00" in clocks(skipped, SYDNEY)


def test_two_times_that_a_night_makes_one_are_one_dose() -> None:
    """A hospital's own rounds at 01:30 and 02:30; in London 01:30 is skipped on 29 March 2026."""
    times = RoundTimes(six=("01:30", "02:30", "06:00", "10:00", "14:00", "18:00"))
    night = datetime(2026, 3, 28, 20, tzinfo=UTC)
    found = slots(
        line("aciclovir 800 mg po 6 times a day"), since=night, zone=LONDON, start=night, end=night + DAY, times=times
    )
    assert clocks(found) == ["29 02:30", "29 06:00", "29 10:00", "29 14:00", "29 18:00"]


@given(
    st.integers(0, 700 * 24 * 60),
    st.sampled_from([1, 2, 3, 4, 5, 6, 8]),
    st.integers(1, 10),
    st.sampled_from([LONDON, SYDNEY, KOLKATA]),
)
def test_a_course_is_whole_wherever_and_whenever_it_begins(minutes: int, times: int, days: int, zone: ZoneInfo) -> None:
    course = MedicineLine(name="x", times_per_day=times, days=days)
    begun = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    found = slots(course, since=begun, zone=zone, start=begun.replace(second=0, microsecond=0), end=begun + 14 * DAY)
    assert len(found) == times * days
    assert len({slot.due_at for slot in found}) == len(found)
    assert found == sorted(found, key=lambda slot: slot.due_at)


@given(st.integers(1, 47), st.integers(0, 60 * 24))
def test_two_parts_of_a_window_are_the_whole(hours: int, minutes: int) -> None:
    """Making again from where it was made to leaves nothing out and nothing doubled."""
    course = line("paracetamol 1 g po qds")
    start, end = MORNING, MORNING + timedelta(hours=48)
    cut = start + timedelta(minutes=minutes) + timedelta(hours=hours) - timedelta(hours=1)
    cut = min(cut, end)
    both = slots(course, since=start, zone=LONDON, start=start, end=cut) + slots(
        course, since=start, zone=LONDON, start=cut, end=end
    )
    assert both == slots(course, since=start, zone=LONDON, start=start, end=end)


ZONES = [
    ZoneInfo(name)
    for name in ("Europe/London", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata", "Africa/Cairo")
]
TIMES = st.lists(st.times(), min_size=1, max_size=5, unique_by=lambda at: f"{at:%H:%M}").map(
    lambda found: tuple(sorted(f"{at:%H:%M}" for at in found))
)
NAMED = st.lists(st.sampled_from(list(WEEKDAYS)), max_size=6, unique=True).map(
    lambda days: tuple(day for day in WEEKDAYS if day in days)
)


@given(
    st.sampled_from(ZONES),
    st.integers(0, 60 * 24 * 350).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
    TIMES,
    NAMED,
    st.none() | st.integers(1, 10),
    st.none() | st.integers(0, 60 * 24 * 9),
    st.integers(0, 60 * 24 * 14),
)
def test_named_days_and_times_in_every_zone(
    zone: ZoneInfo,
    since: datetime,
    at: tuple[str, ...],
    days: tuple[str, ...],
    course: int | None,
    ago: int | None,
    cut: int,
) -> None:
    """Every dose is at a time that the line names, on a day that it names; in order, once, and the same however it is cut."""
    named = MedicineLine(name="x", times_per_day=len(at), clocks=at, weekdays=days, days=course)
    before = None if ago is None else since - timedelta(minutes=ago)

    def due(start: datetime, end: datetime) -> list[datetime]:
        found = slots(named, since=since, zone=zone, start=start, end=end, given_before=before)
        return [slot.due_at for slot in found]

    end, middle = since + 14 * DAY, since + timedelta(minutes=cut)
    found = due(minute(since), end)
    assert found == sorted(set(found))
    assert found == due(minute(since), middle) + due(middle, end)
    for each in found:
        wall = each.astimezone(zone)
        assert {f"{wall - timedelta(minutes=skipped):%H:%M}" for skipped in (0, 30, 60)} & set(at)
        assert not days or f"{wall:%a}".lower() in days
    if before is not None and found:
        first, last = (each.astimezone(zone).replace(tzinfo=None) for each in (found[0], before))
        assert first.date() > last.date() if len(at) == 1 else first - last >= DAY / len(at) / 3 - timedelta(hours=1)
    if course is not None and found:
        assert found[-1] - found[0] < course * DAY + timedelta(hours=1)
