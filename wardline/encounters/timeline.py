"""Stays, problems and procedures as events of the chart's timeline (patients.timeline says in which shape)."""

TIMELINE = """
    SELECT e.at, 'visit' AS what, v.id AS subject_id, e.step, v.class AS title, e.detail, e.by
      FROM encounters.encounter v
     CROSS JOIN LATERAL (SELECT v.started_at, 'begun', v.reason, v.created_by WHERE v.started_at IS NOT NULL
           UNION ALL SELECT v.ended_at, 'ended', coalesce(v.discharged_to, ''), NULL WHERE v.ended_at IS NOT NULL)
           e (at, step, detail, by)
     WHERE v.hospital_id = :patient.hospital_id AND v.person_id = :patient.person_id AND v.state <> 'entered_in_error'
     UNION ALL
    SELECT coalesce(c.changed_at, p.created_at), 'problem', p.id, coalesce(c.version, 0)::text, coalesce(c.display, p.display),
           concat_ws(', ', coalesce(c.state, p.state), coalesce(c.verification, p.verification)),
           coalesce(c.changed_by, p.created_by)
      FROM encounters.problem p
      LEFT JOIN encounters.problem_change c ON c.hospital_id = p.hospital_id AND c.problem_id = p.id
     WHERE p.hospital_id = :patient.hospital_id AND p.person_id = :patient.person_id
     UNION ALL
    SELECT p.created_at, 'procedure', p.id, p.state, p.display,
           concat_ws(', ', to_char(p.performed_on, 'DD-Mon-YYYY'), nullif(p.site, ''), nullif(p.state, 'done')), p.created_by
      FROM encounters.procedure p
     WHERE p.hospital_id = :patient.hospital_id AND p.person_id = :patient.person_id
"""
