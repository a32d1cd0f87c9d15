"""People found, on the page: a row put into its mould says what a rendering of the template would say."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.client import Client, items
from tests.jinja2_twin import jinja2_environment
from wardline.patients.lines import FoundLine, found_line
from wardline.patients.models import FoundRow, Sex
from wardline.platform.render import DEFAULTS, environment, filled
from wardline.platform.times import Moment as Rendering
from wardline.platform.times import moment, zone_named

NOW = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)
ROW = "patients/found_row.html"
PERSON = UUID(int=7)


def row(**changes: Any) -> FoundRow:
    """Catriona, with what is asked for changed."""
    values: dict[str, Any] = {
        "person_id": PERSON, "network_number": "9434765919", "mrn": "NGH0000001", "family": "MacDonald",
        "given": "Catriona Jane", "title": "Mrs", "known_as": "", "sex": Sex.FEMALE, "born_on": date(1971, 8, 14),
        "born_estimated": False, "deceased_on": None, "town": "Ashford", "has_photo": False, "last_visit_at": NOW,
        "last_place": "Ward 3", "by_number": False, "family_count": 0,
    }  # fmt: skip
    return FoundRow(**(values | changes))


def shown(line: FoundLine, can: frozenset[str] = frozenset()) -> tuple[str, str, str]:
    """The row from its mould, and as both engines would render it."""
    token = moment.set(Rendering(now=NOW, zone=zone_named("Europe/London"), can=can))
    try:
        moulded = str(filled(ROW, [line]))
        values = DEFAULTS | {"row": line._asdict(), "can": can}
        whole = environment().render_template(ROW, **values).strip()
        return moulded, whole, jinja2_environment().get_template(ROW).render(**values).strip()
    finally:
        moment.reset(token)


texts = st.sampled_from(["", "O'Neill", "a/b", "100%", "%s %(x)s", "<b>", '"&', "李", "García Márquez"]) | st.text(
    max_size=12
)
lines = st.builds(FoundLine, *[texts] * len(FoundLine._fields))


@given(lines)
def test_a_row_in_its_mould_is_what_a_rendering_would_be(line: FoundLine) -> None:
    moulded, whole, _ = shown(line)
    assert moulded == whole


@pytest.mark.parametrize("can", [frozenset[str](), frozenset({"read_chart"})])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"title": "", "known_as": "Kit", "has_photo": True, "town": ""},
        {"born_on": None},
        {"born_estimated": True},
        {"deceased_on": date(2026, 1, 2), "last_place": ""},
        {"last_visit_at": None, "sex": Sex.UNKNOWN},
    ],
)
def test_both_engines_and_the_mould_agree(changes: dict[str, Any], can: frozenset[str]) -> None:
    moulded, whole, twin = shown(found_line(row(**changes), str(PERSON), 2, ("macd",)), can)
    assert moulded == whole == twin


def test_what_a_row_says() -> None:
    said = shown(found_line(row(), str(PERSON), 1, ("macd", "jane")), frozenset({"read_chart"}))[0]
    for part in (
        f'href="/patients/{PERSON}"><b><mark>MACD</mark>ONALD,</b> Catriona <mark>Jane</mark> (Mrs)</a>',
        "1 person here with a similar name",
        '<time datetime="1971-08-14">14-Aug-1971</time> (55 y)',
        ">Female<",
        ">943 476 5919<",
        ">27-Nov-2026</time>, Ward 3<",
    ):
        assert part in said, part
    assert f'href="/patients/{PERSON}/details"' in shown(found_line(row(), str(PERSON), 0, ()))[0]
    assert "about 55 y old" in shown(found_line(row(born_estimated=True), str(PERSON), 0, ()))[0]
    assert "Not known" in shown(found_line(row(born_on=None), str(PERSON), 0, ()))[0]


# --- Ways of looking that others make needless -------------------------------------------------------------------------


@pytest.fixture(scope="module")
async def crowd(client: Client) -> dict[str, UUID]:
    """More people of one family name than are shown, and those whom the same letters may mean as well."""
    a, patient = client.world.a, client.world.patient
    for number in range(24):
        given = "Bertil" if number < 22 else "Ylva"
        await patient(
            a, family="Quistbarr", given=f"{given} {'abcdefghijklmnopqrstuvwx'[number]}", born=date(1950, 1, 1)
        )
    return {
        "given_exactly": await patient(a, family="Aaberg", given="Quistbarr", born=date(1980, 5, 5)),
        "given_begins": await patient(a, family="Aaberg", given="Quistbarro", born=date(1980, 5, 5)),
        "near": await patient(a, family="Quistbarr", given="Zora", born=date(1990, 6, 6)),
        "same_day": await patient(a, family="Quistbarr", given="Zoe", born=date(1993, 6, 6)),
        "sounds_alike": await patient(a, family="Kwistbar", given="Ylva", born=date(1990, 6, 6)),
    }


async def ids(client: Client, query: str) -> list[UUID]:
    return [UUID(person["id"]) for person in items(await client.get(f"/patients?q={query}", as_="nurse_a"))]


async def test_a_given_name_typed_in_full_stands_among_twenty_family_names(client: Client, crowd: dict[str, UUID]):
    found = await ids(client, "quistbarr")
    assert len(found) == 20
    assert found[0] == crowd["given_exactly"]
    assert crowd["given_begins"] not in found


async def test_fewer_than_twenty_leave_room_for_names_that_sound_alike(client: Client, crowd: dict[str, UUID]):
    found = await ids(client, "quistbarr ylva")
    assert len(found) == 3
    assert found[-1] == crowd["sounds_alike"]


async def test_a_birth_date_brings_those_born_near_it(client: Client, crowd: dict[str, UUID]):
    found = await ids(client, "quistbarr z 7/6/1990")
    assert found == [crowd["near"]]
    assert set(await ids(client, "quistbarr z 6/6/1990")) == {crowd["near"], crowd["same_day"]}


async def test_a_birth_date_near_nobodys_leaves_the_name(client: Client, crowd: dict[str, UUID]):
    assert len(await ids(client, "quistbarr bertil 3/3/2001")) == 20
    assert crowd["near"] in await ids(client, "quistbarr zora 3/3/2001")


async def test_a_birth_year(client: Client, crowd: dict[str, UUID]):
    assert (await ids(client, "quistbarr 1990"))[:1] == [crowd["near"]]
