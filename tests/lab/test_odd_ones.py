"""The odd ones of a laboratory's day: a band of another number, a name too long for its tube, a drug written twice."""

from typing import Any

import msgspec
import pytest
import typst

from tests.client import Client
from tests.lab.way import ordered, patient_of, received
from wardline.lab import labels
from wardline.lab.models import Specimen


async def test_a_wristband_is_known_as_at_the_drug_round(client: Client) -> None:
    """By the hospital's own number, by the patient's number however it is spaced, and by the id in its code."""
    person = await patient_of(client)
    found = (await client.get(f"/patients/{person}/details", as_="nurse_a")).json()["person"]
    number = found["network_number"]
    for scan in (found["mrn"].lower(), f" {number[:3]}-{number[3:6]} {number[6:]}", f"wardline:patient:{person}"):
        [specimen] = (await ordered(client, person, "K"))["specimens"]
        path = f"/specimens/{specimen['id']}/collection"
        taken = await client.post(path, {"wristband": scan}, as_="nurse_a", version=1)
        assert (scan, taken.status_code) == (scan, 200)


async def test_a_long_name_stays_on_one_label(client: Client) -> None:
    """What went over the edge came on a second label, without a name."""
    names = {"family": "Von und zu Hohenlohe-Waldenburg-Schillingsfürst", "given": "Maximiliane Alexandra"}
    [asked] = (await ordered(client, await patient_of(client, **names), "BCULT", urgency="urgent"))["specimens"]
    specimen = msgspec.convert(asked, Specimen, strict=False)
    specimen.bed_label = "INTENSIVE-CARE-2-WINDOW-01"
    drawn = typst.compile(labels.LABEL.encode(), format="png", sys_inputs=labels.inputs_of(specimen))
    assert isinstance(drawn, bytes), f"{len(drawn)} labels"
    for place, is_short in ((specimen.bed_label, False), ("INTENSIVE-CARE-" * 20, True)):
        inputs = labels.inputs_of(specimen) | {"place": f"Bed {place}"}
        [fit] = msgspec.json.decode(typst.query(labels.LABEL.encode(), "<fit>", field="value", sys_inputs=inputs))
        assert (fit["size"] >= 0.65, fit["short"]) == (True, is_short), "nobody could read it"


@pytest.mark.parametrize(
    "isolate",
    [
        {"susceptibility": {"Amoxicillin": "S", "amoxicillin": "R"}},
        {"susceptibility": {"Amoxicillin": "S"}, "more": [{"drug": " amoxicillin ", "sir": "R"}]},
    ],
)
async def test_a_drug_stands_once_however_it_is_written(client: Client, isolate: dict[str, Any]) -> None:
    result = (await received(client, await patient_of(client), "BCULT"))["results"]["BCULT"]
    body = {"isolates": [{"organism": "Escherichia coli"} | isolate]}
    answer = await client.put(
        f"/results/{result['id']}/value", body, as_="laboratory_technician_a", version=result["version"]
    )
    assert (answer.status_code, set(answer.json()["fields"])) == (422, {"isolates[0].more"})
