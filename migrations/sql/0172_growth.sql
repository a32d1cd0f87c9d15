-- Growth in blood is told as a critical value is: POS beside HL7's LL and HH, and read back in words.
ALTER TABLE lab.result DROP CONSTRAINT result_flag_check;
ALTER TABLE lab.result ADD CONSTRAINT result_flag_check CHECK (flag IN ('LL', 'L', 'N', 'H', 'HH', 'POS')) NOT VALID;
ALTER TABLE lab.result VALIDATE CONSTRAINT result_flag_check;
ALTER TABLE lab.critical_call ADD COLUMN read_back_words text NOT NULL DEFAULT '' CHECK (length(read_back_words) <= 300);
ALTER TABLE lab.critical_call DROP CONSTRAINT critical_call_check;
ALTER TABLE lab.critical_call ADD CONSTRAINT critical_call_told
    CHECK (told_at IS NULL OR (told_by IS NOT NULL AND length(told_to) > 1 AND cardinality(identifiers) >= 2
                               AND (read_back IS NOT NULL OR read_back_words <> '')));
