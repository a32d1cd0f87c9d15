"""SQL of the notes schema. Every statement names the hospital; row-level security is the second wall."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from wardline.notes.models import CosignLine, Found, NoteLine, NoteRow, NoteScope, RevisionRow, SaveRow
from wardline.patients.public import PatientScope
from wardline.platform.db import Db, Effect, effect, query

LIST_ROWS = 30
HISTORY_ROWS = 50


class Cursor(Struct, frozen=True):
    """The last note of a page."""

    created_at: datetime
    id: UUID


class Step(Struct, frozen=True):
    """The last entry of a page of a note's history."""

    at: datetime
    key: str


class NewRow(Struct, frozen=True, kw_only=True):
    """A note that begins."""

    hospital_id: UUID
    id: UUID
    person_id: UUID
    encounter_id: UUID | None
    kind: str
    template: str
    created_by: UUID


class NotePlace(Struct):
    """The stay of a note and where its patient lies now."""

    encounter_id: UUID | None
    ward_id: UUID | None


class ForgottenDraft(Struct):
    """A draft with words that nobody has signed."""

    hospital_id: UUID
    id: UUID
    person_id: UUID
    encounter_id: UUID | None
    ward_id: UUID | None
    kind: str
    created_by: str


class OwnText(Struct):
    version: int
    text: str
    saved_at: datetime


class Held(Struct):
    version: int
    state: str
    created_by: UUID


class Words(Struct):
    """`standing` texts that are not empty, `own` of them the asker's; `unseen` texts of others."""

    standing: int
    own: int
    unseen: int


def _name(alias: str) -> str:
    return (
        f"concat_ws(', ', concat_ws(' ', nullif({alias}.title, ''), left({alias}.given, 1) || '.', {alias}.family),"
        f" nullif({alias}.post_nominal, ''))"
    )


@query("SELECT n.* FROM notes.open_note(:hospital_id, :note_id) n", opens=True)
async def open_note(db: Db, *, hospital_id: UUID, note_id: UUID) -> Found | None:
    """The same, where it is the first thing that is asked."""


@query("""
    SELECT n.person_id, n.kind, n.state, n.signed_by, n.version FROM notes.note n
     WHERE n.hospital_id = :hospital_id AND n.id = :note_id
""")
async def whose(db: Db, *, hospital_id: UUID, note_id: UUID) -> Found | None:
    """Whose note this is, when it is the hospital's."""


_NOTE = f"""
    SELECT n.id, n.person_id, n.encounter_id, n.kind, n.template, n.state, n.cosign_wanted, n.created_at, n.created_by,
           {_name("b")}, n.saved_at, n.signed_at, n.signed_by,
           (SELECT {_name("s")} FROM identity.staff s WHERE s.id = n.signed_by), n.cosigned_at,
           (SELECT {_name("s")} FROM identity.staff s WHERE s.id = n.cosigned_by), n.error_at,
           (SELECT {_name("s")} FROM identity.staff s WHERE s.id = n.error_by), n.error_reason, n.version
"""  # noqa: S608 - texts of the code's own
_FROM = """
      FROM notes.note n JOIN identity.staff b ON b.id = n.created_by
     WHERE n.hospital_id = :note.hospital_id AND n.id = :note.id
"""


@query(
    f"""{_NOTE},
           (SELECT array_agg(ROW(p.section, p.author_id, {_name("s")}, r.author_role, r.text, r.version, r.saved_at)
                             ORDER BY p.created_at, p.author_id)
              FROM notes.passage p
              JOIN notes.revision r ON r.hospital_id = p.hospital_id AND r.note_id = p.note_id AND r.section = p.section
                                   AND r.author_id = p.author_id AND r.version = p.version
              JOIN identity.staff s ON s.id = p.author_id
             WHERE p.hospital_id = n.hospital_id AND p.note_id = n.id),
           (SELECT array_agg(ROW(a.id, a.author_id, {_name("s")}, a.author_role, a.text, a.created_at) ORDER BY a.created_at, a.id)
              FROM notes.addendum a JOIN identity.staff s ON s.id = a.author_id
             WHERE a.hospital_id = n.hospital_id AND a.note_id = n.id)
    {_FROM}"""  # noqa: S608 - texts of the code's own
)
async def whole_note(db: Db, note: NoteScope) -> NoteRow:
    """A note with everybody's newest words and what was added. Indexes: the keys, addendum_note."""


