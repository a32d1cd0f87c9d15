"""Tasks as events of the chart's timeline: asked for, answered, done (patients.timeline says in which shape)."""

TIMELINE = """
    SELECT s.at, 'task' AS what, t.id AS subject_id, s.kind || s.id AS step, t.title,
           concat_ws(', ', s.kind, CASE WHEN s.kind IN ('created', 'raised', 'climbed') THEN s.owner_words END, nullif(t.reason, '')) AS detail,
           s.actor_id AS by
      FROM tasks.task t
      JOIN tasks.step s ON s.hospital_id = t.hospital_id AND s.task_id = t.id
     WHERE t.hospital_id = :patient.hospital_id AND t.person_id = :patient.person_id
"""
