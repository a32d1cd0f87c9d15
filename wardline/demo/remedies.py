"""What is given for what: lines as they would be typed, read by the rules of `orders`. Data, and reading it once.

None of it is what somebody of the invented people may be allergic to, and no two of it stop a signature (tested).
"""

from datetime import date, timedelta
from functools import cache

import msgspec
from msgspec import Struct

from wardline.orders import drugs, entry, lines

# Nearly everybody in a bed gets these; the second only who gets nothing stronger against clots.
FOR_ALL = ("paracetamol 1 g oral qds",)
AGAINST_CLOTS = "enoxaparin 40 mg sc od"
FOR_SOME = (
    "lansoprazole 15 mg oral om",
    "senna 15 mg oral on prn for constipation",
    "cyclizine 50 mg oral tds prn for nausea",
)
# By the code of what somebody came in with.
FOR_ILLNESS: dict[str, tuple[str, ...]] = {
    "J44.1": ("prednisolone 30 mg oral om 5d", "salbutamol 2.5 mg neb qds", "doxycycline 100 mg oral bd 7d"),
    "J18.9": ("doxycycline 100 mg oral bd 7d",),
    "J96.01": ("salbutamol 2.5 mg neb qds", "ciprofloxacin 400 mg iv bd 5d"),
    "I50.9": ("furosemide 40 mg iv bd", "bisoprolol 2.5 mg oral om"),
    "A41.9": ("ciprofloxacin 400 mg iv bd 5d",),
    "D70.9": ("ciprofloxacin 400 mg iv bd 5d",),
    "N39.0": ("fosfomycin 3 g oral stat",),
    "L03.116": ("clindamycin 300 mg oral qds 7d",),
    "I26.99": ("apixaban 5 mg oral bd",),
    "I48.91": ("apixaban 5 mg oral bd", "bisoprolol 2.5 mg oral om"),
    "I63.9": ("clopidogrel 75 mg oral om", "atorvastatin 20 mg oral on"),
    "G45.9": ("clopidogrel 75 mg oral om", "atorvastatin 20 mg oral on"),
    "I21.4": ("clopidogrel 75 mg oral om", "fondaparinux 2.5 mg sc od", "bisoprolol 2.5 mg oral om"),
    "I20.0": ("clopidogrel 75 mg oral om", "fondaparinux 2.5 mg sc od", "bisoprolol 2.5 mg oral om"),
    "K92.2": ("pantoprazole 40 mg iv bd",),
}
THINNERS = frozenset({"apixaban", "fondaparinux"})
BLEEDING = frozenset({"K92.2"})
# By the code of what somebody lives with.
FOR_LONG: dict[str, str] = {
    "I10": "amlodipine 5 mg oral om",
    "E11.9": "metformin 500 mg oral bd",
    "E78.5": "atorvastatin 20 mg oral on",
    "E03.9": "levothyroxine 75 micrograms oral om",
    "J45.909": "salbutamol 2 puffs inh qds prn for wheeze",
    "M81.0": "alendronic acid 70 mg oral once weekly",
    "I25.10": "bisoprolol 2.5 mg oral om",
    "F32.A": "sertraline 50 mg oral om",
    "F41.9": "mirtazapine 15 mg oral on",
    "M10.9": "allopurinol 100 mg oral od",
    "K21.9": "lansoprazole 15 mg oral om",
    "H40.9": "latanoprost 1 drop both eyes on",
    "I73.9": "clopidogrel 75 mg oral om",
    "D64.9": "ferrous sulfate 200 mg oral od",
}
# What is done to people, with the codes of SNOMED CT, by what they came in with.
PROCEDURES: dict[str, tuple[str, str]] = {
    "K35.80": ("80146002", "Appendectomy"),
    "K80.00": ("38102005", "Cholecystectomy"),
    "M16.11": ("52734007", "Total replacement of hip"),
    "D25.9": ("236886002", "Hysterectomy"),
    "N18.6": ("265764009", "Renal dialysis"),
    "I63.9": ("303653007", "Computed tomography of head"),
    "G45.9": ("303653007", "Computed tomography of head"),
    "I50.9": ("40701008", "Echocardiography"),
    "I35.0": ("40701008", "Echocardiography"),
    "I33.0": ("40701008", "Echocardiography"),
    "I21.4": ("29303009", "Electrocardiographic procedure"),
    "I48.91": ("29303009", "Electrocardiographic procedure"),
    "R07.9": ("29303009", "Electrocardiographic procedure"),
    "J18.9": ("399208008", "Plain chest X-ray"),
    "J44.1": ("399208008", "Plain chest X-ray"),
    "J90": ("399208008", "Plain chest X-ray"),
}


class Remedy(Struct, frozen=True):
    """A line as it is stored; `days` is how long it is for, where it says."""

    name: str
    kind: str
    route: str
    text: str
    line: str
    days: int | None

    def ends_on(self, begun: date) -> date | None:
        """The last day; None where it goes on."""
        return None if self.days is None else begun + timedelta(days=self.days - 1)


@cache
def remedy(typed: str) -> Remedy:
    """The typed line, read."""
    read = entry.read(typed, drugs.load())
    assert read.complete, f"{typed}: {[question.words for question in read.questions]}"
    line = read.line
    return Remedy(
        name=line.name,
        kind=line.kind.value,
        route=line.route,
        text=lines.text(line),
        line=msgspec.json.encode(line).decode(),
        days=line.days,
    )


def typed_lines() -> list[str]:
    """Every line there is, once."""
    groups = (FOR_ALL, (AGAINST_CLOTS,), FOR_SOME, *FOR_ILLNESS.values(), tuple(FOR_LONG.values()))
    return list(dict.fromkeys(line for group in groups for line in group))
