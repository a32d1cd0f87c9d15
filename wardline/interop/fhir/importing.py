"""Imports files of FHIR bundles: each whole or not at all, each once, staff and hospitals before patients."""

import time
from collections.abc import AsyncGenerator
from enum import StrEnum
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec

from wardline.interop import queries
from wardline.interop.fhir import bundle, reading
from wardline.interop.fhir.errors import BadBundle, Wrong
from wardline.interop.fhir.identify import Directory, Identity
from wardline.interop.fhir.loader import Added, save
from wardline.interop.fhir.mapping import translate
from wardline.interop.fhir.models import Report, Translation
from wardline.platform.db import Db
from wardline.platform.ids import new_id


class State(StrEnum):
    DONE = "done"
    BEFORE = "done before"
    REFUSED = "refused"


class Outcome(msgspec.Struct):
    """What became of one file."""

    file: str
    state: State
    reason: str = ""
    line: int | None = None
    where: str = ""
    added: Added = msgspec.field(default_factory=Added)
    report: Report = msgspec.field(default_factory=Report)
    seconds: float = 0.0


class Import:
    """One run: the files of one source system. `only_hospital` takes every organization as that one hospital."""

    def __init__(self, db: Db, source: str, *, only_hospital: UUID | None = None, again: bool = False) -> None:
        self.db = db
        self.source = source
        self.again = again
        self.identity = Identity(source)
        self.directory = Directory(only_hospital)

    async def run(self, paths: list[Path]) -> AsyncGenerator[Outcome, None]:
        """One outcome for each file, as soon as it is known. Stopped half-way, the next run goes on where it stood."""
        for known in await queries.known_references(self.db, self.source):
            if known.hospital_id is not None:
                self.directory.learn_hospital([known.reference], known.hospital_id)
            if known.staff_id is not None:
                self.directory.learn_staff([known.reference], known.staff_id)
        for path in in_order(paths):
            started = time.monotonic()
            outcome = await self._file(path)
            outcome.seconds = time.monotonic() - started
            yield outcome

    async def _file(self, path: Path) -> Outcome:
        try:
            source = reading.read(path)
        except BadBundle as bad:
            return Outcome(path.name, State.REFUSED, bad.reason)
        before = await queries.ledger_entry(self.db, self.source, source.sha256)
        if before is not None and before.outcome == "done":
            if not self.again:
                return Outcome(path.name, State.BEFORE)
            if before.hospital_id != self.directory.only_hospital:
                return Outcome(
                    path.name, State.REFUSED, "was imported into other hospitals before: choose the same again"
                )
        return await self._bundle(source)

    async def _bundle(self, source: reading.Source) -> Outcome:
        # A bundle that fails must not leave behind hospitals or staff that were never saved.
        directory = self.directory.copy()
        try:
            brought = _translated(source.text, self.identity, directory)
            added = await self._save(source, brought, directory)
        except BadBundle as bad:
            await self._remember_refusal(source, bad)
            return Outcome(source.name, State.REFUSED, bad.reason, bad.line, bad.where)
        self.directory = directory
        total = Added()
        for counts in added.values():
            total.add(counts)
        return Outcome(source.name, State.DONE, added=total, report=brought.report)

    async def _save(self, source: reading.Source, brought: Translation, directory: Directory) -> dict[UUID, Added]:
        try:
            async with self.db.transaction() as db:
                entry_id = await queries.write_ledger(
                    db, self.source, source.sha256, new_id(), directory.only_hospital, "done", "", None, {}
                )
                added = await save(db, brought, self.source, directory, entry_id)
        except asyncpg.IntegrityConstraintViolationError as error:
            raise BadBundle(f"contradicts what is recorded here ({error.as_dict().get('constraint_name')})") from error
        return added

    async def _remember_refusal(self, source: reading.Source, bad: BadBundle) -> None:
        hospital_id = self.directory.only_hospital
        async with self.db.transaction() as db:
            await queries.write_ledger(
                db, self.source, source.sha256, new_id(), hospital_id, "refused", bad.reason, bad.line, {}
            )


def in_order(paths: list[Path]) -> list[Path]:
    """Bundles of staff and hospitals first, whatever the order given: patients refer to them."""
    directories = {path for path in paths if _holds_only_staff_and_hospitals(path)}
    return [path for path in paths if path in directories] + [path for path in paths if path not in directories]


def _holds_only_staff_and_hospitals(path: Path) -> bool:
    try:
        return bundle.is_directory(reading.read(path).text)
    except BadBundle:
        return False  # refused in its turn, with the line


def _translated(text: bytes, identity: Identity, directory: Directory) -> Translation:
    parsed = bundle.parse(text)
    try:
        return translate(parsed, identity, directory)
    except Wrong as wrong:
        raise bundle.located(text, wrong) from wrong
