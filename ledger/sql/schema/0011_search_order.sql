-- SPDX-License-Identifier: Apache-2.0
-- Where in a log a value stands. Events of few values are indexed by blocks of
-- 1,024 entries: a value's blocks come in the order of the log, and within one
-- block equal keys share one entry of the B-tree. So the first events of a
-- value are found wherever they begin, at about the price of an index without
-- idx. A column, not an expression: under row-level security an index is bound
-- by leakproof comparisons of columns only.
ALTER TABLE event ADD COLUMN block int NOT NULL
	GENERATED ALWAYS AS ((idx >> 10)::int) STORED;

DROP INDEX event_type, event_action, event_biz_step, event_disposition,
	event_read_point, event_biz_location;
CREATE INDEX event_type ON event (log_id, type, block);
CREATE INDEX event_action ON event (log_id, action, block);
CREATE INDEX event_biz_step ON event (log_id, biz_step, block);
CREATE INDEX event_disposition ON event (log_id, disposition, block);
CREATE INDEX event_read_point ON event (log_id, read_point, block);
CREATE INDEX event_biz_location ON event (log_id, biz_location, block);

-- The page by eventTime, and where its events stand, from the index alone.
DROP INDEX event_time;
CREATE INDEX event_time ON event (log_id, event_ms, idx, pos);

-- ---- who sees what: as in 0006 and 0008 ----
-- A value, not EXISTS: the planner turned that into a list of all entries of
-- the organisation, made for each question.
DO $$
DECLARE
	parent text;
BEGIN
	FOREACH parent IN ARRAY ARRAY['event', 'event_epc', 'event_ref',
	    'event_declaration', 'event_ilmd'] LOOP
		EXECUTE format($p$ALTER POLICY seen ON %1$I USING (
			(SELECT current_setting('countermark.org', true)) = '*'
			OR (SELECT true FROM event_org o
			    WHERE o.log_id = %1$I.log_id AND o.idx = %1$I.idx
			    AND o.org = (SELECT current_setting('countermark.org', true))))
			$p$, parent);
	END LOOP;
END
$$;
