"""Roles who see the same of a board share one reading and one rendering of it; a right that shows keeps them apart."""

from uuid import uuid4

import pytest

from wardline.app import load_routes
from wardline.platform.live import VIEWS, views_by_kind
from wardline.platform.live.views import Audience, View, asked_about, of_the_same_sight

load_routes()
TENANT = uuid4()


def view_of(kind: str) -> View:
    return views_by_kind(VIEWS)[kind]


def sight(kind: str, role: str, *can: str) -> tuple[Audience, frozenset[str]]:
    return of_the_same_sight(view_of(kind), Audience(TENANT, role, "en", "UTC"), frozenset(can))


def test_a_right_that_a_board_does_not_ask_about_makes_no_audience_of_its_own() -> None:
    nurse = sight("ward", "nurse", "read_ward", "read_patient", "acknowledge_task", "give_medicine")
    matron = sight("ward", "matron", "read_ward", "acknowledge_task", "read_patient", "manage_staff")
    assert nurse == matron
    assert nurse[1] == {"read_patient", "acknowledge_task"}


@pytest.mark.parametrize("right", ["read_patient", "acknowledge_task", "answer_as_doctor", "record_observations"])
def test_a_right_that_shows_does(right: str) -> None:
    assert sight("ward", "one", right) != sight("ward", "one")


def test_hospitals_and_zones_stay_apart() -> None:
    here, can = Audience(TENANT, "nurse", "en", "UTC"), frozenset({"read_patient"})
    for other in (here._replace(tenant_id=uuid4()), here._replace(zone="Europe/London")):
        assert of_the_same_sight(view_of("ward"), here, can) != of_the_same_sight(view_of("ward"), other, can)


def test_where_the_check_asks_more_of_the_caller_roles_share_nothing() -> None:
    assert sight("tasks", "nurse", "read_patient") != sight("tasks", "doctor", "read_patient")


def test_the_hospitals_board_asks_who_may_move_and_not_who_answers_tasks() -> None:
    asked = asked_about(view_of("beds"))
    assert "move_patient" in asked
    assert "acknowledge_task" not in asked
