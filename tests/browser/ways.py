"""The ways in which people use a page: a mouse, the keyboard alone, fingers. A test that is played in each of them finds
what only one of them can reach; fingers measure what they touch."""

from playwright.async_api import Locator, Page, expect

TARGET_PIXELS_MIN = 44
TABS_MAX = 150
BOX_OF = """(element) => {
  const seen = element.matches("input[type=checkbox], input[type=radio]") ? (element.closest("label") ?? element) : element;
  const { width, height } = seen.getBoundingClientRect();
  return [width, height];
}"""
IS_HERE = "(element) => element === document.activeElement"
HOLDS = "(element) => element.value"


class Way:
    """A mouse; the other ways differ in how they come to a thing."""

    name = "mouse"
    options: dict[str, object] = {}

    async def press(self, target: Locator) -> None:
        """A link, a button, a summary."""
        await target.click()

    async def write(self, target: Locator, words: str) -> None:
        """Into a field, in place of what stands there."""
        await target.click()
        await target.page.keyboard.press("Control+a")
        await self.type(target.page, words)

    async def type(self, page: Page, words: str) -> None:
        """What a keyboard or a scanner types, where the focus is."""
        await page.keyboard.type(words)

    async def choose(self, target: Locator, value: str) -> None:
        """An option of a select, by its value."""
        await target.select_option(value)

    async def tick(self, target: Locator) -> None:
        """A checkbox or a radio."""
        await target.check()

    async def give(self, row: Locator) -> None:
        """Open the sheet of the dose of a row that may be given."""
        await self.press(row.locator("[data-act]").first)


class Keys(Way):
    """The keyboard alone: nothing is reached but by Tab and arrows, and nothing pressed but by Enter and Space."""

    name = "keys"

    async def press(self, target: Locator) -> None:
        await self._reach(target)
        await target.page.keyboard.press("Enter")

    async def write(self, target: Locator, words: str) -> None:
        await self._reach(target)
        await target.page.keyboard.press("Control+a")
        await self.type(target.page, words)

    async def choose(self, target: Locator, value: str) -> None:
        await self._reach(target)
        for _ in range(30):
            if await target.evaluate(HOLDS) == value:
                return
            await target.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{value} cannot be chosen by keys")

    async def tick(self, target: Locator) -> None:
        if await target.get_attribute("type") == "checkbox":
            await self._reach(target)
            await target.page.keyboard.press("Space")
        else:
            name = await target.get_attribute("name")
            await self._reach(target.page.locator(f"input[type=radio][name={name}]:checked"))
            for _ in range(10):
                if await target.is_checked():
                    break
                await target.page.keyboard.press("ArrowRight")
        assert await target.is_checked()

    async def give(self, row: Locator) -> None:
        """By the keys of the grid: into it, down to the row, along it to the dose, G."""
        page = row.page
        dose = row.locator("[data-act]").first
        await self._reach(page.locator('table.mar [data-stop][tabindex="0"]'))
        rows = await page.locator("table.mar tbody tr:not(.grp)").count()
        for key, steps in (("ArrowUp", rows), ("ArrowDown", rows), ("Home", 1), ("ArrowRight", 30)):
            for _ in range(steps):
                inside = await row.evaluate("(element) => element.contains(document.activeElement)")
                if (key == "ArrowDown" and inside) or (key == "ArrowRight" and await dose.evaluate(IS_HERE)):
                    break
                await page.keyboard.press(key)
        assert await dose.evaluate(IS_HERE), "the dose cannot be reached by arrows"
        await page.keyboard.press("g")

    async def _reach(self, target: Locator) -> None:
        """By Tab, from where the focus is, once around the page."""
        await expect(target).to_be_visible()
        for _ in range(TABS_MAX):
            if await target.evaluate(IS_HERE):
                return
            await target.page.keyboard.press("Tab")
        raise AssertionError(f"{target} cannot be reached by Tab")


class Touch(Way):
    """Fingers on a tablet; what they touch is large enough for them, or it is noted."""

    name = "touch"
    options = {"viewport": {"width": 1024, "height": 768}, "has_touch": True}

    def __init__(self) -> None:
        self.small: list[str] = []

    async def press(self, target: Locator) -> None:
        await self._tap(target)

    async def write(self, target: Locator, words: str) -> None:
        await self._tap(target, across=False)
        await target.page.keyboard.press("Control+a")
        await self.type(target.page, words)

    async def choose(self, target: Locator, value: str) -> None:
        await self._tap(target, across=False)
        await target.select_option(value)

    async def tick(self, target: Locator) -> None:
        await self._tap(target)
        assert await target.is_checked()

    async def _tap(self, target: Locator, *, across: bool = True) -> None:
        await expect(target).to_be_visible()
        width, height = await target.evaluate(BOX_OF)
        while not (width and height):  # a push has just drawn it anew: what was found is no longer on the page
            await expect(target).to_be_visible()
            width, height = await target.evaluate(BOX_OF)
        if height < TARGET_PIXELS_MIN or (across and width < TARGET_PIXELS_MIN):
            words = await target.evaluate("(element) => element.outerHTML.slice(0, 120)")
            self.small.append(f"{width:.0f}x{height:.0f} {words}")
        await target.tap()


def ways() -> list[Way]:
    """Each of them, anew."""
    return [Way(), Keys(), Touch()]
