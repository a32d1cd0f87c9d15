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
