"""What this process has made of the charts that it showed lately, panel by panel, each beside the rows it was made from.

A chart is read anew by every request, so it shows what is committed; but from one reading to the next most of its panels
are as they were. Those stay the same objects, so that whoever renders them renders only the others. Invariants: what is
kept is only found by rows that this very request was given by the database, so nobody is shown what they did not read;
nothing that the clock changes is in a panel unless it stands in what the panel is found by.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Generic, TypeVar
from uuid import UUID

from msgspec import Struct

from wardline.patients.public import PatientScope

CHARTS_MAX = 2_500  # about 12 KB each, and as much again rendered
T = TypeVar("T")


class Panel(Struct, Generic[T], eq=False):
    """One panel of a patient's chart; the same object for as long as it shows the same."""

    patient_id: UUID
    of: T


class KeptChart:
    """The panels of one patient's chart by name."""

    __slots__ = ("_panels", "_patient_id")

    def __init__(self, patient_id: UUID) -> None:
        self._patient_id = patient_id
        self._panels: dict[str, tuple[Any, Panel[Any]]] = {}

    def panel(self, name: str, found_by: Any, make: Callable[[], T]) -> Panel[T]:
        """The panel as it was made from the same (`found_by` holds all that decides what it shows), or made now."""
        kept = self._panels.get(name)
        if kept is not None and kept[0] == found_by:
            return kept[1]
        made = Panel(self._patient_id, make())
        self._panels[name] = (found_by, made)
        return made


_charts: OrderedDict[tuple[UUID, UUID], KeptChart] = OrderedDict()


def chart_of(patient: PatientScope) -> KeptChart:
    """What is kept of the patient's chart at this hospital; the charts not shown for longest are forgotten."""
    key = (patient.hospital_id, patient.person_id)
    kept = _charts.get(key)
    if kept is None:
        kept = _charts[key] = KeptChart(patient.person_id)
        if len(_charts) > CHARTS_MAX:
            _charts.popitem(last=False)
    else:
        _charts.move_to_end(key)
    return kept
