"""Orders of tests and released results as events of the chart's timeline (patients.timeline says in which shape) and of its
summary's last day.

What was released at one time from one specimen is one event; a critical value stands there from its technical release on.
"""

# Whether a result `r` stands on a ward's pages: released clinically, or critical and released technically; not withdrawn.
STANDS = """(r.state = 'clinically_released'
                OR (r.state = 'technically_released' AND EXISTS (SELECT 1 FROM lab.critical_call c
                     WHERE c.hospital_id = r.hospital_id AND c.result_id = r.id)))"""
# A test with its value and how it lies: `Potassium 6.9 critically high`.
_VALUE = """
    concat_ws(' ', t.name, CASE WHEN r.value IS NULL THEN left(r.words, 80)
                                ELSE r.comparator || to_char(r.value, 'FM999999990' || CASE WHEN t.decimals > 0 THEN '.' || repeat('0', t.decimals) ELSE '' END) END,
              CASE r.flag WHEN 'HH' THEN 'critically high' WHEN 'LL' THEN 'critically low' WHEN 'POS' THEN 'critical' WHEN 'H' THEN 'high' WHEN 'L' THEN 'low' END)
"""

TIMELINE = f"""
    SELECT q.ordered_at AS at, 'order' AS what, q.id AS subject_id, '' AS step, 'Tests ordered' AS title,
           concat_ws(', ', array_to_string(q.asked_for, ', '), nullif(q.urgency, 'routine'), nullif(q.reason, '')) AS detail,
           q.ordered_by AS by
      FROM lab.request q
     WHERE q.hospital_id = :patient.hospital_id AND q.person_id = :patient.person_id
     UNION ALL
    SELECT n.at, 'result', n.specimen_id, 'released', 'Results',
           string_agg(n.words, ', ' ORDER BY n.position), min(n.by::text)::uuid
      FROM (SELECT coalesce(r.clinical_at, r.technical_at) AS at, r.specimen_id, t.position, coalesce(r.clinical_by, r.technical_by) AS by,
                   concat_ws(' ', {_VALUE},
                             CASE WHEN r.state = 'withdrawn' THEN 'withdrawn' WHEN r.report = 'interim' THEN 'interim'
                                  WHEN r.revision > 1 + r.followups THEN 'amended' END) AS words
              FROM lab.result r
              JOIN lab.test t ON t.code = r.test_code
             WHERE r.hospital_id = :patient.hospital_id AND r.person_id = :patient.person_id AND r.taken_at IS NOT NULL
               AND (r.state = 'clinically_released'
                    OR (r.state IN ('technically_released', 'withdrawn')
                        AND (r.clinical_at IS NOT NULL
                             OR EXISTS (SELECT FROM lab.critical_call k WHERE k.hospital_id = r.hospital_id AND k.result_id = r.id))))) n
     GROUP BY n.at, n.specimen_id
"""  # noqa: S608 - texts of the code's own

# What was released since a time, for the day's axis: a part of the summary's one statement. What is withdrawn is no result.
# Of specimens taken within the week, as the index is in the order of the taking: a later one stands in Results alone.
RELEASED = f"""
    SELECT array_agg(ROW(n.at, n.total, n.critical, n.out, n.words) ORDER BY n.at)
      FROM (SELECT coalesce(r.clinical_at, r.technical_at) AS at, count(*)::int AS total,
                   count(*) FILTER (WHERE r.flag IN ('HH', 'LL', 'POS'))::int AS critical,
                   count(*) FILTER (WHERE r.flag IN ('H', 'L'))::int AS out,
                   CASE WHEN count(*) = 1 THEN min({_VALUE})
                        ELSE string_agg({_VALUE}, ', ' ORDER BY r.flag IN ('H', 'L'), t.position) FILTER (WHERE r.flag <> 'N') END AS words
              FROM lab.result r
              JOIN lab.test t ON t.code = r.test_code
             WHERE r.hospital_id = :patient.hospital_id AND r.person_id = :patient.person_id
               AND r.taken_at >= :since::timestamptz - interval '6 days'
               AND coalesce(r.clinical_at, r.technical_at) >= :since::timestamptz
               AND {STANDS}
             GROUP BY 1 ORDER BY 1 DESC LIMIT 100) n
"""  # noqa: S608 - texts of the code's own
