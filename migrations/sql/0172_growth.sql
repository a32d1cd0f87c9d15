-- A creatinine of another laboratory is what medicines are dosed by too, and says that it was imported. The results are looked
-- through before anything is locked.
CREATE TEMPORARY TABLE imported_creatinine ON COMMIT DROP AS
SELECT r.hospital_id, r.person_id, least(greatest(r.value * CASE r.unit WHEN 'mg/dL' THEN 88.4 ELSE 1 END, 5), 3000) AS value,
       r.taken_at, r.id AS result_id, r.clinical_by AS recorded_by
  FROM lab.result r JOIN lab.test t ON t.code = r.test_code
  JOIN patients.registration g ON g.hospital_id = r.hospital_id AND g.person_id = r.person_id
 WHERE t.bench = 'elsewhere' AND t.loinc IN ('2160-0', '14682-9', '38483-4', '77140-2') AND r.unit IN ('mg/dL', 'umol/L')
   AND r.state = 'clinically_released' AND r.value IS NOT NULL AND r.taken_at BETWEEN now() - interval '100 days' AND now()
   AND r.clinical_by IS NOT NULL;
ALTER TABLE orders.measure ADD COLUMN imported boolean NOT NULL DEFAULT false;
INSERT INTO orders.measure (hospital_id, id, person_id, kind, value, taken_at, result_id, recorded_by, imported)
SELECT hospital_id, gen_random_uuid(), person_id, 'creatinine_umol_per_l', value, taken_at, result_id, recorded_by, true
  FROM imported_creatinine
    ON CONFLICT DO NOTHING;

-- Starting values for tests that had none. Each laboratory confirms or replaces them; troponin's belongs to one assay only.
-- A year is 365.25 days: 16 years are 5,844, 18 are 6,574, 19 are 6,940. An upper limit alone is "under" in the source.
INSERT INTO lab.shipped_interval (test_code, kind, sex, from_days, to_days, low, high, source, retrieved_on)
SELECT l.code, 'reference', l.sex, l.from_days, l.to_days, l.low, l.high, l.source, '2026-11-27' FROM (VALUES
    ('GLU', NULL, 6574, NULL::int, 3.0, 7.7, 'RCPA Manual, Glucose: random venous plasma (fasting it is 3.0 to 5.4)'),
    ('ALP', NULL, 0, 30, 70, 380, 'University Hospitals of North Midlands, Pathology, from Pathology Harmony 2011'),
    ('ALP', NULL, 30, 5844, 60, 425, 'University Hospitals of North Midlands, Pathology, from Pathology Harmony 2011'),
    ('ALP', NULL, 5844, NULL, 30, 130, 'University Hospitals of North Midlands, Pathology, from Pathology Harmony 2011'),
    ('LIPASE', NULL, 0, 3653, NULL::numeric, 30, 'Royal United Hospitals Bath, Blood Sciences: lipase'),
    ('LIPASE', NULL, 3653, 6574, NULL, 40, 'Royal United Hospitals Bath, Blood Sciences: lipase'),
    ('LIPASE', NULL, 6574, NULL, NULL, 67, 'Royal United Hospitals Bath, Blood Sciences: lipase'),
    ('CRP', NULL, 6574, NULL, NULL, 5, 'North Bristol NHS Trust, Severn Pathology: CRP, from 14-Nov-2022'),
    ('TROPT', NULL, 6574, NULL, NULL, 14, 'Only for the Roche Elecsys assay: its 99th centile, Heart 2018;104:632 (PMC5890635), table 1'),
    ('CHOL', NULL, 6574, NULL, NULL, 5.2, 'Royal Cornwall Hospitals, Pathology: lipids, 30-Apr-2024 (a desirable limit)'),
    ('TRIG', NULL, 6574, NULL, NULL, 1.7, 'Royal Cornwall Hospitals, Pathology: lipids, 30-Apr-2024 (a desirable limit)'),
    ('HDL', NULL, 6574, NULL, 0.8, 2.1, 'Royal Cornwall Hospitals, Pathology: lipids, 30-Apr-2024'),
    ('FERR', NULL, 0, 15, 100, 717, 'Royal Cornwall Hospitals, Pathology: ferritin, 30-Apr-2024'),
    ('FERR', NULL, 15, 183, 14, 647, 'Royal Cornwall Hospitals, Pathology: ferritin, 30-Apr-2024'),
    ('FERR', NULL, 183, 365, 8, 182, 'Royal Cornwall Hospitals, Pathology: ferritin, 30-Apr-2024'),
    ('FERR', NULL, 365, 1826, 5, 100, 'Royal Cornwall Hospitals, Pathology: ferritin, 30-Apr-2024'),
    ('FERR', NULL, 1826, 5114, 14, 79, 'Royal Cornwall Hospitals, Pathology: ferritin, 30-Apr-2024'),
    ('FERR', 'female', 5114, 6940, 6, 67, 'Royal Cornwall Hospitals, Pathology: ferritin, 30-Apr-2024'),
    ('FERR', 'female', 6940, NULL, 15, 200, 'Royal Cornwall Hospitals, Pathology: ferritin, 30-Apr-2024'),
    ('FERR', 'male', 5114, 5844, 13, 83, 'Royal Cornwall Hospitals, Pathology: ferritin, 30-Apr-2024'),
    ('FERR', 'male', 5844, 6940, 11, 172, 'Royal Cornwall Hospitals, Pathology: ferritin, 30-Apr-2024'),
    ('FERR', 'male', 6940, NULL, 15, 300, 'Royal Cornwall Hospitals, Pathology: ferritin, 30-Apr-2024'),
    ('HBA1C', NULL, 6574, NULL, 20, 41, 'North West London Pathology: glycated haemoglobin'),
    ('INR', NULL, 6574, NULL, 0.8, 1.2, 'University Hospitals of North Midlands, Pathology: without an oral anticoagulant')
    ) AS l (code, sex, from_days, to_days, low, high, source);

-- Growth in blood is told as a critical value is: POS beside HL7's LL and HH, and read back in words.
-- What met the shorter list meets the longer one: nothing is looked through while the table is locked.
ALTER TABLE lab.result DROP CONSTRAINT result_flag_check;
ALTER TABLE lab.result ADD CONSTRAINT result_flag_check CHECK (flag IN ('LL', 'L', 'N', 'H', 'HH', 'POS')) NOT VALID;
ALTER TABLE lab.critical_call ADD COLUMN read_back_words text NOT NULL DEFAULT '' CHECK (length(read_back_words) <= 300);
ALTER TABLE lab.critical_call DROP CONSTRAINT critical_call_check;
ALTER TABLE lab.critical_call ADD CONSTRAINT critical_call_told
    CHECK (told_at IS NULL OR (told_by IS NOT NULL AND length(told_to) > 1 AND cardinality(identifiers) >= 2
                               AND (read_back IS NOT NULL OR read_back_words <> '')));
