"""What of the observations can be watched: a patient's chart, which shows a new set as soon as it is saved."""

from uuid import UUID

from wardline.identity.public import May, seal
from wardline.patients.public import access_patient
from wardline.platform.http import Context
from wardline.platform.live import live
from wardline.vitals.models import ChartScope
from wardline.vitals.views import live_chart


@live(
    "observations:{patient_id}", needs=May.READ_CHART, read=live_chart, parts={"obs-chart": "vitals/chart_section.html"}
)
async def access_chart(ctx: Context, patient_id: UUID) -> ChartScope:
    """A patient's chart, for watching. Records that it was opened."""
    patient = await access_patient(ctx, patient_id)
    ctx.saw("observations", None, patient.person_id)
    return ChartScope(hospital_id=patient.hospital_id, patient=patient, zone=ctx.caller.time_zone, seal=seal())
