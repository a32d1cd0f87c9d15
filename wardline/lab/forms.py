"""What people and programs send to the laboratory."""

from typing import Annotated, Literal

from msgspec import Meta

from wardline.platform.http import Input

Code = Annotated[str, Meta(pattern=r"^[A-Z0-9_]{1,16}$")]
Words = Annotated[str, Meta(max_length=400)]
Reason = Annotated[str, Meta(min_length=3, max_length=400)]
Comparator = Literal["", "<", ">"]
Sir = Literal["S", "I", "R"]
DrugName = Annotated[str, Meta(min_length=2, max_length=60)]
Mic = Annotated[str, Meta(max_length=10, pattern=r"^((<=|>=|<|>)?[0-9]{1,4}(\.[0-9]{1,3})?)?$")]
Number = Annotated[float, Meta(gt=-1e9, lt=1e9)]


class NewOrder(Input, kw_only=True):
    """Tests and panels by their codes, how soon, and the question behind them."""

    tests: Annotated[list[Code], Meta(min_length=1, max_length=60)]
    urgency: Literal["routine", "urgent", "stat"] = "routine"
    reason: Words = ""


class Collected(Input, kw_only=True):
    """What was scanned at the bedside, if anything: a number of the patient on the wristband, or their id in its code."""

    wristband: Annotated[str, Meta(max_length=200)] = ""


class Because(Input, kw_only=True):
    """Why something is rejected, cancelled or withdrawn."""

    reason: Reason


class Tested(Input, kw_only=True):
    """A drug that is not on the page's list, with how the organism answers to it."""

    drug: DrugName
    sir: Sir
    mic: Mic = ""


class Isolate(Input, kw_only=True):
    """An organism that grew, with what it is susceptible to: S, I or R by the name of the drug, and the MIC in mg/L where
    it was measured (`0.5`, `<=0.25`)."""

    organism: Annotated[str, Meta(min_length=2, max_length=120)]
    quantity: Annotated[str, Meta(max_length=60)] = ""
    susceptibility: Annotated[dict[DrugName, Sir], Meta(max_length=60)] = {}
    mic: Annotated[dict[DrugName, Mic], Meta(max_length=60)] = {}
    more: Annotated[list[Tested], Meta(max_length=10)] = []


class NewValue(Input, kw_only=True):
    """A result: a number in the unit of its test, or as typed (`entry`: 6.9, <3), or words and isolates for a culture.

    A culture may be reported before it is finished: `report` is `interim` until the final one.
    """

    value: Number | None = None
    comparator: Comparator = ""
    entry: Annotated[str, Meta(max_length=20)] = ""
    words: Annotated[str, Meta(max_length=1000)] = ""
    isolates: Annotated[list[Isolate], Meta(max_length=6)] = []
    no_growth: bool = False
    report: Literal["interim", "final"] = "final"
    method: Annotated[str, Meta(max_length=120)] = ""


class TestValue(NewValue, kw_only=True):
    """A result of a specimen, named by its test."""

    test: Code


class NewValues(Input, kw_only=True):
    """Results of one specimen, as an analyser or a program sends them."""

    results: Annotated[list[TestValue], Meta(min_length=1, max_length=60)]


class Amendment(NewValue, kw_only=True):
    """A released result set right, with the reason."""

    reason: Reason


class CallBack(Input, kw_only=True):
    """Who was told of a critical value, what of the patient they read back, and the value they read back: in words for a culture."""

    told_to: Annotated[str, Meta(min_length=2, max_length=120)]
    identifiers: Annotated[list[Literal["name", "born_on", "patient_id"]], Meta(max_length=3)] = []
    read_back: Number | None = None
    read_back_words: Annotated[str, Meta(max_length=300)] = ""


class Acknowledgement(Input, kw_only=True):
    """What the clinician does about a critical value."""

    action: Annotated[str, Meta(min_length=3, max_length=400)]


class NewInterval(Input, kw_only=True):
    """One band of a set."""

    sex: Literal["female", "male"] | None = None
    from_days: Annotated[int, Meta(ge=0, le=60_000)] = 0
    to_days: Annotated[int, Meta(ge=1, le=60_000)] | None = None
    low: Number | None = None
    high: Number | None = None


class NewIntervals(Input, kw_only=True):
    """A hospital's own set for a test; an empty one goes back to what is shipped."""

    kind: Literal["reference", "critical"]
    source: Annotated[str, Meta(min_length=3, max_length=200)]
    bands: Annotated[list[NewInterval], Meta(max_length=40)]


class NewBand(NewInterval, kw_only=True):
    """One band from the page's form, which is added to the hospital's own set."""

    kind: Literal["reference", "critical"]
    source: Annotated[str, Meta(min_length=3, max_length=200)]


class Scan(Input, kw_only=True):
    """What the scanner read."""

    barcode: Annotated[str, Meta(max_length=40)]


class ResultsQuery(Input, kw_only=True):
    """Results before a time, or after the last of a page (`next`), for older ones."""

    before: Annotated[str, Meta(max_length=80)] | None = None


class TrendQuery(Input, kw_only=True):
    """How far back."""

    days: Literal[7, 30, 365] = 30


class FiguresQuery(Input, kw_only=True):
    """How many days are looked at."""

    days: Literal[7, 30, 90] = 30
