"""Before anything is measured: the peers' answers name the same patients with the same values as the product's, and what
they save leaves the same behind.

The product is asked for each page as JSON once, and that is what the measured answers are held against. Values are looked
for behind the id of their patient, so that two patients' values cannot stand for each other.
"""

import gzip
import html
import re
import socket
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, LiteralString

import msgspec
import psycopg

from bench.driver import KEY
from bench.seeding import Patient
from bench.works import SICK, WELL, Work, observation_request

ASKED = {"board": 3, "chart": 5, "search_prefix": 15, "search_misspelt": 15}
SHORT = 4  # a shorter value has to stand for itself, not within a longer one
PATIENT = re.compile(r"/patients/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


class Answer(msgspec.Struct, frozen=True):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        plain = gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body
        return re.sub(r"</?mark>", "", html.unescape(plain.decode())).casefold()


Ask = Callable[[str], Answer]


class Differs(SystemExit):
    """A peer does not do the same work: its figures would say nothing."""


def over_http(port: int) -> Ask:
    """Asks the server on a port, on a connection of its own each time."""

    def ask(request: str) -> Answer:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(request.replace(KEY.decode(), uuid.uuid4().hex).encode("latin-1"))
            return _read(connection)

    return ask


def _read(connection: socket.socket) -> Answer:
    with connection.makefile("rb") as stream:
        first, headers = stream.readline().split(), dict[str, str]()
        while line := stream.readline().decode("latin-1").strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", "0")))
    if not first:
        raise Differs("A server closed the connection without an answer.")
    return Answer(int(first[1]), headers, body)


def as_json(request: str) -> str:
    """The same request as a program sends it."""
    return request.replace("Accept: text/html", "Accept: application/json").replace("HX-Request: true\r\n", "")


# ---- reads -----------------------------------------------------------------------------------------------------------


def facts(work: str, found: dict[str, Any]) -> dict[str, list[str]]:
    """What an answer must say, by patient, from the product's JSON."""
    if work == "board":
        patients = [bed["patient"] for bed in found["beds"] if bed["patient"]]
        return {
            who["person_id"]: _words(who, "family", "given", "news_score", "observations_due_at") for who in patients
        }
    if work == "chart":
        last = _words(
            found["last_set"], "respiration_per_min", "spo2_percent", "systolic_mmhg", "diastolic_mmhg", "pulse_per_min",
            "temperature_celsius",
        )  # fmt: skip
        lists = (("problems", "display"), ("tasks", "title"), ("visits", "reason"))
        listed = [each[field] for name, field in lists for each in found[name] if each[field]]
        who = _words(found, "family", "given", "mrn", "network_number")
        return {found["id"]: [*who, *found["allergies"], *listed, *last, *_words(found["news"]["signs"][-1], "value")]}
    fields = ("family", "given", "mrn", "network_number", "town")
    return {person["id"]: _words(person, *fields) for person in found["items"]}


def _words(row: dict[str, Any], *fields: str) -> list[str]:
    """The values as text; of a time as much as every notation has."""
    values = [row[field] for field in fields]
    return [
        value[:19] if re.match(r"\d{4}-\d\d-\d\dT", str(value)) else str(value) for value in values if value is not None
    ]


def missing(text: str, wanted: Mapping[str, list[str]]) -> list[str]:
    """What a (casefolded) text does not say of the patients whom it should name."""
    said = dict.fromkeys(wanted, "")
    if wanted:
        pieces = re.split("(" + "|".join(map(re.escape, wanted)) + ")", text)
        for person_id, piece in zip(pieces[1::2], pieces[2::2], strict=True):
            said[person_id] += piece
        if len(wanted) == 1:  # a page about one patient names them somewhere
            said = {person_id: text if piece else "" for person_id, piece in said.items()}
    return [
        f"{word!r} of {person_id}"
        for person_id, words in wanted.items()
        for word in (words if said[person_id] else ["the name"])
        if not _stands(word.casefold(), said[person_id])
    ]


def _stands(word: str, text: str) -> bool:
    if len(word) > SHORT:
        return word in text
    return re.search(rf"(?<![\w.]){re.escape(word)}(?!\.?\w)", text) is not None


def check(connection: psycopg.Connection[Any], ask: Mapping[str, Ask], chosen: list[Work]) -> int:
    """How many answers were compared; Differs when one does not say what the product's says."""
    ours, peers = ask["wardline"], {name: one for name, one in ask.items() if name != "wardline"}
    checked = 0
    for work in chosen:
        for request in work.requests[: ASKED.get(work.name, 0)]:
            wanted = facts(work.name, msgspec.json.decode(ours(as_json(request)).body))
            _hold(f"wardline's {work.name}", ours(request), {person_id: [] for person_id in wanted})
            for name, one in peers.items():
                _hold(f"{name}'s {work.name}", answer := one(request), wanted)
                if name == "usual" and set(PATIENT.findall(answer.text)) != set(wanted):
                    raise Differs(f"usual's {work.name} names other patients than the product's.")
                checked += 1
        if work.patients:
            checked += _check_saving(connection, ours, peers, *work.patients[0])
    return checked


def _hold(whose: str, answer: Answer, wanted: Mapping[str, list[str]]) -> None:
    if answer.status != 200:
        raise Differs(f"{whose} was answered {answer.status}: {answer.text[:300]}")
    if lacks := missing(answer.text, wanted):
        raise Differs(f"{whose} lacks {', '.join(lacks[:5])} and so on, {len(lacks)} in all.")


def sizes(ask: Ask, chosen: list[Work]) -> dict[str, int]:
    """How long the product's answers are, in bytes, on average."""
    found: dict[str, int] = {}
    for work in chosen:
        if some := work.requests[: ASKED.get(work.name, 0)]:
            found[work.name] = round(sum(len(ask(request).body) for request in some) / len(some))
    return found


# ---- the write -------------------------------------------------------------------------------------------------------

LEFT: dict[str, LiteralString] = {
    "set": """
        SELECT respiration_per_min, spo2_percent, spo2_scale, on_oxygen, systolic_mmhg, diastolic_mmhg, pulse_per_min,
               consciousness, temperature_celsius, news_score, news_signs, news_band, confirmed, state, encounter_id, recorded_by
          FROM vitals.observation_set WHERE person_id = %(person)s AND recorded_at > %(since)s""",
    "stay": """
        SELECT respiration_per_min, spo2_percent, spo2_read_on_scale, spo2_on_oxygen, on_oxygen, systolic_mmhg, diastolic_mmhg,
               pulse_per_min, consciousness, temperature_celsius, news_score, news_signs, news_single_three, news_band, news_by,
               news_history[cardinality(news_history)], cardinality(news_history) - cardinality(news_history_at),
               observations_due_at - news_at
          FROM encounters.current WHERE encounter_id = %(stay)s AND news_at > %(since)s""",
    "tasks": """
        SELECT kind, title, reason, priority, state, owner_role, owner_words, rung, ladder, due_at - created_at, climbs_at - created_at
          FROM tasks.task WHERE encounter_id = %(stay)s AND state IN ('open', 'acknowledged')""",
    "steps": """
        SELECT s.kind, s.owner_words FROM tasks.step s JOIN tasks.task t ON t.id = s.task_id
         WHERE t.encounter_id = %(stay)s AND s.at > %(since)s""",
    "record": """
        SELECT action, outcome, actor_id, actor_role, session_id FROM audit.entry
         WHERE person_id = %(person)s AND at > %(since)s ORDER BY action""",
    "events": "SELECT name FROM platform.outbox WHERE created_at > %(since)s ORDER BY name",
    "topics": "SELECT topic FROM platform.topic WHERE touched_at > %(since)s ORDER BY topic",
    "reply": "SELECT caller_id, status, body IS NOT NULL FROM platform.reply WHERE created_at > %(since)s",
}


def _check_saving(
    connection: psycopg.Connection[Any], ours: Ask, peers: Mapping[str, Ask], patient: Patient, token: str
) -> int:
    """Each saves a set that calls nobody and one that does, for the same patient; once before, so that all begin alike."""
    list(_left(connection, ours, patient, token))
    wanted = list(_left(connection, ours, patient, token))
    for name, ask in peers.items():
        for ours_left, theirs_left in zip(wanted, _left(connection, ask, patient, token), strict=True):
            for what, rows in ours_left.items():
                if theirs_left[what] != rows:
                    raise Differs(f"{name} leaves {theirs_left[what]} as {what} of a saved set, the product {rows}.")
    return 2 * len(peers)


def _left(
    connection: psycopg.Connection[Any], ask: Ask, patient: Patient, token: str
) -> Iterator[dict[str, list[tuple[Any, ...]]]]:
    connection.execute(
        "UPDATE tasks.task SET state = 'cancelled' WHERE encounter_id = %s AND state IN ('open', 'acknowledged')",
        [patient.encounter_id],
    )
    for values in (WELL, SICK):
        since = connection.execute("SELECT clock_timestamp()").fetchone()
        assert since is not None, "the time"
        answer = ask(observation_request(patient, token, values))
        if (answer.status, answer.headers.get("hx-redirect", "")) != (
            200,
            f"/patients/{patient.person_id}/observations",
        ):
            raise Differs(f"A set was answered {answer.status}: {answer.text[:300]}")
        about = {"person": patient.person_id, "stay": patient.encounter_id, "since": since[0]}
        yield {what: connection.execute(sql, about).fetchall() for what, sql in LEFT.items()}
