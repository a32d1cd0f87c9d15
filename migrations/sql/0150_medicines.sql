-- A creatinine of the laboratory is what medicines are dosed by: the measure names its result, and an amended or withdrawn
-- result takes its place. What was measured stays to be read.
ALTER TABLE orders.measure ADD COLUMN result_id uuid, ADD COLUMN superseded_at timestamptz;
GRANT UPDATE (superseded_at) ON orders.measure TO wardline_app;
-- A result counts once; a second release of the same one waits for the first and is refused.
CREATE UNIQUE INDEX measure_of_result ON orders.measure (hospital_id, result_id)
    WHERE result_id IS NOT NULL AND superseded_at IS NULL;
INSERT INTO orders.measure (hospital_id, id, person_id, kind, value, taken_at, result_id, recorded_by)
SELECT r.hospital_id, gen_random_uuid(), r.person_id, 'creatinine_umol_per_l', least(greatest(r.value, 5), 3000), r.taken_at,
       r.id, r.clinical_by
  FROM lab.result r JOIN patients.registration g ON g.hospital_id = r.hospital_id AND g.person_id = r.person_id
 WHERE r.test_code = 'CREAT' AND r.state = 'clinically_released' AND r.value IS NOT NULL AND r.taken_at IS NOT NULL
   AND r.clinical_by IS NOT NULL AND r.clinical_at > now() - interval '100 days';
