"""`wardline lively`: a day that goes on by itself on the demo network, so that a newcomer sees a living board."""

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

import click
import structlog

from wardline.demo.commands import allowed
from wardline.demo.day import Day
from wardline.demo.dice import Dice
from wardline.demo.front_door import FrontDoor, NobodyThere, NotReachable

PACE_SECONDS = 3.0
PACE_SECONDS_MIN = 0.2
UNREACHABLE_SECONDS = 2.0
NOBODY_SECONDS = 60.0

log = structlog.stdlib.get_logger()


@click.command()
@click.option(
    "--pace", "pace_seconds", default=PACE_SECONDS, help="Seconds between two things that happen, on average."
)
@click.option("--steps", type=int, help="Stop after so many steps; otherwise go on until Ctrl-C.")
@click.option("--seed", type=int, help="For a day that repeats, as far as people at work let it.")
def lively(*, pace_seconds: float, steps: int | None, seed: int | None) -> None:
    """Let people of the demo network be observed, move, come and leave, through the front door of a running Wardline."""
    chosen = allowed("lively")
    signal.signal(signal.SIGTERM, _stop)
    waiting = threading.Event()
    door = FrontDoor(chosen.address, pause=waiting.wait)
    day = Day(door, Dice(seed if seed is not None else threading.get_ident()))
    try:
        go_on(day, max(PACE_SECONDS_MIN, pace_seconds), waiting.wait, steps=steps)
    except KeyboardInterrupt:
        pass
    finally:
        door.close()


def go_on(
    day: Day, pace_seconds: float, pause: Callable[[float], object], *, steps: int | None = None
) -> dict[str, int]:
    """Step after step with pauses around the pace; counts what happened."""
    happened: dict[str, int] = {}
    done = 0
    while steps is None or done < steps:
        done += 1
        seconds = pace_seconds * day.dice.between(0.5, 1.5)
        try:
            what = day.step()
        except NotReachable:
            what, seconds = "", UNREACHABLE_SECONDS
        except NobodyThere as error:
            log.warning("a demo account cannot sign in", code=str(error).partition("@")[0])
            what, seconds = "", NOBODY_SECONDS
        if what:
            happened[what] = happened.get(what, 0) + 1
        pause(seconds)
    return happened


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
