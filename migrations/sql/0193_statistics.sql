-- Statistics of tables whose rows change all day while what is in them stays alike: who is in a bed, beds, tasks, versions of
-- topics, sessions. At the server's setting each was looked at anew every minute or two of a busy hour, a second of processor at
-- once, and every prepared statement that names it was planned again in every connection. Now after as many changes as it has
-- rows, twice over; the first rows of a new table are looked at as before, by the threshold.
ALTER TABLE encounters.current SET (autovacuum_analyze_scale_factor = 2);
ALTER TABLE encounters.waiting SET (autovacuum_analyze_scale_factor = 2);
ALTER TABLE beds.bed SET (autovacuum_analyze_scale_factor = 2);
ALTER TABLE beds.occupancy SET (autovacuum_analyze_scale_factor = 2);
ALTER TABLE tasks.task SET (autovacuum_analyze_scale_factor = 2);
ALTER TABLE platform.topic SET (autovacuum_analyze_scale_factor = 2);
ALTER TABLE platform.outbox SET (autovacuum_analyze_scale_factor = 2);
ALTER TABLE identity.session SET (autovacuum_analyze_scale_factor = 2);
