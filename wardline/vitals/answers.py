"""Stored sets as programs and pages read them. Pure."""

from uuid import UUID

from wardline.vitals.current import Standing
from wardline.vitals.models import SIGNS_TOTAL, Band, Observation, ObservationRow
from wardline.vitals.rules import NO_RISE, RESPONSES, Eligibility, response_line


def answer(row: ObservationRow, stands: Standing, offered: Eligibility, *, task_id: UUID | None) -> Observation:
    """The set just recorded, with where the patient stands now."""
    response = response_line(stands.score) if stands.score else offered.reason
    return _observation(row, response, due=stands, task_id=task_id)


def observation(row: ObservationRow) -> Observation:
    """A set of the past with the score as it stood with it."""
    return _observation(row, response_then(row), due=None, task_id=None)


def label_of(row: ObservationRow) -> str:
    """`6`, `8+`, or nothing where no score stood."""
    if row.news_score is None:
        return ""
    return str(row.news_score) if row.news_signs == SIGNS_TOTAL else f"{row.news_score}+"


def response_then(row: ObservationRow) -> str:
    """The response that the score asked for when it stood."""
    if row.news_band is None:
        return ""
    if row.news_band == Band.LOW and row.news_score == 0:
        return NO_RISE.title
    return RESPONSES[Band(row.news_band)].title


def _observation(row: ObservationRow, response: str, *, due: Standing | None, task_id: UUID | None) -> Observation:
    return Observation(
        id=row.id,
        patient_id=row.person_id,
        encounter_id=row.encounter_id,
        taken_at=row.taken_at,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        respiration_per_min=row.respiration_per_min,
        spo2_percent=row.spo2_percent,
        spo2_scale=row.spo2_scale,
        on_oxygen=row.on_oxygen,
        oxygen_l_per_min=row.oxygen_l_per_min,
        oxygen_device=row.oxygen_device,
        systolic_mmhg=row.systolic_mmhg,
        diastolic_mmhg=row.diastolic_mmhg,
        pulse_per_min=row.pulse_per_min,
        consciousness=row.consciousness,
        temperature_celsius=row.temperature_celsius,
        score=row.news_score if due is None else due.total,
        score_label=label_of(row) if due is None else (due.score.label if due.score else ""),
        signs_scored=row.news_signs if due is None else due.signs_scored,
        complete=(row.news_signs if due is None else due.signs_scored) == SIGNS_TOTAL,
        band=row.news_band if due is None else due.band,
        response=response,
        next_due_at=due.due_at if due else None,
        task_id=task_id,
        confirmed=row.confirmed,
        state=row.state,
        error_reason=row.error_reason,
        version=row.version,
    )
