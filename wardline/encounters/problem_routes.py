"""Problems over HTTP, and the codes that name them."""

from uuid import UUID

from wardline.encounters import icd, problem_actions, problem_queries
from wardline.encounters.problem_models import (
    CodeQuery,
    CodesFound,
    NewProblem,
    Problem,
    ProblemChange,
    ProblemHistory,
    ProblemsPage,
)
from wardline.encounters.public import ask_banner_with_stay, banner_with_stay
from wardline.identity.public import May
from wardline.patients.public import PatientScope, access_patient
from wardline.platform.batch import Batch
from wardline.platform.http import Context, get, patch, post


@get("/codes/icd-10-cm", needs=May.READ_CHART, page="encounters/codes.html", load_class="charting")
async def codes(ctx: Context, asked: CodeQuery) -> CodesFound:
    """ICD-10-CM codes that begin as typed, or whose titles have the words; abbreviations are understood. Best first."""
    return CodesFound((await icd.index()).search(asked.q), asked.q)


@get(
    "/patients/{patient_id}/problems",
    needs=May.READ_CHART,
    access=access_patient,
    page="encounters/problems.html",
    title="Problems of {page.banner.family}",
    section="patients",
    topic="patient:{patient_id}",
)
async def problems_of_patient(ctx: Context, patient: PatientScope) -> ProblemsPage:
    """The patient's problems, active ones first."""
    batch = Batch(ctx.db)
    asked_banner = ask_banner_with_stay(batch, patient)
    found = batch.ask(problem_queries.problems, patient, limit=500)
    await batch.read()
    return ProblemsPage(asked_banner.banner(), found.value, ctx.caller.id)


@post(
    "/patients/{patient_id}/problems",
    needs=May.RECORD_PROBLEM,
    access=access_patient,
    created="/patients/{patient_id}/problems",
    then="/patients/{patient_id}/problems",
)
async def add_problem(ctx: Context, patient: PatientScope, given: NewProblem) -> Problem:
    """Record a problem, by a code that exists or in words."""
    return await problem_actions.add_problem(ctx, patient, given)


@patch(
    "/patients/{patient_id}/problems/{problem_id}",
    needs=May.RECORD_PROBLEM,
    access=access_patient,
    versioned=True,
    then="/patients/{patient_id}/problems",
)
async def change_problem(ctx: Context, patient: PatientScope, problem_id: UUID, change: ProblemChange) -> Problem:
    """Resolve a problem, reopen, confirm, refute or code it, or mark it as entered in error with the reason."""
    return await problem_actions.change_problem(ctx, patient, problem_id, change)


@get(
    "/patients/{patient_id}/problems/{problem_id}",
    needs=May.READ_CHART,
    access=access_patient,
    page="encounters/problem.html",
    title="{page.problem.display} – {page.banner.family}",
    section="patients",
)
async def problem(ctx: Context, patient: PatientScope, problem_id: UUID) -> ProblemHistory:
    """A problem with what it said before, by whom and when."""
    found = await problem_queries.problem(ctx.db, patient, problem_id=problem_id)
    items = await problem_queries.versions(ctx.db, patient, problem_id=problem_id)
    return ProblemHistory(await banner_with_stay(ctx.db, patient), found, items)
