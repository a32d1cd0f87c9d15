"""Writes that waited on a device until the network came back: who wrote them, and when.

A browser says both with every form that it may have to keep (`data-outbox`), the first time and each time again, so that
a repeated send is the same request. Neither header gives a right: the session decides who somebody is.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from wardline.platform.errors import BadRequest, OtherAuthor
from wardline.platform.http.context import Context

AUTHOR = "wardline-author"  # the person's id and the hospital's, with a space between
ENTERED_AT = "wardline-entered-at"
_AUTHOR = re.compile(r"([0-9a-f-]{36}) ([0-9a-f-]{36})")


def check_author(ctx: Context, headers: Mapping[str, str]) -> None:
    """OtherAuthor unless the request comes from the person, at the hospital, that wrote what it holds."""
    given = headers.get(AUTHOR)
    if given is None:
        return
    said = _AUTHOR.fullmatch(given)
    if said is None:
        raise BadRequest("Wardline-Author is a person's id and a hospital's id.")
    if said.groups() != (str(ctx.caller.id), str(ctx.caller.tenant_id)):
        raise OtherAuthor("It waits until the person who wrote it signs in here again, at the same hospital.")


def entered_at(headers: Mapping[str, str], now: datetime) -> datetime:
    """When the person pressed the button, as the device says; `now` where it does not say, or says what is to come."""
    given = headers.get(ENTERED_AT)
    if given is None:
        return now
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        raise BadRequest("Wardline-Entered-At is a time, as 2026-11-24T14:20:07Z.") from None
    if at.tzinfo is None or not 2000 < at.year < 3000:
        raise BadRequest("Wardline-Entered-At is a time with its zone, as 2026-11-24T14:20:07Z.")
    return min(at.astimezone(UTC), now)
