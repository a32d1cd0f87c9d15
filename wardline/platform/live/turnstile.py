"""The turnstile in front of the streams: so many may open in a second, and only into the room that requests leave.

When a server or a switch restarts, a whole network comes back at once. Whoever is let in is served at once, in batches;
the others are told, at the price of a few bytes, when to come again, each at another time.
"""

import random
from typing import Any

from wardline.platform.admission import Bucket, Limiter
from wardline.platform.errors import Busy
from wardline.platform.http.reply import NOT_STORED, PROBLEM_JSON, encode, problem_values

PER_SECOND_MAX = 1200
BURST_MAX = 300
AGAIN_SECONDS = (2, 30)
# How far streams that are lost together spread their return: so that so many a second come to each process. One cost the
# servers' cores about 1.5 ms when each was sent the whole board; now the live node and PostgreSQL take 0.6 ms for one that is
# sent what it missed (bench/results/log.md). Requests go on meanwhile.
RETURNING_PER_SECOND = 250
SPREAD_SECONDS = (2.0, 26.0)

_REFUSAL = problem_values(Busy("Many screens are coming back at once."), "", "/live")
del _REFUSAL["request_id"]
BODY = encode(_REFUSAL)
_HEADERS = [(b"content-type", PROBLEM_JSON), (b"content-length", b"%d" % len(BODY)), *NOT_STORED]


class Turnstile:
    """Lets streams begin to open. Whoever entered must leave, when it is open or has failed."""

    def __init__(self, limiter: Limiter, *, bucket: Bucket | None = None) -> None:
        self._limiter = limiter
        self._bucket = bucket or Bucket(per_second=PER_SECOND_MAX, burst=BURST_MAX)

    def enter(self) -> bool:
        """Whether one more may open now."""
        if not self._bucket.take():
            self._limiter.shed["streams"] += 1
            return False
        return self._limiter.admit("streams")

    def leave(self) -> None:
        """Make room for the next."""
        self._limiter.finish("streams")

    async def refuse(self, send: Any) -> None:
        """Ask to come again."""
        again = str(random.randint(*AGAIN_SECONDS)).encode()  # noqa: S311 - spread, not secrecy
        await send({"type": "http.response.start", "status": 503, "headers": [*_HEADERS, (b"retry-after", again)]})
        await send({"type": "http.response.body", "body": BODY})


def return_ms(streams: int) -> int:
    """After how long a stream that is lost comes back, at random: soon where few are open, spread out where many are."""
    least, most = SPREAD_SECONDS
    spread = min(most, max(least, streams / RETURNING_PER_SECOND))
    return random.randint(1000, 1000 + round(1000 * spread))  # noqa: S311 - spread, not secrecy
