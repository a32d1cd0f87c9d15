"""A form says what stands within what by dots in its names."""

import pytest

from wardline.platform.errors import BadRequest
from wardline.platform.http.body import sent_values

FORM = {"content-type": "application/x-www-form-urlencoded"}


async def values(body: str) -> object:
    return (await sent_values(FORM, body.encode())).values


async def test_numbers_are_places_in_a_list_and_empty_rows_close_up() -> None:
    sent = "a.10.x=late&a.2.x=early&a.5.x=&b.c.d=1&plain=p&plain=q&version=3"
    assert await values(sent) == {
        "a": [{"x": "early"}, {"x": "late"}],
        "b": {"c": {"d": "1"}},
        "plain": ["p", "q"],
    }


@pytest.mark.parametrize("body", ["a=1&a.b=2", "a.b=2&a=1", "a.b.c=1&a.b=2", "a.b.c.d.e.f.g=1"])
async def test_a_name_that_is_two_things_or_too_deep_is_refused(body: str) -> None:
    with pytest.raises(BadRequest):
        await values(body)


@pytest.mark.parametrize("body", ["a.=1", ".a=1", ".=1", "..=1", "a.99999999999999999999.b=1", "a.\u0663=1"])
async def test_odd_names_are_names(body: str) -> None:
    assert isinstance(await values(body), dict)
