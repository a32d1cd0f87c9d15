"""The works that are measured, as the requests that a browser really sends, and their budgets (docs: scale, section 2)."""

import random
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

import msgspec

from bench.seeding import Patient, Seeded, Ward

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

CHANGE = """
    WITH changed AS (UPDATE encounters.current SET news_score = (news_score + 1) % 5 WHERE encounter_id = '{}' RETURNING 1)
    INSERT INTO platform.topic AS t (topic) SELECT '{}' FROM changed
    ON CONFLICT (topic) DO UPDATE SET version = t.version + 1
"""


class Budget(msgspec.Struct, frozen=True):
    web_cpu_us: float
    postgres_cpu_us: float
    p95_ms: float


class Work(msgspec.Struct):
    """`changes` (SQL), one for each request, are made before it is sent, so that it cannot come from the cache."""

    name: str
    words: str
    budget: Budget
    requests: list[str]
    changes: list[str] = []
    status: int = 200
    patients: list[tuple[Patient, str]] = []  # of a write: for whom, and the token of whoever writes


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
    tokens = [(ward, token) for ward in seeded.wards for token in ward.tokens]
    dice.shuffle(tokens)
    of_ward = {ward.id: ward.tokens for ward in seeded.wards}
    of_hospital = {ward.hospital_id: ward.tokens for ward in seeded.wards}
    patients = dice.sample(seeded.patients, len(seeded.patients))
    names = dice.sample(seeded.names, len(seeded.names))
    boards = [request("GET", f"/wards/{ward.id}", token) for ward, token in tokens]
    charts = [request("GET", f"/patients/{p.person_id}", dice.choice(of_ward[p.ward_id])) for p in patients]
    there = {ward.id: [p for p in patients if p.ward_id == ward.id] for ward in seeded.wards}
    in_board = [CHANGE.format(dice.choice(there[ward.id]).encounter_id, f"ward:{ward.id}") for ward, _ in tokens]
    in_chart = [CHANGE.format(p.encounter_id, f"patient:{p.person_id}") for p in patients]
    askers = [(dice.choice(of_hospital[hospital]), family, given) for hospital, family, given in names]
    begun = [(prefix(dice, family, given), token) for token, family, given in askers]
    wrong = [(misspelt(dice, family, given), token) for token, family, given in askers]
    return [
        door("door", "door alone: route, session, permission, record", tokens),
        door("session", "GET /sessions/current", tokens),
        Work("cached", "ward board fragment from the cache", BUDGETS["cached"], boards),
        Work("board", "ward board of 28 beds, one of them changed", BUDGETS["board"], boards, in_board),
        Work("chart", "chart summary, just changed", BUDGETS["chart"], charts, in_chart),
        search("search_prefix", "search, typed prefix", begun),
        search("search_misspelt", "search, misspelt", wrong),
        observations([(p, dice.choice(of_ward[p.ward_id])) for p in patients]),
    ]


def door(name: str, words: str, tokens: Sequence[tuple[Ward, str]]) -> Work:
    """Also what the peers are asked."""
    return Work(name, words, BUDGETS["door"], [request("GET", ROUTES[name], token, html=False) for _, token in tokens])


def search(name: str, words: str, asked: Sequence[tuple[str, str]]) -> Work:
    requests = [request("GET", f"/patients?q={quote(text)}", token) for text, token in asked]
    return Work(name, words, BUDGETS[name], requests)


def observations(asked: Sequence[tuple[Patient, str]]) -> Work:
    """Every fourth set asks for a task."""
    sent = [observation_request(p, token, SICK if n % 4 == 0 else WELL) for n, (p, token) in enumerate(asked)]
    return Work("observations", "save observations", BUDGETS["observations"], sent, patients=list(asked))


def observation_request(patient: Patient, token: str, values: Mapping[str, object]) -> str:
    """One set as the form sends it."""
    return request("POST", f"/patients/{patient.person_id}/observations", token, body=urlencode(values))


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
