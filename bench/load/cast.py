"""Who and what there is to play the busy hour with, read from the database: wards, patients, staff, people to search."""

import resource
import socket
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import cycle, islice
from random import Random
from typing import Any
from urllib.parse import urlsplit

import psycopg

from bench.load import mix
from bench.load.model import Actor, Bed, Known, Part, Patient, Place, View
from wardline.app import load_routes
from wardline.platform.live import VIEWS

SOCKETS_OF_USER = 2.6  # a stream, a connection, and more while answers are slow
FILES_SPARE = 300
BELL = "bell:{hospital}:{role}"

PATIENTS = """
    SELECT c.hospital_id, c.person_id, c.encounter_id, c.ward_id, c.bed_id, p.family, p.given, p.sex,
           c.isolation IS NOT NULL, c.needs <> '{}', c.respiration_per_min, c.spo2_percent, c.systolic_mmhg,
           c.diastolic_mmhg, c.pulse_per_min, c.temperature_celsius, coalesce(c.on_oxygen, false)
      FROM encounters.current c
      JOIN patients.person p ON p.id = c.person_id
     WHERE c.bed_id IS NOT NULL AND c.ward_id IS NOT NULL
     ORDER BY c.hospital_id, c.encounter_id
"""
BEDS = """
    SELECT b.id, b.ward_id, r.sex, b.state
      FROM beds.bed b JOIN identity.room r ON r.hospital_id = b.hospital_id AND r.id = b.room_id
     WHERE b.active AND b.state IN ('ready', 'cleaning')
       AND NOT EXISTS (SELECT 1 FROM beds.occupancy o
                        WHERE o.hospital_id = b.hospital_id AND o.bed_id = b.id AND o.ended_at IS NULL)
       AND NOT EXISTS (SELECT 1 FROM beds.reservation k
                        WHERE k.hospital_id = b.hospital_id AND k.bed_id = b.id AND k.ended_at IS NULL)
"""
STAFF = """
    SELECT a.id, a.staff_id, s.email, a.role, a.hospital_id, a.ward_id
      FROM identity.assignment a JOIN identity.staff s ON s.id = a.staff_id
     WHERE a.ended_at IS NULL AND s.active AND s.password_hash IS NOT NULL AND a.hospital_id IS NOT NULL
     ORDER BY a.hospital_id, s.email
"""
KNOWN = """
    SELECT DISTINCT r.hospital_id, p.id, p.family, p.given, to_char(p.born_on, 'DD/MM/YYYY'), r.mrn, p.mobile
      FROM identity.hospital h
      JOIN patients.mrn_counter c ON c.hospital_id = h.id
      CROSS JOIN generate_series(0, 23) AS slice
      CROSS JOIN LATERAL (SELECT * FROM patients.registration r
                           WHERE r.hospital_id = h.id AND r.mrn >= h.code || lpad((c.last_number * slice / 24)::text, 7, '0')
                           ORDER BY r.mrn LIMIT 10) r
      JOIN patients.person p ON p.id = r.person_id
     WHERE p.born_on IS NOT NULL AND p.deceased_on IS NULL AND p.family <> '' AND p.given <> ''
     ORDER BY r.hospital_id, r.mrn
"""


class NobodyThere(Exception):
    """The network has no ward with patients and staff who can sign in."""


class Stage:
    """What was found: places with patients, staff by where they work, people on file by hospital."""

    def __init__(self, connection: psycopg.Connection, hospitals: int | None = None) -> None:
        self.people: int = one(connection, "SELECT count(*) FROM patients.person")
        self.places = places(connection)
        self.staff: dict[tuple[str, str, str], list[tuple[Any, ...]]] = defaultdict(list)
        for row in connection.execute(STAFF).fetchall():
            self.staff[str(row[4]), row[3], str(row[5] or "")].append(row)
        self.known: dict[str, list[Known]] = defaultdict(list)
        for hospital, *rest in connection.execute(KNOWN).fetchall():
            self.known[str(hospital)].append(Known(*(str(value or "") for value in rest)))
        self.places = [place for place in self.places if self.known[place.hospital] and self.staff_of(place, "nurse")]
        chosen = list(dict.fromkeys(place.hospital for place in self.places))[:hospitals]
        self.places = [place for place in self.places if place.hospital in chosen]
        if not self.places:
            raise NobodyThere

    def staff_of(self, place: Place, role: str) -> list[tuple[Any, ...]]:
        """Who holds a role in a ward, or in its hospital."""
        name = mix.STAFF_ROLE.get(role, role)
        return (self.staff.get((place.hospital, name, place.id)) if role != "registrar" else None) or self.staff.get(
            (place.hospital, name, ""), []
        )


def one(connection: psycopg.Connection, statement: str) -> Any:
    row = connection.execute(statement).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return row[0]


