"""The starting intervals on their edges of value, age and sex, and that each says where it comes from."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.client import Client
from tests.lab.way import measured, patient_of


@pytest.mark.parametrize(
    ("test", "age_days", "sex", "value", "flag"),
    [
        ("GLU", 20_000, "female", 7.7, "N"), ("GLU", 20_000, "female", 7.8, "H"), ("GLU", 2_000, "female", 7.8, None),
        ("ALP", 28, "male", 70, "N"), ("ALP", 32, "male", 65, "N"), ("ALP", 4_000, "male", 400, "N"),
        ("ALP", 5_842, "female", 300, "N"), ("ALP", 5_846, "female", 300, "H"), ("ALP", 20_000, "female", 29, "L"),
        ("LIPASE", 3_000, "male", 35, "H"), ("LIPASE", 4_000, "male", 35, "N"), ("LIPASE", 20_000, "male", 68, "H"),
        ("CRP", 20_000, "male", 5, "N"), ("CRP", 20_000, "male", 6, "H"), ("CRP", 20, "male", 6, None),
        ("TROPT", 20_000, "female", 14, "N"), ("TROPT", 20_000, "female", 15, "H"),
        ("CHOL", 20_000, "male", 5.3, "H"), ("TRIG", 20_000, "male", 1.7, "N"), ("TRIG", 20_000, "male", 12.5, "HH"),
        ("HDL", 20_000, "male", 0.7, "L"), ("FERR", 400, "female", 101, "H"), ("FERR", 20_000, "female", 201, "H"),
        ("FERR", 20_000, "male", 201, "N"), ("FERR", 6_000, "male", 11, "N"), ("FERR", 5_200, "male", 11, "L"),
        ("HBA1C", 20_000, "female", 41, "N"), ("HBA1C", 20_000, "female", 42, "H"), ("INR", 20_000, "male", 1.3, "H"),
        ("INR", 20_000, "male", 4.6, "HH"),
    ],
)  # fmt: skip
async def test_what_is_shipped_flags_on_its_edges(
    client: Client, test: str, age_days: int, sex: str, value: float, flag: str | None
) -> None:
    born = datetime.now(UTC).date() - timedelta(days=age_days)
    result = await measured(client, await patient_of(client, born=born, sex=sex), test, value)
    assert result["flag"] == flag


async def test_every_shipped_interval_says_where_it_comes_from(client: Client) -> None:
    for test in ("GLU", "ALP", "LIPASE", "CRP", "TROPT", "CHOL", "TRIG", "HDL", "FERR", "HBA1C", "INR"):
        page = (await client.get(f"/lab/tests/{test}", as_="laboratory_technician_a")).json()
        shipped = [each for each in page["intervals"] if each["kind"] == "reference" and not each["is_own"]]
        assert shipped, test
        assert all(each["source"] for each in shipped)
    page = await client.get("/lab/tests/TROPT", as_="laboratory_technician_a", html=True)
    assert "Only for the Roche Elecsys assay" in page.text