@query(_NOTE + _FROM)
async def bare_note(db: Db, note: NoteScope) -> NoteRow:
    """A note without its words."""


@query("""
    INSERT INTO notes.note (hospital_id, id, person_id, encounter_id, kind, template, saved_at, created_at, created_by)
    VALUES (:new.hospital_id, :new.id, :new.person_id, :new.encounter_id, :new.kind, :new.template, :now, :now, :new.created_by)
""")
async def insert_note(db: Db, new: NewRow, *, now: datetime) -> None:
    """A draft without words."""


# Cast where a place has no column to take its type from.
_HELD = """
    UPDATE notes.note SET version = version + 1, saved_at = :now
     WHERE hospital_id = :note.hospital_id AND id = :note.id AND state = 'draft'
"""
_SAID = """
        INSERT INTO notes.passage AS p (hospital_id, note_id, section, author_id, version, created_at)
        SELECT :note.hospital_id, :note.id, :section, :author_id, 1, :now FROM held WHERE :version::int = 0
        ON CONFLICT DO NOTHING
        RETURNING p.version
    ), moved AS (
        UPDATE notes.passage SET version = version + 1
         WHERE hospital_id = :note.hospital_id AND note_id = :note.id AND section = :section AND author_id = :author_id
           AND version = :version AND :version > 0 AND EXISTS (SELECT FROM held)
        RETURNING version
    ), {name} AS (
        INSERT INTO notes.revision (hospital_id, note_id, section, author_id, version, text, author_role, note_version, saved_at)
        SELECT :note.hospital_id, :note.id, :section, :author_id, now_at.version, :text, :author_role, held.version, :now
          FROM held, (SELECT version FROM kept UNION ALL SELECT version FROM moved) now_at
        RETURNING version
    )
"""


@effect(f"WITH held AS ({_HELD} AND version = :note.version RETURNING version), kept AS ({_SAID.format(name='done')}")
def put_text(
    *, note: NoteScope, section: str, author_id: UUID, author_role: str, version: int, text: str, now: datetime
) -> Effect:
    """A revision of the author's words while nobody else has saved in the note or signed it since it was read."""


@query(
    f"""WITH held AS ({_HELD} RETURNING version), kept AS ({_SAID.format(name="said")}
        SELECT held.version, said.version FROM held LEFT JOIN said ON true"""  # noqa: S608 - texts of the code's own
)
async def save_text(
    db: Db,
    note: NoteScope,
    *,
    section: str,
    author_id: UUID,
    author_role: str,
    version: int,
    text: str,
    now: datetime,
) -> SaveRow | None:
    """Adds a revision of the author's words, at the version they were read; None when the note is no draft any more.

    The note's row is taken first, so the saves of one note stand in line, and a signature stands in the same line.
    """


@query("""
    SELECT r.version, r.text, r.saved_at FROM notes.passage p
      JOIN notes.revision r ON r.hospital_id = p.hospital_id AND r.note_id = p.note_id AND r.section = p.section
                           AND r.author_id = p.author_id AND r.version = p.version
     WHERE p.hospital_id = :note.hospital_id AND p.note_id = :note.id AND p.section = :section AND p.author_id = :author_id
""")
async def own_text(db: Db, note: NoteScope, *, section: str, author_id: UUID) -> OwnText | None:
    """The author's newest words in a section."""


@query("""
    SELECT n.version, n.state, n.created_by FROM notes.note n
     WHERE n.hospital_id = :note.hospital_id AND n.id = :note.id FOR NO KEY UPDATE
""")
async def note_held(db: Db, note: NoteScope) -> Held:
    """The note, held until the end of the transaction: nobody saves or signs meanwhile."""


@query("""
    SELECT count(*) FILTER (WHERE r.text ~ '\\S'), count(*) FILTER (WHERE r.text ~ '\\S' AND r.author_id = :author_id),
           count(*) FILTER (WHERE r.author_id <> :author_id AND r.note_version > :seen)
      FROM notes.passage p
      JOIN notes.revision r ON r.hospital_id = p.hospital_id AND r.note_id = p.note_id AND r.section = p.section
                           AND r.author_id = p.author_id AND r.version = p.version
     WHERE p.hospital_id = :note.hospital_id AND p.note_id = :note.id
""")
async def words_of(db: Db, note: NoteScope, *, author_id: UUID, seen: int) -> Words:
    """How many texts stand, and how many of others are newer than the version that somebody saw."""


