"""The demo accounts: how to sign in as somebody of the demo network."""

import psycopg
from msgspec import Struct

# One password for all, printed by the commands and written in the guide: it protects nothing but invented people.
PASSWORD = "demo-lantern-42"  # noqa: S105 (documented, refused in production)
DOMAINS = ("northgate.example", "kinbrae.example", "portellis.example", "wardline.example")


class Account(Struct, frozen=True):
    """A demo account. `hospital` and `ward` are empty where the role reaches further than one."""

    email: str
    password: str
    role: str
    hospital: str
    ward: str
    name: str


def accounts(connection: psycopg.Connection) -> list[Account]:
    """All demo accounts, the most useful ones first: the shown ward, then each other role of the same hospital."""
    rows = connection.execute(
        """
        SELECT s.email, a.role, coalesce(h.name, ''), coalesce(w.name, ''),
               concat_ws(' ', nullif(s.title, ''), s.given, s.family)
          FROM identity.staff s
          JOIN identity.assignment a ON a.staff_id = s.id AND a.ended_at IS NULL
          LEFT JOIN identity.hospital h ON h.id = a.hospital_id
          LEFT JOIN identity.ward w ON w.id = a.ward_id
         WHERE split_part(s.email, '@', 2) = ANY (%s) AND s.active AND s.password_hash IS NOT NULL
        """,
        (list(DOMAINS),),
    ).fetchall()
    found = [Account(email, PASSWORD, role, hospital, ward, name) for email, role, hospital, ward, name in rows]
    return sorted(found, key=_usefulness)


FIRST = (
    "nurse7@northgate.example",
    "doctor7@northgate.example",
    "registrar1@northgate.example",
    "reception@northgate.example",
    "manager@northgate.example",
    "administrator@northgate.example",
    "pharmacist@northgate.example",
    "laboratory@northgate.example",
    "region1@wardline.example",
    "network1@wardline.example",
)


def _usefulness(account: Account) -> tuple[int, int, str]:
    place = FIRST.index(account.email) if account.email in FIRST else len(FIRST)
    return place, DOMAINS.index(account.email.partition("@")[2]), account.email
