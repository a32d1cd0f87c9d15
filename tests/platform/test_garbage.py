"""The keeper of the collector: circles are collected, pauses are put off, and nothing grows without end."""

import gc
import weakref

import pytest

from wardline.platform import garbage


class Circle:
    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def keeper():
    thresholds = gc.get_threshold()
    yield garbage.Keeper()
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def test_a_young_circle_is_collected_and_the_living_is_out_of_reach(keeper: garbage.Keeper) -> None:
    dead = weakref.ref(Circle())
    keeper.tidy(busy_share=1.0)
    assert dead() is None
    assert gc.get_freeze_count() > 1_000
    assert keeper.full_collections == 0


def test_a_circle_that_dies_after_it_was_frozen_goes_with_the_next_full_collection(
    keeper: garbage.Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    living = Circle()
    dead = weakref.ref(living)
    keeper.tidy(busy_share=1.0)
    del living
    keeper.tidy(busy_share=1.0)
    assert dead() is not None
    monkeypatch.setattr(garbage, "FULL_SECONDS", 0)
    keeper.tidy(busy_share=0.0)
    assert dead() is None
    assert keeper.full_collections == 1


def test_a_full_collection_waits_for_quiet_but_not_for_ever() -> None:
    assert not garbage.full_is_due(garbage.FULL_SECONDS - 1, 0.0)
    assert garbage.full_is_due(garbage.FULL_SECONDS, 0.05)
    assert not garbage.full_is_due(garbage.FULL_SECONDS, 0.9)
    assert garbage.full_is_due(garbage.FULL_SECONDS_MAX, 1.0)
