-- What waits for those who lie on the wards now. Apart from the triggers, whose locks would keep doses from being given meanwhile.
SELECT mar.note_waiting(c.hospital_id, c.encounter_id) FROM encounters.current c
 WHERE EXISTS (SELECT FROM mar.dose d
                WHERE d.hospital_id = c.hospital_id AND d.encounter_id = c.encounter_id AND d.state IN ('due', 'held'));
