"""What can be done to a task. Runs in the caller's transaction; the door or the job commits."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from wardline.encounters.public import EncounterScope
from wardline.identity.public import May
from wardline.platform.errors import Conflict, Denied, VersionRequired
from wardline.platform.http import Context
from wardline.platform.ids import new_id
from wardline.tasks import queries, rules
from wardline.tasks.models import NewTask, Task

# What the slice that makes a kind of task does when one is taken on ("acknowledged") or about to be finished ("done"), in the
# same transaction; it may refuse. Tasks of these kinds are not ended by a discharge. Slices above add to it.
on_answer: dict[str, Callable[[Context, Task, str], Awaitable[None]]] = {}


# Kinds whose answer names what was read, with what holds the subject still meanwhile: nobody takes on a number that they
# have not seen. Slices above add to it.
read_first: dict[str, Callable[[Context, Task], Awaitable[None]]] = {}


class AlreadyAcknowledged(Conflict):
    """Somebody else was first; the answer names them."""

    code = "already_acknowledged"
    title = "Already acknowledged"


class ChangedSinceRead(Conflict):
    """What the task is about was changed since it was read; the answer shows it as it is now."""

    code = "task_changed"
    title = "It was changed since you read it"


class TaskClosed(Conflict):
    """The task has ended and takes no more answers."""

    code = "task_closed"
    title = "The task is closed"


class NotForThisRole(Denied):
    """The task is owned by a role that this caller cannot answer for."""

    code = "task_of_another_role"
    title = "This task is for somebody else"


async def require(ctx: Context, new: NewTask) -> UUID:
    """Makes the task, raises the open one to a higher rung, or refreshes its words. Returns its id.

    The caller holds a lock on the subject, so two of them never make the same task at once.
    """
    rung, as_urgent = rules.asks_for(new)
    refreshed = await queries.refresh_task(ctx.db, new, rung=rung, as_urgent=as_urgent)
    if refreshed is not None:
        _touch(ctx, refreshed.id, refreshed.owner_role, new.ward_id, refreshed.ward_id)
        return refreshed.id
    held = await queries.held_task(ctx.db, new)
    if held is None:
        return await _create(ctx, new)
    standing = rules.raised(held, new, ctx.now)
    await queries.raise_task(
        ctx.db, new, standing, task_id=held.id, step_id=new_id(), actor_id=ctx.caller.id, now=ctx.now
    )
    ctx.record(
        "task.raised",
        person_id=new.person_id,
        subject_id=held.id,
        detail={"kind": new.kind, "owner": standing.owner_words, "priority": new.priority.value},
    )
    _touch(ctx, held.id, standing.owner_role, new.ward_id, held.ward_id)
    ctx.touch(*role_topics(ctx.caller.tenant_id, held.owner_role))
    return held.id


async def _create(ctx: Context, new: NewTask) -> UUID:
    task_id = new_id()
    standing = rules.standing_at(new.rung, new.priority, ctx.now, new.within)
    await queries.insert_task(
        ctx.db, new, standing, task_id=task_id, step_id=new_id(), actor_id=ctx.caller.id, now=ctx.now
    )
    ctx.record(
        "task.created",
        person_id=new.person_id,
        subject_id=task_id,
        detail={"kind": new.kind, "owner": standing.owner_words, "priority": new.priority.value},
    )
    ctx.publish("task.created", {"task_id": task_id, "hospital_id": new.hospital_id})
    _touch(ctx, task_id, standing.owner_role, new.ward_id)
    return task_id


async def acknowledge_read(ctx: Context, task_id: UUID, *, reason: str) -> Task:
    """Takes the task on as it was read: by its version, or by its words. Most kinds ask for neither."""
    task = await _task_to_answer(ctx, task_id)
    if task.kind in read_first:
        if ctx.version is None and not reason:
            raise VersionRequired("Send the version of the task that you read, or its reason.")
        await read_first[task.kind](ctx, task)
        task = await _task(ctx, task_id)
        if reason != task.reason and ctx.version != task.version:
            raise ChangedSinceRead(task.reason, current={"version": task.version, "reason": task.reason})
    return await acknowledge(ctx, task_id)


async def acknowledge(ctx: Context, task_id: UUID) -> Task:
    """Takes the task on. Again by the same person changes nothing; by a second person AlreadyAcknowledged."""
    task = await _task_to_answer(ctx, task_id)
    taken = await queries.acknowledge_task(
        ctx.db,
        hospital_id=ctx.caller.tenant_id,
        task_id=task_id,
        step_id=new_id(),
        actor_id=ctx.caller.id,
        now=ctx.now,
    )
    if taken is None:
        return _answered(ctx, await _task(ctx, task_id))
    _changed(ctx, task, "task.acknowledged")
    await _tell(ctx, task, "acknowledged")
    return await _task(ctx, task_id)


async def finish(ctx: Context, task_id: UUID) -> Task:
    """Marks the task done; a closed one stays as it is."""
    task = await _task_to_answer(ctx, task_id)
    if task.state in ("open", "acknowledged"):
        await _tell(ctx, task, "done")
    return await _end(ctx, task)


async def settle(ctx: Context, kind: str, subject_key: str) -> None:
    """Marks the open task of this kind and subject done, if there is one: what it asked for has happened."""
    task_id = await queries.open_task_of(ctx.db, hospital_id=ctx.caller.tenant_id, kind=kind, subject_key=subject_key)
    if task_id is not None:
        await end(ctx, task_id)


async def end(ctx: Context, task_id: UUID) -> Task:
    """Marks the task done for the slice that made it, whoever the caller is."""
    return await _end(ctx, await _task(ctx, task_id))


async def _end(ctx: Context, task: Task) -> Task:
    task_id = task.id
    ended = await queries.finish_task(
        ctx.db,
        hospital_id=ctx.caller.tenant_id,
        task_id=task_id,
        step_id=new_id(),
        actor_id=ctx.caller.id,
        now=ctx.now,
    )
    if ended is None:
        if task.state == "done":
            return task
        raise TaskClosed(f"It is {task.state}.", task_id=task_id, state=task.state)
    _changed(ctx, task, "task.done")
    return await _task(ctx, task_id)


async def _tell(ctx: Context, task: Task, answer: str) -> None:
    if task.kind in on_answer:
        await on_answer[task.kind](ctx, task, answer)


async def _task_to_answer(ctx: Context, task_id: UUID) -> Task:
    task = await _task(ctx, task_id)
    as_doctor = ctx.may(May.ANSWER_AS_DOCTOR)
    if not rules.may_acknowledge(ctx.caller.role, task.owner_role, answers_as_doctor=as_doctor):
        raise NotForThisRole(f"It waits for: {task.owner_words}.", owner=task.owner_words)
    return task


def _answered(ctx: Context, task: Task) -> Task:
    """What a task that is no longer open says to whoever comes after."""
    if task.state != "acknowledged":
        raise TaskClosed(f"It is {task.state}.", task_id=task.id, state=task.state)
    if task.acknowledged_by_id == ctx.caller.id:
        return task
    raise AlreadyAcknowledged(
        f"{task.acknowledged_by} acknowledged it first.",
        task_id=task.id,
        acknowledged_by=task.acknowledged_by,
        acknowledged_at=task.acknowledged_at,
    )


async def _task(ctx: Context, task_id: UUID) -> Task:
    return await queries.task(ctx.db, hospital_id=ctx.caller.tenant_id, task_id=task_id)


def _changed(ctx: Context, task: Task, action: str) -> None:
    ctx.record(action, person_id=task.person_id, subject_id=task.id, detail={"kind": task.kind})
    ctx.publish(action, {"task_id": task.id, "hospital_id": ctx.caller.tenant_id})
    _touch(ctx, task.id, task.owner_role, task.ward_id)
    if task.person_id is not None:
        ctx.touch(f"patient:{task.person_id}")


def _touch(ctx: Context, task_id: UUID, role: str, *wards: UUID | None) -> None:
    """The lists of the role; and of a ward's board the tasks and the bed of the task's patient, which are all that it shows."""
    ctx.touch(*role_topics(ctx.caller.tenant_id, role))
    ctx.touch(*(f"ward:{ward_id}" for ward_id in wards if ward_id), elements=[task_id])


def role_topics(hospital_id: UUID, role: str) -> tuple[str, str]:
    """The topics that the worklist and the bell of a role watch."""
    return f"tasks:{hospital_id}:{role}", f"bell:{hospital_id}:{role}"


async def cancel_tasks_of_stay(ctx: Context, stay: EncounterScope) -> None:
    """Ends the open tasks of a stay that is over, in the transaction of the discharge."""
    ended = await queries.cancel_tasks_of(
        ctx.db,
        hospital_id=stay.hospital_id,
        encounter_id=stay.id,
        actor_id=ctx.caller.id,
        words="The stay is finished.",
        lasting=sorted(on_answer),
        now=ctx.now,
    )
    for role in rules.ROLES_ON_LADDER:
        ctx.touch(*role_topics(stay.hospital_id, role))
    for task in ended:
        _touch(ctx, task.id, task.owner_role, task.ward_id)


async def follow(ctx: Context, stay: EncounterScope, ward_id: UUID | None) -> None:
    """What is open about a stay goes with its patient to another ward, in the transaction of the move: who is asked stands on the
    board of the ward where the patient lies, and on no other."""
    for task in await queries.place_tasks(ctx.db, stay, ward_id=ward_id):
        _touch(ctx, task.id, task.owner_role, task.ward_id, ward_id)


async def climb(ctx: Context, hospital_id: UUID) -> int:
    """Moves every task of a hospital whose clock ran out one rung up. Returns how many."""
    late = await queries.tasks_to_climb(ctx.db, hospital_id=hospital_id, now=ctx.now)
    for task in late:
        standing = rules.climbed(task, ctx.now)
        await queries.climb_task(
            ctx.db, standing, hospital_id=hospital_id, task_id=task.id, step_id=new_id(), now=ctx.now
        )
        ctx.record("task.climbed", person_id=task.person_id, subject_id=task.id, detail={"owner": standing.owner_words})
        ctx.publish("task.climbed", {"task_id": task.id, "hospital_id": hospital_id})
        ctx.touch(*role_topics(hospital_id, task.owner_role))
        _touch(ctx, task.id, standing.owner_role, task.ward_id)
        if task.person_id is not None:
            ctx.touch(f"patient:{task.person_id}")
    return len(late)
