-- SPDX-License-Identifier: Apache-2.0
-- Where the next events in the order of their time stand, whoever asks: how
-- many, between which indexes, up to which time. Under row-level security the
-- same question walked past all events that an organisation does not see, each
-- looked up, up to the whole log. Of who and what it tells nothing, and no more
-- than the entries, which countermark_api reads anyway.
CREATE FUNCTION event_stretch(log int, lower bigint, upper bigint, ms bigint,
	width bigint, down boolean, OUT events bigint, OUT first bigint,
	OUT below bigint, OUT first_ms bigint, OUT last_ms bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
-- Without the values a plan for any width would not use the index.
SET plan_cache_mode = force_custom_plan AS $$
BEGIN
	IF down THEN
		SELECT count(*), min(e.idx), max(e.idx) + 1, min(e.event_ms),
			max(e.event_ms)
		INTO events, first, below, first_ms, last_ms
		FROM (SELECT t.idx, t.event_ms FROM event t
			WHERE t.log_id = log AND t.idx >= lower
				AND t.idx < upper AND t.event_ms <= ms
			ORDER BY t.event_ms DESC LIMIT width) e;
	ELSE
		SELECT count(*), min(e.idx), max(e.idx) + 1, min(e.event_ms),
			max(e.event_ms)
		INTO events, first, below, first_ms, last_ms
		FROM (SELECT t.idx, t.event_ms FROM event t
			WHERE t.log_id = log AND t.idx >= lower
				AND t.idx < upper AND t.event_ms >= ms
			ORDER BY t.event_ms LIMIT width) e;
	END IF;
END
$$;
REVOKE ALL ON FUNCTION event_stretch FROM PUBLIC;
GRANT EXECUTE ON FUNCTION event_stretch TO countermark_api;