@query("""
    UPDATE notes.note SET state = 'signed', signed_at = :now, signed_by = :author_id, cosign_wanted = :cosign,
           version = version + 1
     WHERE hospital_id = :note.hospital_id AND id = :note.id AND state = 'draft'
""")
async def sign(db: Db, note: NoteScope, *, author_id: UUID, cosign: bool, now: datetime) -> None:
    """Signs a draft that the caller holds."""


@query("""
    UPDATE notes.note SET state = 'cosigned', cosigned_at = :now, cosigned_by = :author_id, version = version + 1
     WHERE hospital_id = :note.hospital_id AND id = :note.id AND state = 'signed' AND cosign_wanted AND version = :version
    RETURNING version
""")
async def cosign(db: Db, note: NoteScope, *, author_id: UUID, version: int, now: datetime) -> int | None:
    """The second signature, on the version that was read."""


@query("""
    UPDATE notes.note
       SET state = 'entered_in_error', error_at = :now, error_by = :author_id, error_reason = :reason, version = version + 1
     WHERE hospital_id = :note.hospital_id AND id = :note.id AND state <> 'entered_in_error' AND version = :version
    RETURNING version
""")
async def mark_as_error(
    db: Db, note: NoteScope, *, author_id: UUID, reason: str, version: int, now: datetime
) -> int | None:
    """Marks the note, on the version that was read."""


@query("""
    WITH added AS (
        INSERT INTO notes.addendum (hospital_id, id, note_id, author_id, author_role, text, created_at)
        VALUES (:note.hospital_id, :addendum_id, :note.id, :author_id, :author_role, :text, :now)
    )
    UPDATE notes.note SET version = version + 1
     WHERE hospital_id = :note.hospital_id AND id = :note.id AND state IN ('signed', 'cosigned')
    RETURNING version
""")
async def add_addendum(
    db: Db,
    note: NoteScope,
    *,
    addendum_id: UUID,
    author_id: UUID,
    author_role: str,
    text: str,
    now: datetime,
) -> int | None:
    """Adds to a signed note; None when it is not signed, and then the whole write is given up."""


@query("""
    SELECT n.encounter_id, (SELECT c.ward_id FROM encounters.current c
                             WHERE c.hospital_id = n.hospital_id AND c.encounter_id = n.encounter_id)
      FROM notes.note n WHERE n.hospital_id = :note.hospital_id AND n.id = :note.id
""")
async def place_of_note(db: Db, note: NoteScope) -> NotePlace:
    """Where the patient of a note lies, for a task about it."""


@query("SELECT id FROM identity.hospital WHERE active ORDER BY id LIMIT 2000")
async def hospitals_with_notes(db: Db) -> list[UUID]:
    """Every hospital of the network, for what goes by the clock."""


@query(f"""
    SELECT n.hospital_id, n.id, n.person_id, n.encounter_id,
           (SELECT c.ward_id FROM encounters.current c WHERE c.hospital_id = n.hospital_id AND c.encounter_id = n.encounter_id),
           n.kind, {_name("b")}
      FROM notes.note n JOIN identity.staff b ON b.id = n.created_by
     WHERE n.hospital_id = :hospital_id AND n.state = 'draft' AND n.saved_at < :before
       AND EXISTS (SELECT FROM notes.passage p WHERE p.hospital_id = n.hospital_id AND p.note_id = n.id)
       AND NOT EXISTS (SELECT FROM tasks.task t
                        WHERE t.hospital_id = n.hospital_id AND t.kind = 'note_unsigned' AND t.subject_key = n.id::text
                          AND t.state IN ('open', 'acknowledged'))
     ORDER BY n.saved_at LIMIT 100
""")  # noqa: S608 - texts of the code's own
async def forgotten_drafts(db: Db, *, hospital_id: UUID, before: datetime) -> list[ForgottenDraft]:
    """Drafts that were not written on since, without a task yet. Indexes: note_draft, task_one_open."""


