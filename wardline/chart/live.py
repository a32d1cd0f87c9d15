"""What of the chart can be watched: that something about the patient has changed.

The summary shows different panels to different roles, so nothing of it is pushed: a mark tells the page to read itself
anew, and the door decides again what this person may see.
"""

import msgspec

from wardline.identity.public import May
from wardline.patients.public import PatientScope, access_patient
from wardline.platform.db import Db
from wardline.platform.ids import new_id
from wardline.platform.live import live


class Mark(msgspec.Struct):
    """New at every change."""

    token: str


async def changed(_db: Db, _patient: PatientScope) -> Mark:
    """A mark that differs from the last one, without a query."""
    return Mark(str(new_id()))


live(
    "patient:{patient_id}",
    needs=May.READ_PATIENT,
    access=access_patient,
    read=changed,
    parts={"chart-mark": "chart/mark.html"},
)
