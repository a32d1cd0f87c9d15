-- When the person pressed Save, for a set that waited on a device until the network was back; NULL: it came at once.
ALTER TABLE vitals.observation_set ADD COLUMN entered_at timestamptz;