def places(connection: psycopg.Connection) -> list[Place]:
    """Every ward in which somebody lies, hospital by hospital."""
    rows = connection.execute(
        "SELECT w.id, w.hospital_id, w.name FROM identity.ward w WHERE w.active ORDER BY w.hospital_id, w.position"
    ).fetchall()
    found = {str(row[0]): Place(str(row[0]), str(row[1]), row[2]) for row in rows}
    for row in connection.execute(PATIENTS).fetchall():
        place = found.get(str(row[3]))
        if place is not None:
            place.patients.append(patient(row))
    for bed, ward, sex, state in connection.execute(BEDS).fetchall():
        if str(ward) in found:
            found[str(ward)].beds.append(Bed(str(bed), str(ward), sex, state))
    return [place for place in found.values() if place.patients]


def patient(row: Sequence[Any]) -> Patient:
    signs = [None if value is None else float(value) for value in row[10:16]]
    return Patient(
        id=str(row[1]), encounter=str(row[2]), ward=str(row[3]), bed=str(row[4]), family=row[5], given=row[6], sex=row[7],
        isolated=row[8], needs_more=row[9], signs=signs, on_oxygen=row[16],
    )  # fmt: skip


def actors(stage: Stage, count: int) -> list[Actor]:
    """So many users, spread evenly over the wards, each role with its share of them."""
    found: list[Actor] = []
    for role, number in zip(mix.ROLES, numbers(count), strict=True):
        spread = cycle(even(stage.places))
        turns: dict[str, int] = defaultdict(int)
        for place in islice(spread, number):
            who = stage.staff_of(place, role.name)
            if not who:
                raise NobodyThere
            row = who[turns[place.hospital + place.id] % len(who)]
            turns[place.hospital + place.id] += 1
            found.append(actor(role, place, row))
    return found


def even(places: list[Place]) -> list[Place]:
    """Hospital by hospital in turn, so that few users are spread over all of them."""
    of: dict[str, list[Place]] = defaultdict(list)
    for place in places:
        of[place.hospital].append(place)
    longest = max(map(len, of.values()))
    return [wards[n] for n in range(longest) for wards in of.values() if n < len(wards)]


def numbers(count: int) -> list[int]:
    """How many users of each role: the shares, rounded so that they add up."""
    exact = [count * role.share / 100 for role in mix.ROLES]
    whole = [int(number) for number in exact]
    by_rest = sorted(range(len(exact)), key=lambda n: whole[n] - exact[n])
    for n in by_rest[: count - sum(whole)]:
        whole[n] += 1
    return whole


def actor(role: mix.Role, place: Place, row: tuple[Any, ...]) -> Actor:
    home, topic = {
        "ward": (f"/wards/{place.id}", f"ward:{place.id}"),
        "tasks": ("/tasks", f"tasks:{place.hospital}:{row[3]}"),
        "beds": ("/beds", f"beds:{place.hospital}"),
    }[role.home]
    bell = BELL.format(hospital=place.hospital, role=row[3])
    return Actor(
        role=role.name, hospital=place.hospital, ward=place.id, home=home, topics=[topic, bell], email=row[2],
        assignment=str(row[0]), staff=str(row[1]),
    )  # fmt: skip


def processes_for(count: int, nodes: int) -> int:
    """As few as the limit of open files allows, and as many for each node as for the next."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    of_one = max(50, int((most - FILES_SPARE) / SOCKETS_OF_USER))
    fewest = max(1, -(-count // of_one))
    return -(-fewest // nodes) * nodes


def parts(
    stage: Stage,
    cast: Iterable[Actor],
    processes: int,
    dice: Random,
    *,
    urls: list[str],
    stream_urls: list[str],
    **settings: Any,
) -> list[Part]:
    """The users by process. A ward belongs to one process: it knows every write to a patient before its answer comes.
    Where there are several nodes, a process speaks to one of each kind, as a proxy sends a hospital to one node."""
    processes = max(1, min(processes, len(stage.places)))
    of_place = {place.id: n * processes // len(stage.places) for n, place in enumerate(stage.places)}
    found: list[Part] = []
    users: list[list[Actor]] = [[] for _ in range(processes)]
    for each in cast:
        users[of_place[each.ward]].append(each)
    for number in range(processes):
        dice.shuffle(users[number])
        mine = [place for place in stage.places if of_place[place.id] == number]
        hospitals = {place.hospital for place in mine}
        found.append(
            Part(
                number=number,
                actors=users[number],
                places=mine,
                known={hospital: stage.known[hospital] for hospital in hospitals},
                url=urls[number % len(urls)],
                stream_url=stream_urls[number % len(stream_urls)],
                sources=sources(urls[number % len(urls)], number),
                **settings,
            )
        )
    return [part for part in found if part.actors]


def sources(url: str, number: int) -> list[str]:
    """Two loopback addresses for each process, one for its requests and one for its streams: each has 28,000 ports. To
    another machine there is the one address that leads there."""
    if not socket.gethostbyname(urlsplit(url).hostname or "").startswith("127."):
        return []
    return [f"127.0.{1 + number // 100}.{2 * (number % 100) + n}" for n in (2, 3)]


def views() -> dict[str, View]:
    """The product's live views, as far as a screen needs them."""
    load_routes()
    return {view.kind: View(view.prefix if view.row else "", list(view.parts)) for view in VIEWS}
