"""Doses that were given, taken, not given or held back as events of the chart's timeline (patients.timeline has the shape)."""

TIMELINE = """
    SELECT a.happened_at AS at, 'given' AS what, a.id AS subject_id, '' AS step,
           concat_ws(' ', m.name, trim_scale(a.amount), nullif(a.unit, '')) AS title,
           concat_ws(', ', CASE WHEN a.state = 'entered_in_error' THEN a.state ELSE a.action END, nullif(a.reason, ''), nullif(a.words, '')) AS detail,
           a.recorded_by AS by
      FROM mar.administration a
      JOIN orders.medicine m ON m.hospital_id = a.hospital_id AND m.id = a.medicine_id
     WHERE a.hospital_id = :patient.hospital_id AND a.person_id = :patient.person_id
"""
