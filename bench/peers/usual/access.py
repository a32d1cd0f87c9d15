"""The connection, the session of a request, who asks, and the record of what they see."""

import hashlib
import uuid
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import asyncpg
from fastapi import Depends, HTTPException, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import joinedload

from bench.peers.usual.tables import AuditEntry, SessionRow
from wardline.platform import clock, database, settings

PERMISSIONS = {
    "nurse": {"read_ward", "read_chart", "search", "record"},
    "doctor": {"read_ward", "read_chart", "search", "record"},
}
CONNECTIONS = 8
CONNECTED_WITH = {"plan_cache_mode": "force_generic_plan", "jit": "off", "timezone": "UTC"}
ZONE = "Europe/London"


def connect() -> Any:
    """A connection to the same database, with the settings that save the product's connections the most."""
    return asyncpg.connect(database.addresses(settings.load()).app, server_settings=CONNECTED_WITH)


engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, pool_size=CONNECTIONS, max_overflow=0)
sessions = async_sessionmaker(engine, expire_on_commit=False)
pages = Environment(loader=FileSystemLoader(Path(__file__).parent / "pages"), autoescape=True, auto_reload=False)
pages.filters["clock"] = lambda at: at.astimezone(ZoneInfo(ZONE)).strftime("%H:%M")
pages.filters["day"] = lambda at: at.strftime("%d-%b-%Y")
pages.filters["age"] = lambda born: (clock.now().date() - born).days * 4 // 1461


async def opened() -> AsyncGenerator[AsyncSession]:
    async with sessions() as session:
        yield session


Db = Annotated[AsyncSession, Depends(opened)]


async def current(request: Request, db: Db) -> SessionRow:
    token = request.cookies.get("__Host-wardline", "")
    hashed = hashlib.blake2b(token.encode(), digest_size=32).digest()
    wanted = select(SessionRow).where(SessionRow.token_hash == hashed, SessionRow.ended_at.is_(None))
    found = await db.scalar(wanted.options(joinedload(SessionRow.staff), joinedload(SessionRow.assignment)))
    if found is None:
        raise HTTPException(401)
    return found


def check(who: SessionRow, permission: str) -> None:
    if permission not in PERMISSIONS[who.assignment.role]:
        raise HTTPException(403)


class Needs:
    """Refuses whoever's role does not hold the permission."""

    def __init__(self, permission: str) -> None:
        self.permission = permission

    def __call__(self, who: Annotated[SessionRow, Depends(current)]) -> SessionRow:
        check(who, self.permission)
        return who


Reader = Annotated[SessionRow, Depends(Needs("read_ward"))]


class Scoped:
    """The same, in the scope of the caller's hospital: row-level security shows no other's rows until the commit."""

    def __init__(self, permission: str) -> None:
        self.permission = permission

    async def __call__(self, who: Annotated[SessionRow, Depends(current)], db: Db) -> SessionRow:
        check(who, self.permission)
        await db.execute(select(func.set_config("app.hospital_id", str(who.hospital_id), True)))
        return who


def record(
    db: AsyncSession, who: SessionRow, action: str, *, person_id: uuid.UUID | None = None,
    subject_id: uuid.UUID | None = None, detail: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Adds to the record what was read or done; it is there with the commit."""
    kind, _, what = action.partition(".")
    db.add(
        AuditEntry(
            at=datetime.now(UTC),
            id=uuid.uuid4(),
            hospital_id=who.hospital_id,
            actor_id=who.staff_id,
            actor_role=who.assignment.role,
            session_id=who.id,
            action=action,
            outcome="read" if what == "read" else "done",
            person_id=person_id,
            subject_type=kind,
            subject_id=subject_id,
            request_id="1",
            detail=detail,
        )
    )


def page(template: str, **values: Any) -> HTMLResponse:
    return HTMLResponse(pages.get_template(template).render(**values))
