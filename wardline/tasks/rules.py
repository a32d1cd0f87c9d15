"""Who is asked first, who next, and when a task is raised. Pure: time passed in."""

from datetime import datetime, timedelta

from msgspec import Struct, structs

from wardline.tasks.models import ClimbingTask, HeldTask, NewTask, Priority, Rung, Standing


class Owner(Struct, frozen=True):
    """The role whose worklist shows the task, and the words for the rung."""

    role: str
    words: str


OWNERS: dict[Rung, Owner] = {
    Rung.NURSE_IN_CHARGE: Owner("nurse", "Nurse in charge"),
    Rung.DOCTOR_ON_CALL: Owner("doctor", "Doctor on call"),
    Rung.REGISTRAR: Owner("doctor", "Registrar"),
    Rung.OUTREACH_TEAM: Owner("doctor", "Outreach team"),
    Rung.PHARMACIST: Owner("pharmacist", "Pharmacist"),
}
LADDER = (Rung.NURSE_IN_CHARGE, Rung.DOCTOR_ON_CALL, Rung.REGISTRAR, Rung.OUTREACH_TEAM)
# Own, for a hospital to set: no guideline gives minutes.
ACKNOWLEDGE_WITHIN: dict[Priority, timedelta] = {
    Priority.CRITICAL: timedelta(minutes=15),
    Priority.URGENT: timedelta(minutes=30),
    Priority.ROUTINE: timedelta(hours=2),
}
ROLES_ON_LADDER = ("nurse", "doctor", "pharmacist")


def standing_at(rung: Rung, priority: Priority, now: datetime, within: timedelta | None = None) -> Standing:
    """The task on this rung from now: its owner, its clock, and the rungs above. With a time of its own it has none above."""
    place = list(Rung).index(rung)
    above = [each.value for each in LADDER[place + 1 :]] if within is None else []
    due_at = now + (ACKNOWLEDGE_WITHIN[priority] if within is None else within)
    return Standing(
        rung=place,
        owner_role=OWNERS[rung].role,
        owner_words=OWNERS[rung].words,
        ladder=above,
        due_at=due_at,
        climbs_at=due_at if above else None,
    )


def climbed(task: ClimbingTask, now: datetime) -> Standing:
    """One rung up, with a new clock; at the top it stays due and climbs no further."""
    return standing_at(Rung(task.ladder[0]), Priority(task.priority), now)


def asks_for(new: NewTask) -> tuple[int, list[str]]:
    """The rung and the priorities that an open task must have to be no less than the new one."""
    return list(Rung).index(new.rung), [each.value for each in Priority if each.rank >= new.priority.rank]


def raised(held: HeldTask, new: NewTask, now: datetime) -> Standing:
    """The new standing of an open task that got more serious.

    A raise never moves a task down a rung and never gives more time than was left.
    """
    place, _ = asks_for(new)
    priority = max_priority(Priority(held.priority), new.priority)
    standing = standing_at(list(Rung)[max(place, held.rung)], priority, now, new.within)
    if held.state == "open" and held.due_at < standing.due_at and held.rung == standing.rung:
        return structs.replace(standing, due_at=held.due_at, climbs_at=held.due_at if standing.ladder else None)
    return standing


def max_priority(one: Priority, other: Priority) -> Priority:
    """The more urgent of two."""
    return max(one, other, key=lambda priority: priority.rank)


def may_acknowledge(role: str, owner_role: str, *, answers_as_doctor: bool) -> bool:
    """A nurse may not take a doctor's escalation off the clock; a doctor may answer for a nurse."""
    if owner_role == "doctor":
        return answers_as_doctor
    return role == owner_role or (owner_role == "nurse" and answers_as_doctor)
