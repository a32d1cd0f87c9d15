"""Numbers from facts: values, medians, targets, words."""

import pytest

from wardline.analytics.measures import MEASURES, Fact, change_words, median, state_of, value_of

BY_KEY = {measure.key: measure for measure in MEASURES}


@pytest.mark.parametrize(
    ("buckets", "expected"),
    [([], None), ([0, 0], None), ([1], 0.0), ([2, 0], 0.5), ([1, 1, 1], 1.5), ([0, 4, 0], 1.5), ([0, 0, 3], 2.0)],
)
def test_a_median_lies_within_its_bucket_and_the_last_one_is_open(buckets: list[int], expected: float | None) -> None:
    assert median(buckets, 1.0) == expected


def test_several_hospitals_are_weighed_by_their_cases() -> None:
    together = Fact()
    together.add(Fact(1, 10, counted=True))
    together.add(Fact(90, 90, counted=True))
    assert value_of(BY_KEY["noon"], together) == 91.0
    together = Fact()
    for seconds in (86_400, 43_200):
        together.add(Fact(seconds, 86_400, counted=True))
    assert value_of(BY_KEY["waiting"], together) == 1.5
    assert value_of(BY_KEY["noon"], Fact()) is None


@pytest.mark.parametrize(
    ("key", "value", "hospitals", "state"),
    [
        ("full", 84.96, 1, "on"),
        ("full", 92.04, 1, "on"),
        ("full", 92.1, 1, "near"),
        ("full", 94.1, 1, "off"),
        ("full", 82.0, 1, "off"),
        ("waiting", 6, 1, "off"),
        ("waiting", 6, 3, "on"),
        ("noon", None, 1, "none"),
    ],
)
def test_targets(key: str, value: float | None, hospitals: int, state: str) -> None:
    assert state_of(BY_KEY[key], value, hospitals) == state


def test_change_in_words() -> None:
    full = BY_KEY["full"]
    assert change_words(full, 94.1, 93.3) == "↗ +0.8 on last week"
    assert change_words(full, 93.3, 94.1) == "↘ −0.8 on last week"
    assert change_words(full, 94.11, 94.09) == "→ same as last week"
    assert "no week" in change_words(full, 94.1, None)
