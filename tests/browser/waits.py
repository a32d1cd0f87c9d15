"""Waiting for what a page's script says."""

import asyncio

from playwright.async_api import Error, FloatRect, Locator, Page

TRIES_MAX = 300
PAUSE_SECONDS = 0.05


async def until(page: Page, expression: str) -> None:
    """Wait until the expression, or what it promises, is true.

    It is asked for anew each time: Playwright's own `wait_for_function` asks once, and then with an `eval` in the page, which
    the product's content security policy refuses. A page that goes elsewhere meanwhile, or whose script is not there yet, is
    asked again.
    """
    last = "it was false"
    for _ in range(TRIES_MAX):
        try:
            if await page.evaluate(expression):
                return
        except Error as error:
            last = error.message
        await asyncio.sleep(PAUSE_SECONDS)
    raise AssertionError(f"never true: {expression}; at last {last}")


async def box_of(locator: Locator) -> FloatRect:
    """Where an element stands. A push may put another in its place just when it is looked at; then it is looked at again."""
    for _ in range(TRIES_MAX):
        box = await locator.bounding_box()
        if box is not None:
            return box
        await asyncio.sleep(PAUSE_SECONDS)
    raise AssertionError(f"never on the page: {locator}")
