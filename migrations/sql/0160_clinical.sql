-- A culture is reported before it is finished: an interim report, and later ones that amend nothing.
ALTER TABLE lab.result
    ADD COLUMN report    text NOT NULL DEFAULT 'final' CHECK (report IN ('interim', 'final')),
    ADD COLUMN followups int NOT NULL DEFAULT 0 CHECK (followups >= 0);  -- revisions that are reports, not corrections
ALTER TABLE lab.result_event ADD COLUMN report text NOT NULL DEFAULT '' CHECK (report IN ('', 'interim', 'final'));
ALTER TABLE lab.result_event DROP CONSTRAINT result_event_kind_check;
ALTER TABLE lab.result_event ADD CONSTRAINT result_event_kind_check CHECK (kind IN (
    'ordered', 'collected', 'received', 'resulted', 'technically_released', 'clinically_released', 'amended', 'reported',
    'withdrawn', 'rejected', 'cancelled', 'called', 'acknowledged'));

-- From which version of a call on its value is the one that stands now: who acknowledges names a version they read.
ALTER TABLE lab.critical_call ADD COLUMN value_version int NOT NULL DEFAULT 1;

-- More reference intervals, each with the edition or the day that its source names. What is not here has none.
INSERT INTO lab.shipped_interval (test_code, kind, from_days, low, high, source, retrieved_on)
SELECT l.code, 'reference', 6574, l.low, l.high,
       'North Bristol NHS Trust, Severn Pathology: adult ranges from 24-Apr-2023', '2026-11-27' FROM (VALUES
    ('APTT', 25, 37), ('FIB', 2, 4)) AS l (code, low, high);
INSERT INTO lab.shipped_interval (test_code, kind, sex, from_days, low, high, source, retrieved_on)
SELECT l.code, 'reference', l.sex, 6574, l.low, l.high,
       'Oxford Handbook of General Practice, 2nd edition (2005), appendix: reference intervals (adults)', '2026-11-27' FROM (VALUES
    ('ALT', NULL, 5, 42), ('AST', NULL, 5, 42), ('GGT', 'male', 10, 46), ('GGT', 'female', 6, 29), ('TSH', NULL, 0.35, 5.5),
    ('FT4', NULL, 8, 22)) AS l (code, sex, low, high);
INSERT INTO lab.shipped_interval (test_code, kind, from_days, low, high, source, retrieved_on) VALUES
    ('LACT', 'reference', 6574, 0.5, 2.2, 'Oxford University Press, table 2.1 Everyday tests (venous blood, adults)', '2026-11-27');
INSERT INTO lab.shipped_interval (test_code, kind, from_days, to_days, low, high, source, retrieved_on)
SELECT l.code, 'reference', l.from_days, l.to_days, l.low, l.high,
       'University Hospitals Dorset, Haematology: reference ranges', '2026-11-27' FROM (VALUES
    ('RBC', 365, 730, 3.9, 5.1), ('RBC', 730, 2191, 4.0, 5.2), ('RBC', 2191, 4383, 4.0, 5.2),
    ('HCT', 365, 730, 0.30, 0.38), ('HCT', 730, 2191, 0.34, 0.40), ('HCT', 2191, 4383, 0.35, 0.45),
    ('MCH', 365, 730, 25, 29), ('MCH', 730, 2191, 24, 30), ('MCH', 2191, 4383, 25, 33),
    ('MCHC', 365, 730, 320, 360), ('MCHC', 730, 2191, 310, 370), ('MCHC', 2191, 4383, 310, 370),
    ('LYMPH', 365, 730, 3.5, 11.0), ('LYMPH', 730, 2191, 6.0, 9.0), ('LYMPH', 2191, 4383, 1.0, 5.0),
    ('MONO', 365, 4383, 0.2, 1.0), ('EOS', 365, 4383, 0.1, 1.0)) AS l (code, from_days, to_days, low, high);
