"""The web server as it is, with one route more: the door doing everything it does for a read, and nothing else."""

from uuid import UUID

import msgspec

from wardline.app import App
from wardline.app import create as create_app
from wardline.platform.http import SIGNED_IN, Context, get

SUBJECT = UUID(int=1)


class Nothing(msgspec.Struct):
    ok: bool = True


@get("/bench/door", needs=SIGNED_IN)
async def door(ctx: Context) -> Nothing:
    """Route, session, permission, an audit entry that is durable before the answer leaves; nothing read or rendered."""
    ctx.saw("ward", SUBJECT)
    return Nothing()


def create() -> App:
    return create_app()
