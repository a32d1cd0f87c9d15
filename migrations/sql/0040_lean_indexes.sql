-- At ten million people the indexes of observation sets and encounters were as large as their tables. Every declared query
-- that reads them was looked at; the names stay, because the queries' docstrings say which index they need.

-- A person's sets, newest first, and all sets of an encounter. A person and an encounter are found by their own id: with the
-- hospital before it an entry is half as large again and finds no row sooner. (The hospital is still asked for, by each
-- query and by row-level security.) All sets of an encounter are read and sorted anyway, so the time adds nothing, and
-- without it the entries of one encounter share one copy of its id.
CREATE INDEX observation_set_person_lean ON vitals.observation_set (person_id, taken_at DESC);
DROP INDEX vitals.observation_set_person;
ALTER INDEX vitals.observation_set_person_lean RENAME TO observation_set_person;
CREATE INDEX observation_set_encounter_lean ON vitals.observation_set (encounter_id);
DROP INDEX vitals.observation_set_encounter;
ALTER INDEX vitals.observation_set_encounter_lean RENAME TO observation_set_encounter;

-- A patient's encounters and problems are sorted by an expression, so the order inside these was never of use.
CREATE INDEX encounter_person_lean ON encounters.encounter (hospital_id, person_id);
DROP INDEX encounters.encounter_person;
ALTER INDEX encounters.encounter_person_lean RENAME TO encounter_person;
CREATE INDEX problem_person_lean ON encounters.problem (hospital_id, person_id);
DROP INDEX encounters.problem_person;
ALTER INDEX encounters.problem_person_lean RENAME TO problem_person;

-- Patient search is looked for by what people type, and by person when somebody's name changes; nothing asks for one row
-- by both ids. One key with the person first serves where two indexes did.
CREATE OR REPLACE FUNCTION patients.build_search_indexes() RETURNS void LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    ALTER TABLE patients.search ADD PRIMARY KEY (person_id, hospital_id);
    CREATE INDEX search_key ON patients.search (hospital_id, key);
    CREATE INDEX search_given ON patients.search (hospital_id, given, key);
    CREATE INDEX search_born ON patients.search (born_on, hospital_id, key);
    CREATE INDEX search_sound ON patients.search (sound, born_on);
    CREATE INDEX search_phone ON patients.search (phone, hospital_id) WHERE phone <> '';
$$;
ALTER TABLE patients.search DROP CONSTRAINT search_pkey, ADD PRIMARY KEY (person_id, hospital_id);
DROP INDEX patients.search_person;

-- Keys that grow at the end of each hospital: the pages behind are never written again and need no room.
ALTER INDEX encounters.encounter_pkey SET (fillfactor = 100);
ALTER INDEX encounters.encounter_started SET (fillfactor = 100);
ALTER INDEX encounters.encounter_ended SET (fillfactor = 100);
ALTER INDEX encounters.problem_pkey SET (fillfactor = 100);
ALTER INDEX patients.registration_hospital_id_mrn_key SET (fillfactor = 100);
