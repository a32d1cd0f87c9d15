"""Steps of medicines as events of the chart's timeline (patients.timeline says in which shape)."""

TIMELINE = """
    SELECT s.at, 'medicine' AS what, m.id AS subject_id, s.id::text AS step, s.text AS title,
           concat_ws(', ', s.kind, nullif(s.reason, '')) AS detail, s.actor_id AS by
      FROM orders.medicine m
      JOIN orders.step s ON s.hospital_id = m.hospital_id AND s.medicine_id = m.id
     WHERE m.hospital_id = :patient.hospital_id AND m.person_id = :patient.person_id
"""
