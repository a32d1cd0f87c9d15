"""Latencies in buckets of about 3 %, so that those of many processes add up. A bucket is a number of microseconds with
its five leading bits kept."""

from collections.abc import Mapping

EXACT_US = 64
SHARES = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}


def bucket(microseconds: int) -> int:
    """The bucket of a duration; exact below 64."""
    if microseconds < EXACT_US:
        return max(0, microseconds)
    shift = microseconds.bit_length() - 6
    return (shift << 5) + (microseconds >> shift)


def middle_us(number: int) -> float:
    """The middle of a bucket."""
    if number < EXACT_US:
        return float(number)
    shift = (number >> 5) - 1
    return (((number & 31) + 32) << shift) + ((1 << shift) - 1) / 2


def add(into: dict[int, int], more: Mapping[int, int]) -> None:
    for number, count in more.items():
        into[number] = into.get(number, 0) + count


def share_ms(buckets: Mapping[int, int], share: float) -> float:
    """The latency below which this share of all stays, in milliseconds; 0 when there is none."""
    wanted, seen = share * sum(buckets.values()), 0
    for number in sorted(buckets):
        seen += buckets[number]
        if seen >= wanted:
            return round(middle_us(number) / 1000, 3)
    return 0.0


def percentiles(buckets: Mapping[int, int]) -> dict[str, float]:
    """The middle and the slow end, in milliseconds."""
    return {name: share_ms(buckets, share) for name, share in SHARES.items()}
