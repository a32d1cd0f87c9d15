"""Waiting for what a page's script says."""

import asyncio

from playwright.async_api import Error, Page

TRIES_MAX = 300
PAUSE_SECONDS = 0.05


async def until(page: Page, expression: str) -> None:
    """Wait until the expression, or what it promises, is true.

    It is asked for anew each time: Playwright's own `wait_for_function` asks once, and then with an `eval` in the page, which
    the product's content security policy refuses. A page that changes meanwhile is asked on its next one.
    """
    for _ in range(TRIES_MAX):
        if await _is_true(page, expression):
            return
        await asyncio.sleep(PAUSE_SECONDS)
    raise AssertionError(f"never true: {expression}")


async def _is_true(page: Page, expression: str) -> bool:
    try:
        return bool(await page.evaluate(expression))
    except Error as error:
        if "context was destroyed" not in error.message and "navigation" not in error.message:
            raise
        return False
