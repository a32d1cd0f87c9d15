"""When something happened: as it was sent, by the clock of the ward, or now; never to come, and not before the order."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from wardline.mar import rules
from wardline.mar.models import Giving, NewGiving, NewNotGiven
from wardline.platform.errors import Invalid
from wardline.platform.http import Context

DAY_ASKED_AFTER = timedelta(hours=12)
ENTERED_AT = "wardline-entered-at"  # when a screen that kept a form had its button pressed


def moment(ctx: Context, giving: Giving, new: NewGiving | NewNotGiven) -> datetime:
    """When it happened: as sent, by the ward's clock (of a day, or before the button was pressed), or now. Not to come, not
    before the order."""
    field = "given_at" if new.given_at is not None else "given_clock"
    at = new.given_at or _by_clock(ctx, new)
    if at.tzinfo is None:
        raise Invalid(fields={"given_at": "Say the time with its zone."})
    if at > ctx.now + rules.CLOCK_SKEW_MAX:
        raise Invalid(fields={field: "This time is still to come."})
    if not rules.is_after_order(at, giving.prescribed_at):
        raise Invalid(fields={field: "This is before the order was signed."})
    if giving.due_at is not None and giving.due_at - at > rules.EARLY_MAX:
        raise Invalid(fields={field: "This dose is due more than 4 hours later."})
    return at


def _by_clock(ctx: Context, new: NewGiving | NewNotGiven) -> datetime:
    zone, now = ZoneInfo(ctx.caller.time_zone), pressed(ctx, new.pressed_at)
    if new.given_on is not None:
        found = rules.clock_on(new.given_on, new.given_clock, now, zone)
        if found is None:
            raise Invalid(fields={"given_clock": "Enter the time of that day as 14:20; it cannot be to come."})
        return found
    if ctx.now - now > rules.PRESSED_BACK_MAX:
        raise Invalid(fields={"given_clock": "This was entered more than a week ago: say on which day it was."})
    if not new.given_clock.strip():
        return now
    found = rules.clock_before(new.given_clock, now, zone)
    if found is None:
        raise Invalid(fields={"given_clock": "Enter the time as 14:20; it cannot be to come."})
    return found


def pressed(ctx: Context, pressed_at: datetime | None) -> datetime:
    """When the button was pressed, where the screen says so and it can be: a screen without a line sends it later."""
    if pressed_at is None:
        try:
            pressed_at = datetime.fromisoformat(ctx.headers.get(ENTERED_AT, ""))
        except ValueError:
            return ctx.now
    if pressed_at.tzinfo is None:
        return ctx.now
    return min(pressed_at, ctx.now)


def sent_later(ctx: Context, pressed_at: datetime | None) -> bool:
    """Whether a screen kept it."""
    return ctx.now - pressed(ctx, pressed_at) > rules.LATER_AFTER


def day_asked(giving: Giving, now: datetime, zone: ZoneInfo) -> date | None:
    """The day of a dose from long before now: the clock alone does not say which. One that was held back is given now."""
    if giving.due_at is None or giving.dose_state == "held" or now - giving.due_at <= DAY_ASKED_AFTER:
        return None
    return giving.due_at.astimezone(zone).date()
