"""The usual choice's application: its routes."""

import os
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from bench.peers.usual import boards, charts, saving, searches
from bench.peers.usual.access import PERMISSIONS, Db, Reader, Scoped, engine, page, record
from bench.peers.usual.tables import SessionRow


class Me(BaseModel):
    id: uuid.UUID
    name: str
    role: str
    hospital_id: uuid.UUID
    permissions: list[str]


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/sessions/current")
async def who_am_i(who: Reader) -> Me:
    return me(who)


@app.get("/bench/door")
async def door(who: Reader, db: Db) -> Me:
    record(db, who, "ward.read")
    await db.commit()
    return me(who)


@app.get("/wards/{ward_id}")
async def ward_board(
    ward_id: uuid.UUID, who: Annotated[SessionRow, Depends(Scoped("read_ward"))], db: Db
) -> HTMLResponse:
    board = await boards.board(db, who.hospital_id, ward_id)
    record(db, who, "ward.read", subject_id=ward_id)
    await db.commit()
    return page("board.html", page=board)


@app.get("/patients/{patient_id}")
async def chart(
    patient_id: uuid.UUID, who: Annotated[SessionRow, Depends(Scoped("read_chart"))], db: Db
) -> HTMLResponse:
    summary = await charts.summary(db, who.hospital_id, patient_id)
    record(db, who, "patient.read", person_id=patient_id, subject_id=patient_id)
    await db.commit()
    return page("chart.html", page=summary)


@app.get("/patients")
async def search(q: str, who: Annotated[SessionRow, Depends(Scoped("search"))], db: Db) -> HTMLResponse:
    found = await searches.search(db, who.hospital_id, q)
    detail = {"words": searches.hashed(q), "found": [str(person.person_id) for person in found.items]}
    record(db, who, "search.read", detail=detail)
    await db.commit()
    return page("search.html", page=found)


@app.post("/patients/{patient_id}/observations")
async def save(
    patient_id: uuid.UUID,
    request: Request,
    who: Annotated[SessionRow, Depends(Scoped("record"))],
    db: Db,
    idempotency_key: Annotated[str, Header(min_length=8, max_length=100)],
) -> Response:
    await saving.save(db, who, patient_id, idempotency_key, await request.body())
    await db.commit()
    return HTMLResponse(" ", headers={"HX-Redirect": f"/patients/{patient_id}/observations"})


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