_LINES = f"""
    SELECT n.id, n.person_id, n.kind, n.state, n.cosign_wanted, n.created_at, {_name("b")}, n.signed_at,
           (SELECT {_name("s")} FROM identity.staff s WHERE s.id = n.signed_by),
           (SELECT count(*) FROM notes.addendum a WHERE a.hospital_id = n.hospital_id AND a.note_id = n.id),
           (SELECT count(DISTINCT p.author_id) FROM notes.passage p WHERE p.hospital_id = n.hospital_id AND p.note_id = n.id),
           CASE WHEN n.state = 'draft' THEN '' ELSE coalesce((SELECT string_agg(left(r.text, 2000), E'\\n' ORDER BY p.created_at) FROM notes.passage p
              JOIN notes.revision r ON r.hospital_id = p.hospital_id AND r.note_id = p.note_id AND r.section = p.section
                                   AND r.author_id = p.author_id AND r.version = p.version
             WHERE p.hospital_id = n.hospital_id AND p.note_id = n.id), '') END
      FROM notes.note n JOIN identity.staff b ON b.id = n.created_by
"""  # noqa: S608 - texts of the code's own


@query(
    _LINES
    + """
     WHERE n.hospital_id = :patient.hospital_id AND n.person_id = :patient.person_id
       AND (:kind::text IS NULL OR n.kind = :kind) AND (n.created_at, n.id) < (:before.created_at::timestamptz, :before.id::uuid)
     ORDER BY n.created_at DESC, n.id DESC LIMIT 31
"""
)
async def notes_of_patient(db: Db, patient: PatientScope, *, kind: str | None, before: Cursor) -> list[NoteLine]:
    """Newest first, mistaken ones included and marked. Index: note_person."""


@query(
    _LINES
    + """
     WHERE n.hospital_id = :patient.hospital_id AND n.person_id = :patient.person_id AND n.state = 'draft'
     ORDER BY n.created_at DESC, n.id DESC LIMIT 10
"""
)
async def drafts_of_patient(db: Db, patient: PatientScope) -> list[NoteLine]:
    """What is being written about the patient now. Index: note_person."""


@query(f"""
    SELECT n.id, n.person_id, p.family, p.given, n.kind, n.signed_at, {_name("s")}, n.version
      FROM notes.note n
      JOIN identity.staff s ON s.id = n.signed_by
      JOIN patients.person p ON p.id = n.person_id
     WHERE n.hospital_id = :hospital_id AND n.state = 'signed' AND n.cosign_wanted AND n.signed_by <> :staff_id
     ORDER BY n.signed_at LIMIT 200
""")  # noqa: S608 - texts of the code's own
async def to_cosign(db: Db, *, hospital_id: UUID, staff_id: UUID) -> list[CosignLine]:
    """What waits for a second signature, oldest first. Index: note_cosign."""


@query(f"""
    SELECT h.at, h.what, {_name("s")}, h.author_role, h.section, h.version, h.text, h.key
      FROM (SELECT r.saved_at AS at, 'saved' AS what, r.author_id, r.author_role, r.section, r.version, r.text,
                   concat_ws('/', lpad(r.version::text, 10, '0'), r.section, r.author_id) COLLATE "C" AS key
              FROM notes.revision r WHERE r.hospital_id = :note.hospital_id AND r.note_id = :note.id
            UNION ALL
            SELECT a.created_at, 'addendum', a.author_id, a.author_role, '', 0, a.text, a.id::text
              FROM notes.addendum a WHERE a.hospital_id = :note.hospital_id AND a.note_id = :note.id
            UNION ALL
            SELECT e.at, e.what, e.by, '', '', 0, e.text, e.what
              FROM notes.note n
             CROSS JOIN LATERAL (VALUES (n.created_at, 'begun', n.created_by, ''), (n.signed_at, 'signed', n.signed_by, ''),
                   (n.cosigned_at, 'cosigned', n.cosigned_by, ''), (n.error_at, 'error', n.error_by, n.error_reason))
                   AS e (at, what, by, text)
             WHERE n.hospital_id = :note.hospital_id AND n.id = :note.id AND e.at IS NOT NULL) h
      JOIN identity.staff s ON s.id = h.author_id
     WHERE (h.at, h.key) < (:before.at::timestamptz, :before.key::text COLLATE "C")
     ORDER BY h.at DESC, h.key DESC LIMIT 51
""")  # noqa: S608 - texts of the code's own
async def history(db: Db, note: NoteScope, *, before: Step) -> list[RevisionRow]:
    """What happened to a note before a step, newest first. Index: the revision's key."""
