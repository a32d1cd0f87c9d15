"""The boards at the end: every watched page is read once more through the door and compared with its watchers' screens."""

import asyncio
from time import monotonic
from typing import Any

from bench.load import checks
from bench.load.http import Call, Client
from bench.load.model import Part
from bench.load.requests import Requests
from bench.load.screens import Pages, Shown, differing
from bench.load.users import User

AGAIN_SECONDS = 5.0
STALE_NAMED_MAX = 10
BELL = b"/tasks/bell"


class Board:
    """One topic as one role sees it, with everybody who watches it."""

    def __init__(self, topic: str, path: bytes, reader: User) -> None:
        self.topic = topic
        self.path = path
        self.reader = reader
        self.screens: dict[int, tuple[Shown, int]] = {}  # what is shown, and by how many
        self.watchers: list[tuple[User, int]] = []

    def gather(self) -> None:
        """Who shows what, now."""
        self.screens.clear()
        for user, at in self.watchers:
            shown = user.shown[at]
            self.screens[id(shown)] = (shown, self.screens.get(id(shown), (shown, 0))[1] + 1)


class Boards:
    """Compares the screens of one worker's users."""

    def __init__(self, users: list[User], part: Part, requests: Requests, client: Client) -> None:
        self._requests = requests
        self._pages = Pages(part.views)
        self._client = client
        self._users = users

    def _boards(self) -> list[Board]:
        found: dict[tuple[str, str], Board] = {}
        for user in self._users:
            for at, topic in enumerate(user.topics):
                path = user.home if at == 0 else BELL
                board = found.setdefault((topic.name, user.role), Board(topic.name, path, user))
                board.watchers.append((user, at))
        return list(found.values())

    async def compare(self, seconds: float, per_second: float) -> dict[str, Any]:
        """Read every board until each screen has equalled it once, for so long at the most: what shows lateness is
        rendered anew only every half minute, so a page and a screen may differ by that for a while."""
        boards = self._boards()
        watched = sum(len(board.watchers) for board in boards)
        stale: dict[Board, list[str]] = {board: [] for board in boards}
        until = monotonic() + seconds
        while True:
            began = monotonic()
            checked = await asyncio.gather(*(self._check(b, n / per_second) for n, b in enumerate(stale)))
            stale = {board: wrong for board, wrong in zip(stale, checked, strict=True) if wrong}
            if not stale or monotonic() > until:
                break
            await asyncio.sleep(max(0.0, AGAIN_SECONDS - (monotonic() - began)))
        named = [f"{board.topic} ({board.reader.role}): {'; '.join(wrong[:3])}" for board, wrong in stale.items()]
        screens = sum(count for board in stale for _, count in board.screens.values())
        return {
            "boards": len(boards),
            "screens": watched,
            "stale": len(stale),
            "stale_screens": screens,
            "named": named[:STALE_NAMED_MAX],
        }

    async def _check(self, board: Board, after: float) -> list[str]:
        """The ids of elements in which a screen differs from the page; those screens that equal it are done with."""
        await asyncio.sleep(after)
        user = board.reader
        request = self._requests.fragment(board.path, user)
        call = Call(user, "board check", request, due=monotonic(), check=checks.any_of(board.topic))
        await self._client.asked(call)
        if call.error or call.status != call.expected:
            return [call.error or f"status {call.status}"]
        fresh = self._pages.shown(board.topic, user.role, call.body)
        board.gather()
        wrong: list[str] = []
        right: set[int] = set()
        for key, (shown, _) in board.screens.items():
            if differs := differing(shown, fresh):
                wrong += differs
            else:
                right.add(key)
        board.watchers = [(u, at) for u, at in board.watchers if id(u.shown[at]) not in right]
        for key in right:
            del board.screens[key]
        return wrong
