-- When a session was last used is written every few seconds. With that time in an index each writing made a new entry in
-- every index of the table. The list of staff finds somebody's sessions, and the latest use among them.
CREATE INDEX session_of_staff ON identity.session (staff_id);
DROP INDEX identity.session_person;
ALTER INDEX identity.session_of_staff RENAME TO session_person;
