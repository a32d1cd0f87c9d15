"""Sets of observations as events of the chart's timeline (patients.timeline says in which shape)."""

TIMELINE = """
    SELECT o.taken_at AS at, 'observations' AS what, o.id AS subject_id, o.state AS step, 'Observations' AS title,
           CASE WHEN o.state = 'entered_in_error' THEN 'entered in error'
                WHEN o.news_score IS NOT NULL THEN 'NEWS2 ' || o.news_score || CASE WHEN o.news_signs < 7 THEN '+' ELSE '' END
                ELSE '' END AS detail, o.recorded_by AS by
      FROM vitals.observation_set o
     WHERE o.hospital_id = :patient.hospital_id AND o.person_id = :patient.person_id
"""
