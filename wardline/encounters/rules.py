"""Decisions about stays, without any I/O."""

from datetime import date, timedelta

from wardline.encounters.models import Admission

STAY_DAYS_MAX = 366


def admission_problem(given: Admission, today: date) -> dict[str, str]:
    """What is wrong with an admission, by field; empty when nothing is."""
    wrong: dict[str, str] = {}
    leaves = given.expected_discharge_on
    if leaves is not None and leaves < today:
        wrong["expected_discharge_on"] = "This date has passed."
    if leaves is not None and leaves > today + timedelta(days=STAY_DAYS_MAX):
        wrong["expected_discharge_on"] = "This date is more than a year away."
    if not given.reason.strip():
        wrong["reason"] = "Say why the patient comes in."
    return wrong


def stay_days(started: date, today: date) -> int:
    """Which day of the stay it is, the first being 1."""
    return (today - started).days + 1
