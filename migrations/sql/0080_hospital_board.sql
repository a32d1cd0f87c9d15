-- The hospital's bed board since a version that the caller holds, as `beds.open_board` does it for a ward: the beds that
-- changed since when the topic still knows which, and who waits for a bed; everything otherwise.
CREATE TYPE beds.board_tile AS (id uuid, ward_id uuid, room_id uuid, label text, place text, state text, state_since timestamptz,
    version int, encounter_id uuid, family text, given text, news_score smallint, news_band text, isolation text,
    expected_discharge_on date, ready_to_leave boolean, reserved_for_id uuid, reserved_due_at timestamptz);
CREATE TYPE beds.board_ward AS (id uuid, code text, name text, specialty text);
CREATE TYPE beds.board_waiting AS (encounter_id uuid, person_id uuid, family text, given text, sex text, born_on date, class text,
    admitted_from text, specialty text, needs text[], isolation text, started_at timestamptz, reserved_bed_label text,
    reserved_due_at timestamptz);
CREATE FUNCTION beds.open_hospital(hospital uuid, held bigint)
RETURNS TABLE(topic_version bigint, whole boolean, beds beds.board_tile[], rooms beds.board_room[], wards beds.board_ward[],
              waiting beds.board_waiting[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE topic platform.topic; changed uuid[];
BEGIN
    PERFORM set_config('app.hospital_id', hospital::text, false);
    SELECT * INTO topic FROM platform.topic t WHERE t.topic = 'beds:' || hospital;
    topic_version := coalesce(topic.version, 0);
    whole := held IS NULL OR held > topic_version;
    IF NOT whole AND held < topic_version THEN
        changed := topic.recent[1 : topic_version - held];
        whole := topic.recent_at <> topic.version OR cardinality(changed) < topic_version - held;
    END IF;
    IF whole THEN
        wards := (SELECT array_agg(ROW(w.id, w.code, w.name, w.specialty)::beds.board_ward ORDER BY w.position, w.name)
                    FROM identity.ward w WHERE w.hospital_id = hospital AND w.active);
        rooms := (SELECT array_agg(ROW(r.id, r.ward_id, r.label, r.kind, r.sex)::beds.board_room
                                   ORDER BY w.position, w.name, r.position, r.label)
                    FROM identity.room r
                    JOIN identity.ward w ON w.hospital_id = r.hospital_id AND w.id = r.ward_id AND w.active
                   WHERE r.hospital_id = hospital);
    END IF;
    IF whole OR changed IS NOT NULL THEN
        beds := (SELECT array_agg(ROW(b.id, b.ward_id, b.room_id, b.label, w.code || '-' || b.label, b.state, b.state_since, b.version,
                        o.encounter_id, p.family, p.given, c.news_score, c.news_band, c.isolation, c.expected_discharge_on,
                        c.ready_to_leave, v.encounter_id, v.due_at)::beds.board_tile
                        ORDER BY w.position, w.name, r.position, b.position, b.label)
                   FROM (SELECT * FROM beds.bed b WHERE b.hospital_id = hospital AND b.active AND (whole OR b.id = ANY (changed))
                          LIMIT 2000) b
                   JOIN identity.ward w ON w.hospital_id = b.hospital_id AND w.id = b.ward_id AND w.active
                   JOIN identity.room r ON r.hospital_id = b.hospital_id AND r.id = b.room_id
                   LEFT JOIN beds.occupancy o ON o.hospital_id = b.hospital_id AND o.bed_id = b.id AND o.ended_at IS NULL
                   LEFT JOIN encounters.current c ON c.hospital_id = o.hospital_id AND c.encounter_id = o.encounter_id
                   LEFT JOIN patients.person p ON p.id = o.person_id
                   LEFT JOIN beds.reservation v ON v.hospital_id = b.hospital_id AND v.bed_id = b.id AND v.ended_at IS NULL);
        waiting := (SELECT array_agg(ROW(c.encounter_id, c.person_id, p.family, p.given, p.sex, p.born_on, c.class, e.admitted_from,
                           e.specialty, c.needs, c.isolation, c.started_at, w.code || '-' || b.label, v.due_at)::beds.board_waiting
                           ORDER BY c.started_at)
                      FROM (SELECT * FROM encounters.current c
                             WHERE c.hospital_id = hospital AND c.bed_id IS NULL AND c.class IN ('inpatient', 'emergency', 'day_case')
                             ORDER BY c.started_at LIMIT 300) c
                      JOIN encounters.encounter e ON e.hospital_id = c.hospital_id AND e.id = c.encounter_id
                      JOIN patients.person p ON p.id = c.person_id
                      LEFT JOIN beds.reservation v ON v.hospital_id = c.hospital_id AND v.encounter_id = c.encounter_id AND v.ended_at IS NULL
                      LEFT JOIN beds.bed b ON b.hospital_id = v.hospital_id AND b.id = v.bed_id
                      LEFT JOIN identity.ward w ON w.hospital_id = b.hospital_id AND w.id = b.ward_id);
    END IF;
    RETURN NEXT;
END $$;
GRANT EXECUTE ON FUNCTION beds.open_hospital(uuid, bigint) TO wardline_app;
