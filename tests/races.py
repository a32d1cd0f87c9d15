"""How many rounds a race is run: few by default, `WARDLINE_RACE_ROUNDS` of each where somebody wants to be sure."""

import os

import pytest


def rounds(usually: int) -> int:
    """The rounds asked for, or as many as a usual run takes."""
    return int(os.environ.get("WARDLINE_RACE_ROUNDS", usually))


# A round of fifty takes a second or two on a small machine.
timed = pytest.mark.timeout(120 + 8 * rounds(0))
