"""Notes as events of the chart's timeline, for who may read notes (patients.timeline says in which shape)."""

TIMELINE = """
    SELECT e.at, 'note' AS what, n.id AS subject_id, e.step, n.kind AS title, e.detail, e.by
      FROM notes.note n
     CROSS JOIN LATERAL (SELECT n.created_at, 'begun', 'draft', n.created_by WHERE n.state = 'draft'
           UNION ALL SELECT n.signed_at, 'signed', 'signed', n.signed_by WHERE n.signed_at IS NOT NULL
           UNION ALL SELECT n.cosigned_at, 'cosigned', 'co-signed', n.cosigned_by WHERE n.cosigned_at IS NOT NULL
           UNION ALL SELECT n.error_at, 'error', 'entered in error', n.error_by WHERE n.error_at IS NOT NULL
           UNION ALL SELECT a.created_at, a.id::text, 'addendum', a.author_id FROM notes.addendum a
                      WHERE a.hospital_id = n.hospital_id AND a.note_id = n.id) e (at, step, detail, by)
     WHERE :notes::boolean AND n.hospital_id = :patient.hospital_id AND n.person_id = :patient.person_id
"""
