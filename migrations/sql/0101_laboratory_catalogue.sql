-- What the laboratory is shipped with. LOINC codes and names are those of LOINC (https://loinc.org), a registered trademark of
-- Regenstrief Institute, Inc.; units are UCUM. Turnaround goals and delta limits are the product's own, for the laboratory to set.
INSERT INTO lab.test (code, name, loinc, loinc_name, unit, unit_words, decimals, specimen, container, bench,
                      turnaround_minutes, urgent_minutes, delta_change, delta_hours, delta_source, position) VALUES
('NA', 'Sodium', '2951-2', 'Sodium [Moles/volume] in Serum or Plasma', 'mmol/L', 'mmol/L', 0, 'Venous blood', 'Serum gel tube', 'chemistry', 240, 60, 10, 48, 'Own, for the laboratory to set.', 10),
('K', 'Potassium', '2823-3', 'Potassium [Moles/volume] in Serum or Plasma', 'mmol/L', 'mmol/L', 1, 'Venous blood', 'Serum gel tube', 'chemistry', 240, 60, 1, 48, 'Own, for the laboratory to set.', 20),
('CL', 'Chloride', '2075-0', 'Chloride [Moles/volume] in Serum or Plasma', 'mmol/L', 'mmol/L', 0, 'Venous blood', 'Serum gel tube', 'chemistry', 240, 60, NULL, NULL, '', 30),
('HCO3', 'Bicarbonate', '1963-8', 'Bicarbonate [Moles/volume] in Serum or Plasma', 'mmol/L', 'mmol/L', 0, 'Venous blood', 'Serum gel tube', 'chemistry', 240, 60, NULL, NULL, '', 40),
('UREA', 'Urea', '22664-7', 'Urea [Moles/volume] in Serum or Plasma', 'mmol/L', 'mmol/L', 1, 'Venous blood', 'Serum gel tube', 'chemistry', 240, 60, NULL, NULL, '', 50),
('CREAT', 'Creatinine', '14682-9', 'Creatinine [Moles/volume] in Serum or Plasma', 'umol/L', 'µmol/L', 0, 'Venous blood', 'Serum gel tube', 'chemistry', 240, 60, 26.5, 48, 'KDIGO 2012: a rise of 26.5 micromol/L in 48 hours is acute kidney injury.', 60),
('GLU', 'Glucose', '14749-6', 'Glucose [Moles/volume] in Serum or Plasma', 'mmol/L', 'mmol/L', 1, 'Venous blood', 'Fluoride tube', 'chemistry', 240, 60, NULL, NULL, '', 70),
('LACT', 'Lactate', '2524-7', 'Lactate [Moles/volume] in Serum or Plasma', 'mmol/L', 'mmol/L', 1, 'Venous blood', 'Fluoride tube', 'chemistry', 120, 45, NULL, NULL, '', 80),
('CA', 'Calcium', '2000-8', 'Calcium [Moles/volume] in Serum or Plasma', 'mmol/L', 'mmol/L', 2, 'Venous blood', 'Serum gel tube', 'chemistry', 240, 60, 0.3, 48, 'Own, for the laboratory to set.', 90),
('PO4', 'Phosphate', '14879-1', 'Phosphate [Moles/volume] in Serum or Plasma', 'mmol/L', 'mmol/L', 2, 'Venous blood', 'Serum gel tube', 'chemistry', 240, 60, NULL, NULL, '', 100),
('MG', 'Magnesium', '2601-3', 'Magnesium [Moles/volume] in Serum or Plasma', 'mmol/L', 'mmol/L', 2, 'Venous blood', 'Serum gel tube', 'chemistry', 240, 60, NULL, NULL, '', 110),
('URATE', 'Urate', '14933-6', 'Urate [Moles/volume] in Serum or Plasma', 'umol/L', 'µmol/L', 0, 'Venous blood', 'Serum gel tube', 'chemistry', 480, 120, NULL, NULL, '', 120),
('BILI', 'Bilirubin, total', '14631-6', 'Bilirubin.total [Moles/volume] in Serum or Plasma', 'umol/L', 'µmol/L', 0, 'Venous blood', 'Serum gel tube', 'chemistry', 240, 60, NULL, NULL, '', 130),
('ALT', 'Alanine aminotransferase', '1742-6', 'Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma', 'U/L', 'units/L', 0, 'Venous blood', 'Serum gel tube', 'chemistry', 240, 60, NULL, NULL, '', 140),
('AST', 'Aspartate aminotransferase', '1920-8', 'Aspartate aminotransferase [Enzymatic activity/volume] in Serum or Plasma', 'U/L', 'units/L', 0, 'Venous blood', 'Serum gel tube', 'chemistry', 240, 60, NULL, NULL, '', 150),
('ALP', 'Alkaline phosphatase', '6768-6', 'Alkaline phosphatase [Enzymatic activity/volume] in Serum or Plasma', 'U/L', 'units/L', 0, 'Venous blood', 'Serum gel tube', 'chemistry', 240, 60, NULL, NULL, '', 160),
('GGT', 'Gamma glutamyl transferase', '2324-2', 'Gamma glutamyl transferase [Enzymatic activity/volume] in Serum or Plasma', 'U/L', 'units/L', 0, 'Venous blood', 'Serum gel tube', 'chemistry', 240, 60, NULL, NULL, '', 170),
('ALB', 'Albumin', '1751-7', 'Albumin [Mass/volume] in Serum or Plasma', 'g/L', 'g/L', 0, 'Venous blood', 'Serum gel tube', 'chemistry', 240, 60, NULL, NULL, '', 180),
('TP', 'Total protein', '2885-2', 'Protein [Mass/volume] in Serum or Plasma', 'g/L', 'g/L', 0, 'Venous blood', 'Serum gel tube', 'chemistry', 240, 60, NULL, NULL, '', 190),
('LDH', 'Lactate dehydrogenase', '2532-0', 'Lactate dehydrogenase [Enzymatic activity/volume] in Serum or Plasma', 'U/L', 'units/L', 0, 'Venous blood', 'Serum gel tube', 'chemistry', 240, 60, NULL, NULL, '', 200),
('CK', 'Creatine kinase', '2157-6', 'Creatine kinase [Enzymatic activity/volume] in Serum or Plasma', 'U/L', 'units/L', 0, 'Venous blood', 'Serum gel tube', 'chemistry', 240, 60, NULL, NULL, '', 210),
('LIPASE', 'Lipase', '3040-3', 'Lipase [Enzymatic activity/volume] in Serum or Plasma', 'U/L', 'units/L', 0, 'Venous blood', 'Serum gel tube', 'chemistry', 240, 60, NULL, NULL, '', 220),
('CRP', 'C reactive protein', '1988-5', 'C reactive protein [Mass/volume] in Serum or Plasma', 'mg/L', 'mg/L', 0, 'Venous blood', 'Serum gel tube', 'chemistry', 240, 60, NULL, NULL, '', 230),
('TROPT', 'Troponin T, high sensitivity', '67151-1', 'Troponin T.cardiac [Mass/volume] in Serum or Plasma by High sensitivity method', 'ng/L', 'ng/L', 0, 'Venous blood', 'Serum gel tube', 'chemistry', 120, 60, NULL, NULL, '', 240),
('CHOL', 'Cholesterol', '14647-2', 'Cholesterol [Moles/volume] in Serum or Plasma', 'mmol/L', 'mmol/L', 1, 'Venous blood', 'Serum gel tube', 'chemistry', 480, 120, NULL, NULL, '', 250),
('HDL', 'HDL cholesterol', '14646-4', 'Cholesterol in HDL [Moles/volume] in Serum or Plasma', 'mmol/L', 'mmol/L', 1, 'Venous blood', 'Serum gel tube', 'chemistry', 480, 120, NULL, NULL, '', 260),
('TRIG', 'Triglyceride', '14927-8', 'Triglyceride [Moles/volume] in Serum or Plasma', 'mmol/L', 'mmol/L', 1, 'Venous blood', 'Serum gel tube', 'chemistry', 480, 120, NULL, NULL, '', 270),
('TSH', 'Thyrotropin', '3016-3', 'Thyrotropin [Units/volume] in Serum or Plasma', 'm[IU]/L', 'milliunits/L', 2, 'Venous blood', 'Serum gel tube', 'chemistry', 1440, 240, NULL, NULL, '', 280),
('FT4', 'Thyroxine, free', '14920-3', 'Thyroxine (T4) free [Moles/volume] in Serum or Plasma', 'pmol/L', 'pmol/L', 1, 'Venous blood', 'Serum gel tube', 'chemistry', 1440, 240, NULL, NULL, '', 290),
('FERR', 'Ferritin', '2276-4', 'Ferritin [Mass/volume] in Serum or Plasma', 'ug/L', 'µg/L', 0, 'Venous blood', 'Serum gel tube', 'chemistry', 1440, 240, NULL, NULL, '', 300),
('HBA1C', 'Haemoglobin A1c', '59261-8', 'Hemoglobin A1c/Hemoglobin.total in Blood by IFCC protocol', 'mmol/mol', 'mmol/mol', 0, 'Venous blood', 'EDTA tube', 'chemistry', 1440, 240, NULL, NULL, '', 310),
('HB', 'Haemoglobin', '718-7', 'Hemoglobin [Mass/volume] in Blood', 'g/L', 'g/L', 0, 'Venous blood', 'EDTA tube', 'haematology', 240, 60, 20, 48, 'Own, for the laboratory to set.', 400),
('WBC', 'White cells', '6690-2', 'Leukocytes [#/volume] in Blood by Automated count', '10*9/L', '×10⁹/L', 1, 'Venous blood', 'EDTA tube', 'haematology', 240, 60, NULL, NULL, '', 410),
('PLT', 'Platelets', '777-3', 'Platelets [#/volume] in Blood by Automated count', '10*9/L', '×10⁹/L', 0, 'Venous blood', 'EDTA tube', 'haematology', 240, 60, 100, 48, 'Own, for the laboratory to set.', 420),
('RBC', 'Red cells', '789-8', 'Erythrocytes [#/volume] in Blood by Automated count', '10*12/L', '×10¹²/L', 2, 'Venous blood', 'EDTA tube', 'haematology', 240, 60, NULL, NULL, '', 430),
('HCT', 'Haematocrit', '4544-3', 'Hematocrit [Volume Fraction] of Blood by Automated count', 'L/L', 'L/L', 2, 'Venous blood', 'EDTA tube', 'haematology', 240, 60, NULL, NULL, '', 440),
('MCV', 'Mean cell volume', '787-2', 'MCV [Entitic mean volume] in Red Blood Cells by Automated count', 'fL', 'fL', 0, 'Venous blood', 'EDTA tube', 'haematology', 240, 60, 5, 168, 'Own, for the laboratory to set: it hardly changes in a week.', 450),
('MCH', 'Mean cell haemoglobin', '785-6', 'MCH [Entitic mass] by Automated count', 'pg', 'pg', 1, 'Venous blood', 'EDTA tube', 'haematology', 240, 60, NULL, NULL, '', 460),
('MCHC', 'Mean cell haemoglobin concentration', '786-4', 'MCHC [Entitic Mass/volume] in Red Blood Cells by Automated count', 'g/L', 'g/L', 0, 'Venous blood', 'EDTA tube', 'haematology', 240, 60, NULL, NULL, '', 470),
('NEUT', 'Neutrophils', '751-8', 'Neutrophils [#/volume] in Blood by Automated count', '10*9/L', '×10⁹/L', 1, 'Venous blood', 'EDTA tube', 'haematology', 240, 60, NULL, NULL, '', 480),
('LYMPH', 'Lymphocytes', '731-0', 'Lymphocytes [#/volume] in Blood by Automated count', '10*9/L', '×10⁹/L', 1, 'Venous blood', 'EDTA tube', 'haematology', 240, 60, NULL, NULL, '', 490),
('MONO', 'Monocytes', '742-7', 'Monocytes [#/volume] in Blood by Automated count', '10*9/L', '×10⁹/L', 1, 'Venous blood', 'EDTA tube', 'haematology', 240, 60, NULL, NULL, '', 500),
('EOS', 'Eosinophils', '711-2', 'Eosinophils [#/volume] in Blood by Automated count', '10*9/L', '×10⁹/L', 2, 'Venous blood', 'EDTA tube', 'haematology', 240, 60, NULL, NULL, '', 510),
('BASO', 'Basophils', '704-7', 'Basophils [#/volume] in Blood by Automated count', '10*9/L', '×10⁹/L', 2, 'Venous blood', 'EDTA tube', 'haematology', 240, 60, NULL, NULL, '', 520),
('INR', 'INR', '6301-6', 'INR in Platelet poor plasma by Coagulation assay', '{INR}', 'INR', 1, 'Venous blood', 'Citrate tube', 'coagulation', 240, 60, 1.5, 48, 'Own, for the laboratory to set.', 600),
('APTT', 'APTT', '14979-9', 'aPTT in Platelet poor plasma by Coagulation assay', 's', 's', 0, 'Venous blood', 'Citrate tube', 'coagulation', 240, 60, NULL, NULL, '', 610),
('FIB', 'Fibrinogen', '3255-7', 'Fibrinogen [Mass/volume] in Platelet poor plasma by Coagulation assay', 'g/L', 'g/L', 1, 'Venous blood', 'Citrate tube', 'coagulation', 240, 60, NULL, NULL, '', 620);
INSERT INTO lab.test (code, name, loinc, loinc_name, kind, specimen, container, bench, turnaround_minutes, urgent_minutes, position) VALUES
('BCULT', 'Blood culture', '600-7', 'Bacteria identified in Blood by Culture', 'culture', 'Venous blood', 'Blood culture bottles', 'microbiology', 7200, 7200, 700),
('UCULT', 'Urine culture', '630-4', 'Bacteria identified in Urine by Culture', 'culture', 'Urine, midstream', 'Sterile urine tube', 'microbiology', 2880, 2880, 710);

INSERT INTO lab.panel (code, name, position) VALUES
('UE', 'Urea and electrolytes', 10), ('FBC', 'Full blood count', 20), ('LFT', 'Liver function', 30), ('BONE', 'Bone profile', 40),
('COAG', 'Coagulation screen', 50), ('LIPID', 'Lipids', 60), ('TFT', 'Thyroid function', 70);
INSERT INTO lab.panel_test (panel_code, test_code)
SELECT p.code, t FROM (VALUES
    ('UE', ARRAY['NA', 'K', 'CL', 'HCO3', 'UREA', 'CREAT']),
    ('FBC', ARRAY['HB', 'WBC', 'PLT', 'RBC', 'HCT', 'MCV', 'MCH', 'MCHC', 'NEUT', 'LYMPH', 'MONO', 'EOS', 'BASO']),
    ('LFT', ARRAY['BILI', 'ALT', 'ALP', 'GGT', 'ALB', 'TP']),
    ('BONE', ARRAY['CA', 'PO4', 'ALB', 'ALP', 'MG']),
    ('COAG', ARRAY['INR', 'APTT', 'FIB']),
    ('LIPID', ARRAY['CHOL', 'HDL', 'TRIG']),
    ('TFT', ARRAY['TSH', 'FT4'])) AS p (code, tests), unnest(p.tests) AS t;

-- Critical limits: the list of one hospital, published for adults. They count for every age until a laboratory sets its own.
INSERT INTO lab.shipped_interval (test_code, kind, low, high, source, retrieved_on)
SELECT l.code, 'critical', l.low, l.high, 'Royal Melbourne Hospital, Pathology: critical results notification', '2026-11-26' FROM (VALUES
    ('NA', 120, 150), ('K', 3.0, 6.0), ('HCO3', 13, 40), ('GLU', 3.0, 20.0), ('CA', 1.5, 2.80), ('MG', 0.4, 2.0), ('PO4', 0.35, 3.00),
    ('TRIG', NULL, 12.0), ('HB', 70, 200), ('PLT', 50, 1000), ('WBC', 1.1, NULL), ('NEUT', 1.0, NULL), ('INR', NULL, 4.5),
    ('APTT', NULL, 100), ('FIB', 1.0, NULL)) AS l (code, low, high);

-- Reference intervals. 18 years are 6,574 days here, a year being 365.25 of them.
INSERT INTO lab.shipped_interval (test_code, kind, sex, from_days, to_days, low, high, source, retrieved_on)
SELECT l.code, 'reference', l.sex, l.from_days, l.to_days, l.low, l.high,
       'Australasian harmonised adult intervals (AACB and RCPA), as tabled in PMC4975217', '2026-11-26' FROM (VALUES
    ('NA', NULL, 6574, NULL::int, 135, 145), ('K', NULL, 6574, NULL, 3.5, 5.2), ('CL', NULL, 6574, NULL, 95, 110),
    ('HCO3', NULL, 6574, NULL, 22, 32), ('CREAT', 'male', 6574, 21915, 60, 110), ('CREAT', 'female', 6574, 21915, 45, 90),
    ('CA', NULL, 6574, NULL, 2.10, 2.60), ('MG', NULL, 6574, NULL, 0.70, 1.10), ('PO4', NULL, 6574, NULL, 0.75, 1.50),
    ('LDH', NULL, 6574, NULL, 120, 250), ('CK', 'male', 6574, 21915, 45, 250), ('CK', 'female', 6574, NULL, 30, 150)
    ) AS l (code, sex, from_days, to_days, low, high);
INSERT INTO lab.shipped_interval (test_code, kind, sex, from_days, to_days, low, high, source, retrieved_on)
SELECT 'CREAT', 'reference', l.sex, l.from_days, l.to_days, l.low, l.high, 'Aussie Normals study, as tabled in PMC4975217', '2026-11-26' FROM (VALUES
    ('male', 21915, 27394, 65, 103), ('male', 27394, NULL::int, 47, 120), ('female', 21915, 27394, 54, 83), ('female', 27394, NULL, 40, 91)
    ) AS l (sex, from_days, to_days, low, high);
INSERT INTO lab.shipped_interval (test_code, kind, sex, from_days, low, high, source, retrieved_on)
SELECT l.code, 'reference', l.sex, 6574, l.low, l.high, 'Oxford University Press, table 2.1 Everyday tests (adults)', '2026-11-26' FROM (VALUES
    ('UREA', NULL, 2.5, 6.7), ('ALB', NULL, 35, 50), ('BILI', NULL, 3, 17), ('TP', NULL, 60, 80), ('URATE', 'male', 210, 480),
    ('URATE', 'female', 150, 390)) AS l (code, sex, low, high);
INSERT INTO lab.shipped_interval (test_code, kind, sex, from_days, to_days, low, high, source, retrieved_on)
SELECT l.code, 'reference', l.sex, l.from_days, l.to_days, l.low, l.high,
       'University Hospitals Dorset, Haematology: reference ranges', '2026-11-26' FROM (VALUES
    ('HB', 'male', 6574, NULL::int, 130, 170), ('HB', 'female', 6574, NULL, 120, 150), ('WBC', NULL, 6574, NULL, 4.0, 10.0),
    ('PLT', NULL, 6574, NULL, 150, 410), ('RBC', 'male', 6574, NULL, 4.5, 5.5), ('RBC', 'female', 6574, NULL, 3.8, 4.8),
    ('HCT', 'male', 6574, NULL, 0.40, 0.50), ('HCT', 'female', 6574, NULL, 0.36, 0.46), ('MCV', NULL, 6574, NULL, 83, 101),
    ('MCH', NULL, 6574, NULL, 27, 32), ('MCHC', NULL, 6574, NULL, 315, 345), ('NEUT', NULL, 6574, NULL, 2.0, 7.0),
    ('LYMPH', NULL, 6574, NULL, 1.0, 3.0), ('MONO', NULL, 6574, NULL, 0.2, 1.0), ('EOS', NULL, 6574, NULL, 0.02, 0.5),
    ('BASO', NULL, 6574, NULL, 0.02, 0.1),
    ('HB', NULL, 365, 730, 111, 141), ('HB', NULL, 730, 2191, 110, 140), ('HB', NULL, 2191, 4383, 115, 155),
    ('PLT', NULL, 365, 730, 200, 550), ('PLT', NULL, 730, 2191, 200, 490), ('PLT', NULL, 2191, 4383, 170, 450),
    ('WBC', NULL, 365, 730, 6, 16), ('WBC', NULL, 730, 2191, 5, 15), ('WBC', NULL, 2191, 4383, 5, 13),
    ('MCV', NULL, 365, 730, 72, 84), ('MCV', NULL, 730, 2191, 75, 87), ('MCV', NULL, 2191, 4383, 77, 95),
    ('NEUT', NULL, 365, 730, 1.0, 7.0), ('NEUT', NULL, 730, 2191, 1.5, 8.0), ('NEUT', NULL, 2191, 4383, 2.0, 8.0)
    ) AS l (code, sex, from_days, to_days, low, high);
