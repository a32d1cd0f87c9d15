"""The turnstile of the streams: a network that comes back at once is let in at the pace at which streams open."""

from typing import Any

from wardline.platform.admission import Bucket, Limiter
from wardline.platform.live import turnstile
from wardline.platform.live.turnstile import Turnstile, return_ms


async def told(gate: Turnstile) -> int:
    """After how many seconds one who is refused is asked back."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await gate.refuse(send)
    assert sent[0]["status"] == 503
    return int(dict(sent[0]["headers"])[b"retry-after"])


async def test_those_who_are_refused_are_asked_back_one_after_the_other() -> None:
    gate = Turnstile(Limiter())
    seconds = [await told(gate) for _ in range(9_000)]
    assert seconds == sorted(seconds)
    assert (seconds[0], seconds[-1]) == (turnstile.AGAIN_SECONDS_MIN, turnstile.AGAIN_SECONDS_MAX)
    in_a_second = max(seconds.count(second) for second in range(10, 50))
    assert in_a_second <= 101  # the pace before any was opened


async def test_only_what_was_opened_counts_for_the_pace() -> None:
    gate = Turnstile(Limiter(), bucket=Bucket(per_second=0.001, burst=2))
    assert gate.enter()
    gate.leave(opened=False)
    assert gate._line._answered == 0
    assert gate.enter()
    gate.leave(opened=True)
    assert gate._line._answered == 1
    assert not gate.enter()


def test_streams_that_are_lost_together_come_back_at_a_pace_that_a_process_bears() -> None:
    for streams, most_ms in ((1, 3_000), (6_000, 25_000), (16_500, 67_000), (30_000, 67_000)):
        waits = [return_ms(streams) for _ in range(2_000)]
        assert 1_000 <= min(waits) <= max(waits) <= most_ms
        assert max(waits) > 0.9 * most_ms
