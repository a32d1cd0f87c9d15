"""The turnstile in front of the streams: so many may open in a second, and only into the room that requests leave.

When a server or a switch restarts, a whole network comes back at once. Whoever is let in is served at once, in batches;
the others are told, at the price of a few bytes, when to come again: each a later moment than the one before, at the
pace at which streams have been opening.
"""

import math
import random
from typing import Any

from wardline.platform.admission import Bucket, Limiter, Line
from wardline.platform.errors import Busy
from wardline.platform.http.reply import NOT_STORED, PROBLEM_JSON, encode, problem_values

PER_SECOND_MAX = 1200
BURST_MAX = 300
AGAIN_SECONDS_MIN, AGAIN_SECONDS_MAX = 2, 60
# How far streams that are lost together spread their return: so that so many a second come to each process. One cost the
# servers' cores about 1.5 ms when each was sent the whole board; now the live node and PostgreSQL take 0.6 ms for one that is
# sent what it missed (bench/results/log.md). Requests go on meanwhile.
RETURNING_PER_SECOND = 250
# At most 6,500 streams of a process are asked back within 27 s; a process with more takes its time. With a spread of 26 s for
# whatever number, 50,000 on two cores were refused seven times each, and most were not back after 90 s (bench/results/log.md).
SPREAD_SECONDS = (2.0, 66.0)

_REFUSAL = problem_values(Busy("Many screens are coming back at once."), "", "/live")
del _REFUSAL["request_id"]
BODY = encode(_REFUSAL)
_HEADERS = [(b"content-type", PROBLEM_JSON), (b"content-length", b"%d" % len(BODY)), *NOT_STORED]


class Turnstile:
    """Lets streams begin to open. Whoever entered must leave, when it is open or has failed."""

    def __init__(self, limiter: Limiter, *, bucket: Bucket | None = None) -> None:
        self._limiter = limiter
        self._bucket = bucket or Bucket(per_second=PER_SECOND_MAX, burst=BURST_MAX)
        self._line = Line(seconds_max=AGAIN_SECONDS_MAX)

    def enter(self) -> bool:
        """Whether one more may open now."""
        if not self._bucket.take():
            self._limiter.shed["streams"] += 1
            return False
        return self._limiter.admit("streams")

    def leave(self, *, opened: bool) -> None:
        """Make room for the next."""
        self._limiter.finish("streams")
        if opened:
            self._line.answered()

    async def refuse(self, send: Any) -> None:
        """Ask to come again, in turn."""
        again = b"%d" % max(AGAIN_SECONDS_MIN, math.ceil(self._line.seconds()))
        await send({"type": "http.response.start", "status": 503, "headers": [*_HEADERS, (b"retry-after", again)]})
        await send({"type": "http.response.body", "body": BODY})


def return_ms(streams: int) -> int:
    """After how long a stream that is lost comes back, at random: soon where few are open, spread out where many are."""
    least, most = SPREAD_SECONDS
    spread = min(most, max(least, streams / RETURNING_PER_SECOND))
    return random.randint(1000, 1000 + round(1000 * spread))  # noqa: S311 - spread, not secrecy
