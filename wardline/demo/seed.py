"""Makes the demo network and writes it: once, in one transaction, never in production."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg

from wardline.demo.accounts import PASSWORD
from wardline.demo.book import Book, row_triggers, write
from wardline.demo.care import Care
from wardline.demo.dice import Dice
from wardline.demo.escalations import Escalations
from wardline.demo.network import SHOWN_HOSPITAL, Builder
from wardline.demo.observations import Rounds, write_sets
from wardline.demo.records import Records
from wardline.demo.residents import Registry
from wardline.demo.samples import Catalogue
from wardline.demo.sheets import sign
from wardline.demo.shelves import Shelves
from wardline.demo.stays import Wards
from wardline.identity.passwords import hash_now
from wardline.platform.settings import Settings

SEED = 7
SEED_LOCK = 712_604_002
# Observations of all past stays would take most of the time that the seed has.
OBSERVED_PAST_SHARE = 0.07
FOUNDED_AGO = timedelta(days=400)


class NotInProduction(Exception):
    """Invented patients never stand beside real ones."""


def refuse_production(settings: Settings) -> None:
    """Raises NotInProduction where real patients may be."""
    if settings.production:
        raise NotInProduction("WARDLINE_ENV is production: invented people are not for a network with real patients.")


def ensure(settings: Settings, owner_url: str, *, say: Callable[[str], None] = lambda _: None) -> dict[str, int]:
    """The demo network is there afterwards. Rows written by table; empty when it was there before."""
    refuse_production(settings)
    with psycopg.connect(owner_url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (SEED_LOCK,))
        if is_there(connection):
            return {}
        book = make(
            now=datetime.now(UTC),
            password_hash=hash_now(PASSWORD),
            catalogue=Catalogue.read(connection),
            first_serial=next_serial(connection),
        )
        say(f"Copying {sum(book.counts().values()):,} rows.")
        save(book, connection)
    analyze(owner_url)
    return book.counts()


def is_there(connection: psycopg.Connection) -> bool:
    """Whether this database has the demo network."""
    found = connection.execute("SELECT 1 FROM identity.hospital WHERE code = %s", (SHOWN_HOSPITAL,)).fetchone()
    return found is not None


def make(*, now: datetime, password_hash: str, catalogue: Catalogue, first_serial: int = 0, seed: int = SEED) -> Book:
    """The whole network as rows; the same for the same arguments."""
    book, dice = Book(), Dice(seed)
    hospitals = Builder(book, dice, now - FOUNDED_AGO, password_hash).build_demo()
    registry = Registry(book, dice, hospitals, now, first_serial)
    wards, records, escalations = (
        Wards(book, dice, registry, now),
        Records(book, dice, now),
        Escalations(book, dice, now),
    )
    for hospital in hospitals:
        wards.fill(hospital)
    rounds, care = Rounds(dice, now), Care(book, catalogue, now)
    for finished in wards.finished:
        records.finished(finished)
        care.finished(finished)
        if finished.stay.bed and dice.chance(OBSERVED_PAST_SHARE):
            observed = rounds.observe(finished.stay, finished.ended_at)
            write_sets(book, dice, observed)
            escalations.of_stay(observed, finished.ended_at)
        else:
            escalations.of_past(finished)
    for stay in wards.present:
        observed = rounds.observe(stay)
        care.going_on(observed, records.going_on(observed))
        write_sets(book, dice, observed)
        escalations.of_stay(observed)
    for bed, stay in wards.reserved:
        records.reserved(bed, stay)
    shelves = Shelves(book, Dice(f"{seed} shelves"), now)
    for hospital in hospitals:
        shelves.fill(hospital)
    registry.write(clinicians={hospital.id: hospital.wards[0].nurses[0].id for hospital in hospitals})
    return book


def next_serial(connection: psycopg.Connection) -> int:
    """The first serial of network numbers that is free."""
    row = connection.execute(
        "SELECT CASE WHEN is_called THEN last_value + 1 ELSE last_value END FROM patients.network_serial"
    )
    found = row.fetchone()
    return int(found[0]) if found else 0


def save(book: Book, connection: psycopg.Connection) -> None:
    """Writes the rows; patient search is filled at once where nobody was registered before, else row by row."""
    empty = connection.execute("SELECT 1 FROM patients.person LIMIT 1").fetchone() is None
    if empty:
        row_triggers(connection, on=False)
    write(book, connection)
    sign(connection, book)
    if empty:
        row_triggers(connection, on=True)
        connection.execute("SELECT patients.rebuild_search()")
    people = len(book.rows["patients.person"])
    connection.execute("SELECT setval('patients.network_serial', %s)", (next_serial(connection) + 2 * people,))


def analyze(owner_url: str) -> None:
    """Let the planner know what is there before the first person asks."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("ANALYZE")
