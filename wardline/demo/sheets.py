"""Notes of the invented stays: a case sheet, what the doctor and the nurses wrote last. Signed, as notes are.

The database takes words for drafts only, so the notes come in as drafts and are signed when all their words are there.
"""

from datetime import datetime, timedelta
from uuid import UUID

import psycopg

from wardline.demo import writing
from wardline.demo.book import Book
from wardline.demo.cases import Case

CASE_SHEET_MINUTES = (40, 170)
SIGN = """
    UPDATE notes.note SET state = 'signed', signed_at = saved_at, signed_by = created_by, version = version + 1
     WHERE id = ANY (%s) AND hospital_id = ANY (%s) AND state = 'draft'
"""


class Sheets:
    """Writes the notes of stays that go on."""

    def __init__(self, book: Book, now: datetime) -> None:
        self.book, self.now = book, now

    def of(self, case: Case, news_score: int | None) -> None:
        """A case sheet from admission on; after a shift a nursing note, after a day a progress note."""
        dice = case.dice("notes")
        length = self.now - case.started_at
        first = case.started_at + timedelta(minutes=dice.whole(*CASE_SHEET_MINUTES))
        if first < self.now:
            self._note(case, "case_sheet", "doctor", case.doctor_id, first, case_sheet(case))
        patient = {"news_score": news_score}
        if length > timedelta(hours=24):
            at = self.now - timedelta(minutes=dice.whole(60, 600))
            self._note(case, "progress", "doctor", case.doctor_id, at, writing.progress(dice, patient))
        elif length > timedelta(hours=9):
            at = self.now - timedelta(minutes=dice.whole(20, 400))
            self._note(case, "nursing", "nurse", dice.one_of(case.nurse_ids), at, writing.nursing(dice, patient))

    def _note(self, case: Case, kind: str, role: str, author_id: UUID, at: datetime, sections: dict[str, str]) -> None:
        note_id = case.dice(f"note-{kind}").id(at)
        self.book.add(
            "notes.note",
            hospital_id=case.hospital_id,
            id=note_id,
            person_id=case.person_id,
            encounter_id=case.encounter_id,
            kind=kind,
            saved_at=at + timedelta(minutes=len(sections)),
            version=1 + len(sections),
            created_at=at,
            created_by=author_id,
        )
        for number, (section, text) in enumerate(sections.items(), start=1):
            key = {"hospital_id": case.hospital_id, "note_id": note_id, "section": section, "author_id": author_id}
            self.book.add("notes.passage", **key, version=1, created_at=at)
            self.book.add(
                "notes.revision",
                **key,
                version=1,
                text=text,
                author_role=role,
                note_version=1 + number,
                saved_at=at + timedelta(minutes=number),
            )


def case_sheet(case: Case) -> dict[str, str]:
    """The sections that a ward expects, in short words."""
    lives_with = ", ".join(each.words.lower() for each in case.long_term) or "nothing that matters here"
    ill = "looks ill" if case.severity > 0.6 else "comfortable at rest"
    return {
        "complaints": f"{case.condition.words}.",
        "past_history": f"Lives with: {lives_with}.",
        "examination": f"{case.age_years} years, {ill}. Chest, abdomen and legs examined, nothing else of note.",
        "plan": "Bloods, observations by score, treatment as charted, senior review on the round.",
    }


def sign(connection: psycopg.Connection, book: Book) -> None:
    """The notes of the book, once they are written."""
    columns = book.columns.get("notes.note")
    if columns is None:
        return
    ids, hospitals = columns.index("id"), columns.index("hospital_id")
    rows = book.rows["notes.note"]
    connection.execute(SIGN, ([row[ids] for row in rows], list({row[hospitals] for row in rows})))
