"""The works that are measured, as the requests that a browser really sends, and their budgets (docs: scale, section 2)."""

import random
from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import quote, urlencode
from uuid import UUID

import msgspec

from bench.seeding import Seeded

T = TypeVar("T")
ROUTES = {"door": "/bench/door", "session": "/sessions/current"}
# One set that scores 6, so that a task is kept up too, and one that scores 0.
SICK = {
    "respiration_per_min": 22, "spo2_percent": 94, "on_oxygen": "false", "systolic_mmhg": 105, "diastolic_mmhg": 70,
    "pulse_per_min": 112, "consciousness": "A", "temperature_celsius": 37.4,
}  # fmt: skip
WELL = {
    "respiration_per_min": 16, "spo2_percent": 97, "on_oxygen": "false", "systolic_mmhg": 124, "diastolic_mmhg": 76,
    "pulse_per_min": 80, "consciousness": "A", "temperature_celsius": 36.8,
}  # fmt: skip


class Budget(msgspec.Struct, frozen=True):
    web_cpu_us: float
    postgres_cpu_us: float
    p95_ms: float


class Work(msgspec.Struct):
    """`topics`, one for each request, are touched before it is sent, so that nothing comes from the cache."""

    name: str
    words: str
    budget: Budget
    requests: list[str]
    topics: list[str] = []
    status: int = 200


BUDGETS = {
    "door": Budget(100, 15, 10),
    "cached": Budget(140, 40, 12),
    "board": Budget(300, 150, 20),
    "chart": Budget(400, 360, 30),
    "search_prefix": Budget(250, 1_000, 20),
    "search_misspelt": Budget(250, 8_000, 40),
    "observations": Budget(600, 600, 40),
}


def works(seeded: Seeded) -> list[Work]:
    """All of them, in the order of the table. 64 nurses ask, each for the ward or the patients of their own."""
    dice = random.Random(7)
    patients = dice.sample(seeded.patients, len(seeded.patients))
    people: list[UUID] = [patient.person_id for patient in patients]
    names = dice.sample(seeded.names, min(len(seeded.names), 800))
    boards = [request("GET", f"/wards/{ward}", token) for ward, token in paired(seeded.wards, seeded.tokens)]
    charts = [request("GET", f"/patients/{person}", token) for person, token in paired(people, seeded.tokens)]
    return [
        door("door", "door alone: route, session, permission, record", seeded),
        door("session", "GET /sessions/current", seeded),
        Work("cached", "ward board fragment from the cache", BUDGETS["cached"], boards),
        Work(
            "board",
            "ward board of 28 beds, read and rendered",
            BUDGETS["board"],
            boards,
            [f"ward:{w}" for w in seeded.wards],
        ),
        Work("chart", "chart summary, read and rendered", BUDGETS["chart"], charts, [f"patient:{p}" for p in people]),
        search("search_prefix", "search, typed prefix", seeded, [prefix(dice, *name) for name in names]),
        search("search_misspelt", "search, misspelt", seeded, [misspelt(dice, *name) for name in names]),
        observations(seeded, people),
    ]


def door(name: str, words: str, seeded: Seeded) -> Work:
    """Also what the peers are asked."""
    return Work(
        name, words, BUDGETS["door"], [request("GET", ROUTES[name], token, html=False) for token in seeded.tokens]
    )


def search(name: str, words: str, seeded: Seeded, texts: Sequence[str]) -> Work:
    asked = [request("GET", f"/patients?q={quote(text)}", token) for text, token in paired(texts, seeded.tokens)]
    return Work(name, words, BUDGETS[name], asked)


def observations(seeded: Seeded, people: Sequence[UUID]) -> Work:
    """Every fourth set asks for a task."""
    sent = [
        request("POST", f"/patients/{person}/observations", token, body=urlencode(SICK if n % 4 == 0 else WELL))
        for n, (person, token) in enumerate(paired(people, seeded.tokens))
    ]
    return Work("observations", "save observations", BUDGETS["observations"], sent)


def request(method: str, path: str, token: str, *, html: bool = True, body: str = "") -> str:
    """What a browser with htmx puts on the wire."""
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
        f"Accept: {'text/html' if html else 'application/json'}",
        "Accept-Encoding: gzip, deflate",
        "Accept-Language: en-GB,en;q=0.9",
        "Sec-Fetch-Site: same-origin",
        f"Cookie: display=dense; __Host-wardline={token}",
    ]
    if html:
        lines.append("HX-Request: true")
    if body:
        lines += [
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body)}",
            "Idempotency-Key: @@KEY@@",
        ]
    return "\r\n".join([*lines, "", body])


def paired(things: Sequence[T], tokens: Sequence[str]) -> list[tuple[T, str]]:
    return [(thing, tokens[n % len(tokens)]) for n, thing in enumerate(things)]


def prefix(dice: random.Random, family: str, given: str) -> str:
    """What has been typed so far: half of a family name, or a family name and the beginning of a given one."""
    if dice.random() < 0.6:
        return family[: max(3, len(family) - 2)].lower()
    return f"{family} {given[: dice.randint(1, 3)]}".lower()


def misspelt(dice: random.Random, family: str, given: str) -> str:
    """Two letters changed places, one is left out, or one is doubled, in the family name."""
    given, at = given.split(maxsplit=1)[0].lower(), dice.randrange(1, max(2, len(family) - 2))
    word = family.lower()
    changed = (
        word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :],
        word[:at] + word[at + 1 :],
        word[:at] + word[at : at + 1] + word[at:],
    )
    return f"{dice.choice(changed)} {given}"
