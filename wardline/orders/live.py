"""What of medicines can be watched: a patient's list, which shows an order as soon as it is signed."""

from uuid import UUID

from wardline.identity.public import May, seal
from wardline.orders.forms import MedicinesScope
from wardline.orders.views import live_medicines
from wardline.patients.public import access_patient
from wardline.platform.http import Context
from wardline.platform.live import live


@live(
    "medicines:{patient_id}", needs=May.READ_CHART, read=live_medicines, parts={"medicine-lists": "orders/lists.html"}
)
async def access_medicines(ctx: Context, patient_id: UUID) -> MedicinesScope:
    """A patient's medicines, for watching. Records that they were opened."""
    patient = await access_patient(ctx, patient_id)
    ctx.saw("medicines", None, patient.person_id)
    return MedicinesScope(hospital_id=patient.hospital_id, patient=patient, zone=ctx.caller.time_zone, seal=seal())
