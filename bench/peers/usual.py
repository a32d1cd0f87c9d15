"""The usual choice, as a good engineer would set it up: FastAPI, SQLAlchemy's async ORM, pydantic, uvicorn on uvloop.

The same work as the door: who the cookie belongs to (with the person and the role), the permission, an audit row that
is committed before the answer leaves, a typed answer.
"""

import hashlib
import os
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel, ConfigDict
from sqlalchemy import DateTime, ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship

from wardline.platform import database, settings

PERMISSIONS = {"nurse": {"read_ward", "read_chart"}, "doctor": {"read_ward", "read_chart"}}
CONNECTIONS = 8


class Base(DeclarativeBase):
    pass


class Staff(Base):
    __tablename__ = "staff"
    __table_args__ = {"schema": "identity"}
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    family: Mapped[str]
    given: Mapped[str]
    title: Mapped[str]
    active: Mapped[bool]


class Assignment(Base):
    __tablename__ = "assignment"
    __table_args__ = {"schema": "identity"}
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    role: Mapped[str]


class SessionRow(Base):
    __tablename__ = "session"
    __table_args__ = {"schema": "identity"}
    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID]
    hospital_id: Mapped[uuid.UUID]
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Staff.id))
    assignment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Assignment.id))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    staff: Mapped[Staff] = relationship(lazy="raise")
    assignment: Mapped[Assignment] = relationship(lazy="raise")


class AuditEntry(Base):
    __tablename__ = "entry"
    __table_args__ = {"schema": "audit"}
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    hospital_id: Mapped[uuid.UUID]
    actor_id: Mapped[uuid.UUID]
    actor_role: Mapped[str]
    session_id: Mapped[uuid.UUID]
    action: Mapped[str]
    outcome: Mapped[str]
    subject_type: Mapped[str]
    request_id: Mapped[str]


class Me(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: uuid.UUID
    name: str
    role: str
    hospital_id: uuid.UUID
    permissions: list[str]


def connect() -> Any:
    """A connection to the same database; the driver takes the address of a socket as its own arguments."""
    parts = urlsplit(database.addresses(settings.load()).app)
    folder = parse_qs(parts.query)["host"][0]
    return asyncpg.connect(host=folder, user=parts.username, database=parts.path.strip("/"))


engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, pool_size=CONNECTIONS, max_overflow=0)
sessions = async_sessionmaker(engine, expire_on_commit=False)


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


class Needs:
    """Refuses whoever's role does not hold the permission."""

    def __init__(self, permission: str) -> None:
        self.permission = permission

    def __call__(self, who: Annotated[SessionRow, Depends(current)]) -> SessionRow:
        if self.permission not in PERMISSIONS[who.assignment.role]:
            raise HTTPException(403)
        return who


Nurse = Annotated[SessionRow, Depends(Needs("read_ward"))]


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/sessions/current")
async def who_am_i(who: Nurse) -> Me:
    return me(who)


@app.get("/bench/door")
async def door(who: Nurse, db: Db) -> Me:
    entry = AuditEntry(
        at=datetime.now(UTC),
        id=uuid.uuid4(),
        hospital_id=who.hospital_id,
        actor_id=who.staff_id,
        actor_role=who.assignment.role,
        session_id=who.id,
        action="ward.read",
        outcome="read",
        subject_type="ward",
        request_id="1",
    )
    db.add(entry)
    await db.commit()
    return me(who)


def me(who: SessionRow) -> Me:
    role = who.assignment.role
    name = f"{who.staff.given} {who.staff.family}"
    return Me(id=who.staff_id, name=name, role=role, hospital_id=who.hospital_id, permissions=sorted(PERMISSIONS[role]))


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(os.environ["WARDLINE_PORT"]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="error",
    )
