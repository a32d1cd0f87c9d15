-- What waits for those who lie on the wards now. Apart from the triggers, whose locks would keep doses from being given meanwhile;
-- in the order in which everybody goes through the stays.
SELECT mar.note_waiting(c.hospital_id, c.encounter_id)
  FROM (SELECT c.hospital_id, c.encounter_id FROM encounters.current c
         WHERE EXISTS (SELECT FROM mar.dose d
                        WHERE d.hospital_id = c.hospital_id AND d.encounter_id = c.encounter_id AND d.state IN ('due', 'held'))
         ORDER BY 1, 2) c;
