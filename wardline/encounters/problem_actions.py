"""Recording problems and changing them; a code is one that exists."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET

from wardline.encounters import icd, problem_queries
from wardline.encounters.problem_models import NewProblem, Problem, ProblemChange, ProblemRow
from wardline.encounters.public import open_stay_of
from wardline.patients.public import PatientScope, today
from wardline.platform.errors import Conflict, Invalid, NotFound, Stale
from wardline.platform.http import Context
from wardline.platform.ids import new_id

ICD = "ICD-10-CM"


class Withdrawn(Conflict):
    """What was entered in error does not come back; it is recorded anew."""

    code, title = "problem_entered_in_error", "This problem was entered in error"


async def add_problem(ctx: Context, patient: PatientScope, given: NewProblem) -> Problem:
    """Record a problem of the patient."""
    if given.onset_on is not None and given.onset_on > today(ctx):
        raise Invalid(fields={"onset_on": "This date is in the future."})
    if (given.code is None) != (given.code_system is None):
        raise Invalid(fields={"code": "A code needs its system, and a system its code."})
    code, title = await _checked(given.code_system, given.code)
    display = given.display.strip() or title
    if len(display) < 2:
        raise Invalid(fields={"display": "Say what the problem is, in words or by a code."})
    row = ProblemRow(
        id=new_id(), display=display, code_system=given.code_system, code=code,
        snomed_code=given.code if given.code_system == "SNOMED-CT" else given.snomed_code, onset_on=given.onset_on,
        abated_on=None, state="active", verification=given.verification, severity=given.severity,
        comment=given.comment.strip(), error_reason=None,
    )  # fmt: skip
    stay = await open_stay_of(ctx, patient)
    stay_id = stay.encounter_id if stay else None
    version = await problem_queries.insert_problem(
        ctx.db, patient, row, encounter_id=stay_id, now=ctx.now, actor_id=ctx.caller.id
    )
    ctx.record("problem.recorded", person_id=patient.person_id, subject_id=row.id)
    ctx.touch(f"patient:{patient.person_id}")
    return Problem(
        id=row.id, display=row.display, code_system=row.code_system, code=row.code, onset_on=row.onset_on, abated_on=None,
        state="active", verification=row.verification, encounter_id=stay_id, version=version, snomed_code=row.snomed_code,
        severity=row.severity, comment=row.comment, recorded_at=ctx.now, recorded_by=ctx.caller.display_name,
    )  # fmt: skip


async def _checked(system: str | None, code: str | None) -> tuple[str | None, str]:
    """The code as it is written, with its title; Invalid for an ICD-10-CM code that does not exist."""
    if code is None:
        return None, ""
    if system == ICD:
        found = (await icd.index()).find(code)
        if found is None:
            raise Invalid(fields={"code": "ICD-10-CM has no such code."})
        return found.code, found.display
    if not code.isdigit() or not 6 <= len(code) <= 18:
        raise Invalid(fields={"code": "A SNOMED CT code has 6 to 18 digits."})
    return code, ""


async def change_problem(ctx: Context, patient: PatientScope, problem_id: UUID, change: ProblemChange) -> Problem:
    """Change a problem at the version that was read: resolve, reopen, confirm, refute, code, or withdraw it."""
    held = await problem_queries.problem_held(ctx.db, patient, problem_id=problem_id)
    if held is None:
        raise NotFound("There is no such problem.")
    if held.version != ctx.version:
        raise Stale(current=msgspec.to_builtins(held))
    if held.state == "entered_in_error":
        raise Withdrawn("Record it anew instead.")
    row = await _changed(ctx, held, change)
    await problem_queries.change_problem(ctx.db, patient, row, now=ctx.now, actor_id=ctx.caller.id)
    changed = [name for name in change.__struct_fields__ if getattr(change, name) is not UNSET]
    action = f"problem.{row.state}" if row.state != held.state else "problem.changed"
    ctx.record(action, person_id=patient.person_id, subject_id=problem_id, detail={"fields": changed})
    ctx.touch(f"patient:{patient.person_id}")
    return await problem_queries.problem(ctx.db, patient, problem_id=problem_id)


async def _changed(ctx: Context, held: Problem, change: ProblemChange) -> ProblemRow:
    state = _new(change.state, held.state)
    if (state == "entered_in_error") != (change.reason is not UNSET):
        words = "Say why it is wrong." if change.reason is UNSET else "A reason is for what was entered in error."
        raise Invalid(fields={"reason": words})
    abated = _new(change.abated_on, held.abated_on)
    if state == "resolved" and abated is None:
        abated = today(ctx)
    if state == "active":
        abated = None
    onset = _new(change.onset_on, held.onset_on)
    for name, day in (("onset_on", onset), ("abated_on", abated)):
        if day is not None and day > today(ctx):
            raise Invalid(fields={name: "This date is in the future."})
    if onset and abated and abated < onset:
        raise Invalid(fields={"abated_on": "It cannot end before it began."})
    coded = change.code is not UNSET
    code, title = await _checked(ICD, change.code) if coded and isinstance(change.code, str) else (held.code, "")
    words = title if coded and await _is_title(held) else held.display or title
    return ProblemRow(
        id=held.id, display=words, code_system=ICD if coded else held.code_system, code=code,
        snomed_code=_new(change.snomed_code, held.snomed_code), onset_on=onset, abated_on=abated, state=state,
        verification=_new(change.verification, held.verification), severity=_new(change.severity, held.severity),
        comment=_new(change.comment, held.comment).strip(), error_reason=change.reason.strip() if isinstance(change.reason, str) else None,
    )  # fmt: skip


async def _is_title(held: Problem) -> bool:
    """Whether a problem is called what its code is called: then another code calls it otherwise. Words of one's own stay."""
    if held.code is None or held.code_system != ICD:
        return False
    found = (await icd.index()).find(held.code)
    return found is not None and found.display == held.display


def _new(given: Any, held: Any) -> Any:
    return held if given is UNSET else given
